"""`--changed-since`: a change is not excused by what is hidden, nor by a leniency that waited for nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dockworthy.cli.run import run
from known_failures import WEB, checked, committed, enter, git, new

pytestmark = pytest.mark.slow

BASELINE = "policy:\n  level: baseline\n"
DATA = "    volumes: ['${HOME}/data:/data']\n"
EXCEPTION = (
    "  exceptions:\n"
    "    - {control: workload/host-namespaces, subject: debug, reason: r, owner: o, expires: 2999-01-01}\n"
)
DEBUG = "  debug:\n    image: shop\n    pid: host\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", "/root")
    return enter(tmp_path, monkeypatch)


def project(policy: str = BASELINE, compose: str = WEB) -> None:
    committed(compose=compose, dockworthy=policy)
    git("checkout", "-qb", "work")


def since(*more: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    return checked("--render", "own", "--changed-since", "main", *more, ".", capsys=capsys)


@pytest.mark.parametrize(
    ("written", "control"),
    [
        ("privileged: ${HOME:+true}", "privileged"),
        ("pid: ${HOME:+host}", "host-namespaces"),
        ("network_mode: ${HOME+host}", "host-namespaces"),
        ("cap_add: ['${HOME:+ALL}']", "capabilities"),
        ("security_opt: ['${HOME:+seccomp=unconfined}']", "seccomp"),
        ("volumes: ['${HOME:+/}:/host']", "host-mounts"),
        ("volumes: ['v:/x', '$HOME:/host']", "engine-socket"),
        ("devices: ['${HOME:+/dev/sda}:/dev/sda']", "host-devices"),
    ],
)
@pytest.mark.parametrize("service", ["web", "another"])
def test_what_is_hidden_fails_where_it_was_not(
    written: str, control: str, service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project()
    added = f"    {written}\n" if service == "web" else f"  {service}:\n    image: shop\n    {written}\n"
    Path("compose.yaml").write_text(WEB + added + "volumes: {v: {}}\n")
    status, result = since(capsys=capsys)
    assert status == 1 and f"{service} {control}" in new(result)
    (finding,) = [
        f
        for f in result["findings"]
        if f["control"] == f"workload/{control}" and f["subject"].endswith(f"#{service}") and f["outcome"] == "fail"
    ]
    assert "${HOME" in finding["evidence"]["says"] and "from the environment; at main (" in finding["evidence"]["says"]
    assert finding["evidence"]["line"] == (4 if service == "web" else 6)
    run(["check", "--render", "own", "--changed-since", "main", "."])
    assert f"hides what workload/{control} asks" in " ".join(capsys.readouterr().out.split())


def test_a_variable_of_env_that_hides_another(capsys: pytest.CaptureFixture[str]) -> None:
    project()
    Path(".env").write_text("A=${HOME:+true}\n")
    Path("compose.yaml").write_text(WEB + "    privileged: $A\n")
    status, result = since(capsys=capsys)
    assert status == 1 and "web privileged" in new(result)


def test_a_file_outside_hides_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    project("policy:\n  level: restricted\n")
    Path("compose.yaml").write_text(WEB + "    env_file: /etc/hostname\n")
    status, result = since(capsys=capsys)
    assert status == 1 and "web environment-secrets" in new(result)


@pytest.mark.parametrize(
    "changed",
    [
        WEB + DATA + "    read_only: true\n",
        WEB.replace("shop", "shop:2") + DATA,
        WEB + DATA.replace("volumes: ", "cpus: 1\n    volumes: "),
    ],
)
def test_what_was_hidden_before_stays_unknown(changed: str, capsys: pytest.CaptureFixture[str]) -> None:
    project(compose=WEB + DATA)
    Path("compose.yaml").write_text(changed)
    status, result = since(capsys=capsys)
    assert status == 0 and new(result) == set()


@pytest.mark.parametrize("before", [DATA, "    volumes: ['${DATA}:/data']\n"])
@pytest.mark.parametrize("added", ["'${HOME:+/}:/host'", "'$HOME:/host'"])
def test_what_was_hidden_before_covers_nothing_else(
    before: str, added: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project(compose=WEB + before)
    Path("compose.yaml").write_text(WEB + before.replace("]", f", {added}]"))
    status, result = since(capsys=capsys)
    assert status == 1 and "web host-mounts" in new(result)


def test_a_new_subject_may_leave_open_what_the_host_says(capsys: pytest.CaptureFixture[str]) -> None:
    project("policy:\n  level: restricted\n")
    safe = (
        "    image: shop\n    user: $USER\n    volumes: ['${SHOP_DATA}:/data']\n    cap_drop: [ALL]\n"
        "    security_opt: [no-new-privileges:true, seccomp=default]\n"
    )
    Path("compose.yaml").write_text(WEB + "  another:\n" + safe)
    _, result = since(capsys=capsys)
    hidden = {f["control"] for f in result["findings"] if "hidden" in (f["evidence"] or {"says": ""})["says"]}
    assert not [f for f in result["findings"] if f["outcome"] == "fail" and f["control"] in hidden]


SHOWN = "    read_only: true\n"
RESTRICTED = "policy:\n  level: restricted\n"


@pytest.mark.parametrize("renamed", ["compose.yaml", "deploy/other.yaml"])
def test_a_renamed_service_hides_nothing_that_it_showed(renamed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Also with another one that stays, and in another file."""
    project(RESTRICTED, WEB + SHOWN)
    Path(renamed).parent.mkdir(exist_ok=True)
    git("mv", "-k", "compose.yaml", renamed)
    Path(renamed).write_text((WEB + SHOWN).replace("web:", "site:").replace("true", "${HOME:+false}"))
    status, result = since(capsys=capsys)
    assert status == 1 and "site writable-root" in new(result)


def test_a_renamed_service_keeps_what_was_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    hidden = "    read_only: ${HOME:+false}\n"
    project(RESTRICTED, WEB + hidden)
    Path("compose.yaml").write_text((WEB + hidden).replace("web:", "site:"))
    _, result = since(capsys=capsys)
    assert "site writable-root" not in new(result)


def test_a_new_service_beside_a_changed_one_is_no_renamed_one(capsys: pytest.CaptureFixture[str]) -> None:
    """A mount that is gone is a part of a service that stays."""
    hidden = "  site:\n    image: shop\n    read_only: ${HOME:+false}\n"
    project(RESTRICTED, WEB + "    volumes: ['./etc:/etc/shop']\n")
    Path("compose.yaml").write_text(WEB + hidden)
    _, result = since(capsys=capsys)
    assert "site writable-root" not in new(result)


def test_an_exception_for_the_control_accepts_it(capsys: pytest.CaptureFixture[str]) -> None:
    project(BASELINE + EXCEPTION.replace("debug", "web"))
    Path("compose.yaml").write_text(WEB + "    pid: ${HOME:+host}\n")
    status, result = since(capsys=capsys)
    assert status == 0
    assert "excepted" in {f["outcome"] for f in result["findings"] if f["control"] == "workload/host-namespaces"}


def test_without_a_base_it_is_as_far_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    project()
    Path("compose.yaml").write_text(WEB + "    privileged: ${HOME:+true}\n")
    status, _ = checked("--render", "own", ".", capsys=capsys)
    assert status == 0


def test_an_exception_that_waited_for_nobody_does_not_count(capsys: pytest.CaptureFixture[str]) -> None:
    project(BASELINE + EXCEPTION)
    Path("compose.yaml").write_text(WEB + DEBUG)
    status, result = since(capsys=capsys)
    assert status == 1 and "debug host-namespaces" in new(result)
    assert any(
        "dockworthy.yaml:4: the exception for workload/host-namespaces does not count for compose.yaml#debug" in note
        for note in result["notes"]
    )


def test_one_that_accepted_something_counts_and_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    project(BASELINE + EXCEPTION, WEB + DEBUG)
    Path("other.yaml").write_text("services:\n" + DEBUG)
    status, result = since(capsys=capsys)
    assert status == 0
    assert any("counts for other.yaml#debug as well, which is new" in note for note in result["notes"])


def test_a_level_that_waited_for_nobody_does_not_count(capsys: pytest.CaptureFixture[str]) -> None:
    project("policy:\n  level: restricted\n  levels: {debug: baseline}\n")
    Path("compose.yaml").write_text(WEB + "  debug:\n    image: shop\n    user: root\n")
    status, result = since(capsys=capsys)
    assert status == 1 and "debug run-as-non-root" in new(result)
    assert any("nothing was called 'debug'" in note for note in result["notes"])
    assert not any("debug is held to level baseline" in note for note in result["notes"])


def test_a_level_of_a_name_that_was_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    project("policy:\n  level: restricted\n  levels: {web: baseline}\n")
    Path("other.yaml").write_text(WEB + "    user: root\n")
    status, result = since(capsys=capsys)
    assert status == 0
    assert any(note.startswith("other.yaml#web is new and is held to level baseline") for note in result["notes"])
