"""Each of the five answers, reached by the command: a saved snapshot, a dockworthy.yaml, and the exit status."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tight
from dockworthy.cli.run import run

EASY = "intent: {data: none, code: own, exposure: private, availability: best-effort}\n"
SOON = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=20)

Ask = Callable[[dict[str, Any], str], dict[str, Any]]


def whole() -> dict[str, Any]:
    """The tight machine, with everything seen that level restricted asks."""
    snapshot = tight.with_one_container()
    snapshot["taken"] = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    able = {"MemoryLimit": True, "PidsLimit": True, "CpuCfsQuota": True, "CpuCfsPeriod": True, "SwapLimit": True}
    snapshot["engine"]["info"]["value"] |= able
    parts = [{"Name": "containerd", "Version": "v2.3.1"}, {"Name": "runc", "Version": "1.4.1"}]
    snapshot["engine"]["version"]["value"]["Components"] = parts
    socket = {"role": "docker.sock", "kind": "socket", "uid": 0, "gid": 100, "mode": 0o660}
    socket |= {"path": "/run/docker.sock", "owner": "root", "group": "docker"}
    snapshot["host"]["files"] = {"/run/docker.sock": tight.known(socket)}
    snapshot["host"]["memory_errors"] = tight.known(0)
    return snapshot


def with_pid_of_the_host(snapshot: dict[str, Any]) -> dict[str, Any]:
    snapshot["engine"]["containers"]["value"][0]["inspect"]["value"]["HostConfig"]["PidMode"] = "host"
    return snapshot


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    def asked(snapshot: dict[str, Any], project: str) -> dict[str, Any]:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "f.json").write_text(json.dumps(snapshot))
        (tmp_path / "dockworthy.yaml").write_text(project)
        status = run(["assess", "--from", "f.json", "--level", "restricted", "--format", "json"])
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        return {"status": status, **document["verdict"]}

    return asked


def test_yes(ask: Ask) -> None:
    answer = ask(whole(), EASY)
    assert (answer["answer"], answer["status"], answer["because"]) == ("yes", 0, [])
    assert answer["stated"] is True and answer["valid_until"]


def test_yes_with_accepted_risks(ask: Ask) -> None:
    accepted = f"""
policy:
  exceptions:
    - control: workload/host-namespaces
      subject: web
      reason: it traces other containers
      owner: ops@example.com
      expires: {SOON}
"""
    answer = ask(with_pid_of_the_host(whole()), EASY + accepted)
    assert (answer["answer"], answer["status"]) == ("accepted", 0)
    assert f"accepted until {SOON} by ops@example.com" in answer["because"][0]
    assert answer["valid_until"].startswith(str(SOON))


def test_not_yet(ask: Ask) -> None:
    answer = ask(with_pid_of_the_host(whole()), EASY)
    assert (answer["answer"], answer["status"]) == ("not_yet", 1)


def test_no(ask: Ask) -> None:
    answer = ask(whole(), EASY.replace("own", "untrusted"))
    assert (answer["answer"], answer["status"]) == ("no", 1)
    assert "no sandbox runtime" in answer["because"][0]


def test_undecided(ask: Ask) -> None:
    snapshot = whole()
    snapshot["host"]["files"] = {}
    answer = ask(snapshot, EASY)
    assert (answer["answer"], answer["status"]) == ("undecided", 3)


def test_another_intent_another_answer(ask: Ask) -> None:
    snapshot = whole()
    snapshot["host"]["memory_errors"] = {"is": "unknown", "reason": "not told"}
    assert ask(snapshot, EASY)["answer"] == "undecided"
    fixed = ask(whole(), "")
    assert fixed["stated"] is False
    assert "with `code: untrusted` the answer would be no" in fixed["changes"]
