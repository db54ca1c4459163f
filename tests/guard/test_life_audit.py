"""The audit log: one line for each decision that counts, no secret in it, and nothing that passes unwritten."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec import structs

from dockworthy.errors import UsageError
from dockworthy.guard.audit import Audit
from dockworthy.guard.audit.entry import Note
from dockworthy.guard.audit.recording import AuditTelling
from dockworthy.guard.audit.redaction import image_of, shown_target
from dockworthy.guard.audit.rotating_file import RotatingFile
from dockworthy.guard.audit.syslog import Syslog
from dockworthy.guard.decision import Decision, refused
from dockworthy.guard.request import GuardRequest, NotCanonical
from dockworthy.guard.routes import Call, find_call
from dockworthy.guard.socket.answers import error
from guard.plugin_client import serving
from patience import patience

ALLOWED = Decision(action="containers/start", subject="web")
START = GuardRequest(method="POST", target="/v1.45/containers/web/start")
SECRET = "hunter2-of-the-shop"


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def silent(line: str) -> None:
    pass


DEEP = b'{"Env":["A=%s"],"Labels":' % SECRET.encode() + b'{"a":' * 3000 + b"1" + b"}" * 3001
"""A walk that calls itself for each step would give up."""


def posted(target: str, body: Any) -> GuardRequest:
    return GuardRequest(method="POST", target=target, body=json.dumps(body).encode())


def test_a_value_that_is_a_word_cuts_no_other_word(tmp_path: Path) -> None:
    audit = Audit(RotatingFile(tmp_path / "log"), say=silent)
    asked = posted("/containers/create", {"Env": ["DB_PASSWORD=gitea"], "Image": "docker.io/gitea"})
    says = "docker.io/gitea may not be started with gitea, nor with redis-cli -a s3same"
    audit.record(asked, Decision(action="containers/create", refusals=(refused("guard/x", "X", says),)))
    (line,) = lines(tmp_path / "log")
    assert "docker.io/gitea may not be started with ***, nor with redis-cli -a ***" in line["says"]


@pytest.mark.parametrize(
    "asked",
    [
        posted("/containers/create", {"Env": [f"A={SECRET}"]}),
        posted("/containers/create", {"Image": f"https://me:{SECRET}@example.com/x"}),
        posted("/containers/create", {"HostConfig": {"LogConfig": {"Config": {"splunk-token": SECRET}}}}),
        GuardRequest(method="POST", target="/containers/create", body=DEEP),
        posted("/secrets/create", {"Data": SECRET}),
        posted("/auth", {"password": SECRET}),
        posted("/volumes/create", {"DriverOpts": {"o": f"password={SECRET}"}}),
        GuardRequest(method="POST", target=f"/build?buildargs=%7B%22A%22%3A%22{SECRET}%22%7D"),
        GuardRequest(method="POST", target=f"/build?remote=https://me:{SECRET}@example.com/x"),
        GuardRequest(method="POST", target=f"/commit?changes=ENV+A%3D{SECRET}"),
        GuardRequest(method="GET", target=f"//me:{SECRET}@example.com/x"),
        GuardRequest(method="POST", target=f"/images/create?fromImage=me:{SECRET}@example.com/x&tag=1"),
        GuardRequest(method="POST", target=f"/images/create?fromImage=me%3A{SECRET}%40example.com%2Fx"),
        GuardRequest(method="POST", target=f"/images/create?fromImage={SECRET}@example.com/x"),
        GuardRequest(method="POST", target=f"/images/create?fromImage=me:a/{SECRET}@example.com/x"),
        GuardRequest(method="POST", target=f"/images/create?fromImage=https://me:a/{SECRET}@example.com/x"),
        GuardRequest(method="POST", target=f"/images/x/tag?repo=me:{SECRET}@example.com/x@sha256:{'0' * 64}"),
        GuardRequest(method="GET", target=f"/images/get?names=me:{SECRET}@example.com/x"),
        GuardRequest(method="POST", target=f"/build?t=me:{SECRET}@example.com/x"),
        GuardRequest(method="GET", target=f"/v1.45/images/me:{SECRET}@example.com/x/json"),
        GuardRequest(method="GET", target=f"/v1.45/images/me%3Aa%2F{SECRET}%40example.com/x/json"),
        GuardRequest(method="GET", target=f"/v1.45/images/me%253A{SECRET}%2540example.com/x/json"),
        GuardRequest(method="GET", target=f"/distribution/me:{SECRET}@example.com/x/json"),
        GuardRequest(method="HEAD", target=f"/containers/x/archive?path=/srv/me:{SECRET}@example.com/x"),
        posted("/containers/create", {"Image": f"me:{SECRET}@example.com/x"}),
        posted("/services/create", {"TaskTemplate": {"ContainerSpec": {"Image": f"me:{SECRET}@example.com/x"}}}),
        GuardRequest(method="POST", target="/images/create?fromImage=x", headers={"x-registry-auth": SECRET}),
    ],
    ids=lambda asked: asked.target[:30],
)
def test_no_secret_is_written(tmp_path: Path, asked: GuardRequest) -> None:
    """Not even where a sentence of the guard's would quote it."""
    audit = Audit(RotatingFile(tmp_path / "log"), say=silent)
    action = "containers/create" if "containers" in asked.target else "other"
    call = find_call_or_none(asked)
    subject = call.subject if call is not None else ""
    refusals = (refused("guard/x", "X", f"it is {SECRET}"),)
    audit.record(asked, Decision(action=action, subject=subject, refusals=refusals))
    audit.record(asked, Decision(action=action, subject=subject, reads_secrets=True))
    assert SECRET not in (tmp_path / "log").read_text()
    assert [line["decision"] for line in lines(tmp_path / "log")] == ["refused", "allowed"]


def find_call_or_none(asked: GuardRequest) -> Call | None:
    try:
        return find_call(structs.replace(asked, headers={"content-length": "0"}, body=b""))
    except NotCanonical:
        return None


def test_what_is_no_login_is_shown() -> None:
    digest = "sha256:" + "0a" * 32
    for target in (
        f"/images/create?fromImage=registry.example.com:5000/shop/web:1@{digest}",
        f"/v1.45/images/registry.example.com:5000/shop/web:1@{digest}/json",
        f"/images/create?fromImage=web@{digest}",
        "/containers/x/archive?path=/etc/systemd/system/getty@tty1.service",
    ):
        assert shown_target(target) == target
    image = f"registry.example.com:5000/shop/web:1@{digest}"
    assert image_of(json.dumps({"Image": image}).encode()) == image


ODD = "a\u202eb\u2066c\u200fd\x1b[2Je\nf\x7fg\u2028h\ud800i"
"""Turns the direction of writing, steers a terminal, ends a line, is half of a pair."""


def test_no_character_in_a_line_or_a_sentence_steers_a_terminal(tmp_path: Path) -> None:
    audit, said = Audit(RotatingFile(tmp_path / "log"), say=silent), []
    telling = AuditTelling(audit, said.append)
    asked = GuardRequest(method="POST", target="/containers/create?name=x", user=f"user {ODD}",
                  body=json.dumps({"Image": ODD}).encode())  # fmt: skip
    decision = Decision(action=f"POST {ODD}", subject=ODD, refusals=(refused("guard/x", ODD, ODD, ODD),))
    assert not audit.record(structs.replace(asked, body=b"{}"), structs.replace(decision, refusals=())).refusals
    audit.record(asked, structs.replace(decision, action="containers/create"))
    telling.write(asked, decision)
    telling.note(Note(action="guard/grant", says="given", reason=ODD, projects=(ODD,)))
    assert "a\\u202eb" in lines(tmp_path / "log")[-1]["reason"]
    texts = [decision.message(), *said, *(str(value) for line in lines(tmp_path / "log") for value in line.values())]
    texts.append(
        json.loads(error(403, f"{ODD}: no", keep=False).partition(b"\r\n\r\n")[2])["message"].replace("\n", "")
    )
    assert len(texts) > 20
    for text in texts:
        assert text.replace("\n", "").isprintable(), text
    assert "\\u202e" in texts[0] and "a\\u202eb" in lines(tmp_path / "log")[0]["subject"]


def test_what_is_written_and_what_is_not(tmp_path: Path) -> None:
    """By a guard that runs: who, when, what, the answer and its rule; looks that are allowed leave no line."""
    log = tmp_path / "log" / "audit.jsonl"
    with serving(tmp_path, "--audit", str(log)) as guard, guard.connection() as asking:
        for _ in range(20):
            assert asking.question("GET", "/v1.45/version")["Allow"]
        assert not asking.question("POST", "/v1.45/swarm/init", {"ListenAddr": "127.0.0.1"}, user="CN of alice")[
            "Allow"
        ]
        assert asking.question("DELETE", "/v1.45/containers/web?force=1")["Allow"]
        assert not asking.question("GET", "/v1.45/nothing\n{}")["Allow"]
        assert asking.question("POST", "/v1.45/containers/web/wait?condition=removed")["Allow"]
    assert log.stat().st_mode & 0o777 == 0o600
    init, delete, odd = lines(log)
    assert init.pop("time").endswith("Z") and init.pop("says")
    assert init == {
        "decision": "refused", "method": "POST", "target": "/v1.45/swarm/init", "action": "swarm/init",
        "who": "CN of alice", "rules": ["guard/admins-only"],
    }  # fmt: skip
    assert (delete["decision"], delete["subject"]) == ("allowed", "web")
    assert odd["target"] == "/v1.45/nothing%0A%7B%7D"


def test_it_rotates_and_never_loses_the_youngest(tmp_path: Path) -> None:
    log = RotatingFile(tmp_path / "log", most_bytes=100, kept=2)
    for number in range(40):
        log.write(b"%03d %s" % (number, b"x" * 20))
    kept = [tmp_path / name for name in ("log.2", "log.1", "log")]
    assert sorted(tmp_path.iterdir()) == sorted(kept)
    numbers = [int(line[:3]) for path in kept for line in path.read_text().splitlines()]
    assert numbers == list(range(28, 40))
    assert all(path.stat().st_size <= 100 for path in kept)


def test_a_file_that_was_moved_away_is_made_anew(tmp_path: Path) -> None:
    log = RotatingFile(tmp_path / "log")
    log.write(b"one")
    os.rename(tmp_path / "log", tmp_path / "moved")
    log.write(b"two")
    assert ((tmp_path / "moved").read_text(), (tmp_path / "log").read_text()) == ("one\n", "two\n")


def test_on_a_full_disk_only_looks_pass(full_disk: Path) -> None:
    """And half a line is never left."""
    said: list[str] = []
    audit = Audit(RotatingFile(full_disk / "log"), say=said.append)
    answers = [audit.record(START, ALLOWED) for _ in range(2000)]
    assert answers[0].allowed and not answers[-1].allowed
    assert answers[-1].refusals[0].rule == "guard/audit"
    assert audit.record(GuardRequest(method="GET", target="/info"), Decision(action="info", only_looks=True)).allowed
    assert len(lines(full_disk / "log")) == sum(answer.allowed for answer in answers)
    os.truncate(full_disk / "log", 0)
    assert audit.record(START, ALLOWED).allowed
    assert said == ["the audit log takes no line: No space left on device", "the audit log is written again"]


def test_a_guard_on_a_full_disk_answers_everybody(full_disk: Path, tmp_path: Path) -> None:
    """By both doors: what would have to be written down is refused, what can't be judged is, and looks pass."""
    log, people = full_disk / "log", tmp_path / "people.sock"
    with serving(tmp_path, "--audit", str(log), "--people", str(people)) as guard, guard.connection() as asking:
        (full_disk / "else").write_bytes(b"x" * (full_disk_left(full_disk)))
        assert "guard/audit" in asking.question("DELETE", "/v1.45/containers/web")["Msg"]
        assert "guard/admins-only" in asking.question("POST", "/v1.45/swarm/init", {})["Msg"]
        assert asking.question("GET", "/v1.45/version")["Allow"]
        with socket.socket(socket.AF_UNIX) as there:
            there.settimeout(patience(20))
            there.connect(str(people))
            there.sendall(b"NONSENSE\r\n\r\n")
            assert there.recv(100).startswith(b"HTTP/1.1 400")
        (full_disk / "else").unlink()
        assert asking.question("DELETE", "/v1.45/containers/web")["Allow"]


def full_disk_left(place: Path) -> int:
    seen = os.statvfs(place)
    return seen.f_bavail * seen.f_bsize


def test_whatever_fails_in_the_telling_is_a_no_and_no_silence(tmp_path: Path) -> None:
    said: list[str] = []
    audit = Audit(RotatingFile(tmp_path / "log"), say=said.append)
    odd = Decision(action="containers/start", subject=cast(str, None))
    assert audit.record(START, odd).refusals[0].rule == "guard/audit"
    assert audit.record(START, ALLOWED).allowed
    assert said == ["the audit takes no line: TypeError", "the audit is written again"]


def test_the_machines_log_gets_the_same_lines(tmp_path: Path) -> None:
    """One that does not read is not waited for: the file alone is enough."""
    daemon = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    daemon.bind(str(tmp_path / "dev-log"))
    daemon.settimeout(patience(10))
    audit = Audit(RotatingFile(tmp_path / "log"), Syslog(str(tmp_path / "dev-log")), say=silent)
    audit.record(START, ALLOWED)
    heard = daemon.recv(65536)
    assert heard.startswith(b"<85>") and b" dockworthy-guard[" in heard
    assert json.loads(heard.partition(b"]: ")[2]) == lines(tmp_path / "log")[0]
    assert all(audit.record(START, ALLOWED).allowed for _ in range(1000))
    daemon.close()
    assert audit.record(START, ALLOWED).allowed


def test_without_a_daemon_and_without_a_file_nothing_passes_unwritten(tmp_path: Path) -> None:
    audit = Audit(None, Syslog(str(tmp_path / "nobody")), say=silent)
    assert not audit.record(START, ALLOWED).allowed
    assert Audit(say=silent).record(START, ALLOWED).allowed, "nothing was asked to be written"


def test_a_log_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="no audit log can be written there"):
        RotatingFile(tmp_path / "file" / "log")
