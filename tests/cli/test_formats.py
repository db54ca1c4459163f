"""Every format of a result, and the difference from an earlier one, from the command line to the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dockworthy import assess, check
from dockworthy.cli.run import run
from dockworthy.facts import saved
from dockworthy.model.finding import Evidence, Finding, Outcome
from dockworthy.model.fleet import FleetResult, HostResult
from dockworthy.model.host import Host
from dockworthy.model.levels import Level, Severity
from dockworthy.model.result import Answer, Result, Verdict
from dockworthy.model.snapshot import EngineFacts, Snapshot, ToolVersion
from examples import render_json

SNAPSHOT = Snapshot(
    taken="2026-11-24T12:00:00Z", tool=ToolVersion("dockworthy", "0"), host=Host(), engine=EngineFacts()
)


def result(outcome: Outcome, *, command: str = "assess") -> Result:
    finding = Finding(
        control="workload/privileged",
        title="Containers are not privileged",
        subject="container/web",
        kind="container",
        outcome=outcome,
        severity=Severity.CRITICAL,
        level=Level.BASELINE,
        demand="1.privileges",
        evidence=(Evidence("privileged: true"),),
    )
    answer = Answer.YES if outcome is Outcome.PASS else Answer.NOT_YET
    return Result(command=command, level=Level.PRODUCTION, verdict=Verdict(answer), subjects=(), findings=(finding,))


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that fails now, passed when the snapshot was taken, and files that fail."""
    monkeypatch.setattr(assess, "assess", lambda *_, **__: result(Outcome.FAIL))
    monkeypatch.setattr(assess, "assess_snapshot", lambda *_, **__: result(Outcome.PASS))
    monkeypatch.setattr(check, "check", lambda *_, **__: result(Outcome.FAIL, command="check"))
    monkeypatch.setenv("DOCKER_HOST", "unix:///test.sock")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def passing(tmp_path: Path) -> Path:
    file = tmp_path / "old.json"
    file.write_bytes(render_json(result(Outcome.PASS)))
    return file


@pytest.mark.parametrize("command", [["assess"], ["check", "x.yaml"]])
@pytest.mark.parametrize(
    ("format_", "begins", "holds"),
    [
        ("html", b"<!DOCTYPE html>", b"Containers are not privileged"),
        ("markdown", b"# ", b"`workload/privileged` (baseline)"),
        ("junit", b"<?xml version='1.0' encoding='UTF-8'?>", b": Containers are not privileged (workload/privileged)"),
        ("sarif", b'{"$schema":', b'"ruleId":"workload/privileged"'),
        ("json", b'{"schema":1', b'"control":"workload/privileged"'),
    ],
)
def test_each_format_in_a_file(
    command: list[str], format_: str, begins: bytes, holds: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "--format", format_, "-o", "out"]) == 1
    content = Path("out").read_bytes()
    assert content.startswith(begins) and holds in content
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("format_", "begins", "holds"),
    [
        ("html", b"<!DOCTYPE html>", b'<h2 id="hosts">'),
        ("sarif", b'{"$schema":', b"dockworthy/assess/b/"),
        ("junit", b"<?xml", b'<testsuite name="a: container"'),
    ],
)
def test_a_fleet_in_a_file(monkeypatch: pytest.MonkeyPatch, format_: str, begins: bytes, holds: bytes) -> None:
    hosts = (HostResult("a", result(Outcome.FAIL)), HostResult("b", None, "no route"))
    fleet = FleetResult(level=Level.PRODUCTION, verdict=Verdict(Answer.NOT_YET), hosts=hosts)
    monkeypatch.setattr(assess, "assess_fleet", lambda *_, **__: fleet)
    two = ["--host", "unix:///a", "--host", "unix:///b"]
    assert run(["assess", *two, "--format", format_, "-o", "out"]) == 1
    content = Path("out").read_bytes()
    assert content.startswith(begins) and holds in content


def test_the_page_says_when_it_was_made() -> None:
    run(["assess", "--format", "html", "-o", "out.html"])
    assert "UTC</time>, by dockworthy" in Path("out.html").read_text("utf-8")


def test_sarif_is_what_fails_and_all_of_it_with_verbose(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "check", lambda *_, **__: result(Outcome.PASS, command="check"))
    for option, number in ((["-v"], 1), ([], 0)):
        assert run(["check", "x.yaml", "--format", "sarif", *option]) == 0
        assert len(json.loads(capsys.readouterr().out)["runs"][0]["results"]) == number


def test_the_difference_from_a_saved_result(passing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assess", "--diff", str(passing)]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("The answer was: yes. It is now: not yet, at level production.\n")
    assert "Worse: 1 finding\n" in shown and "web: passed, now fails" in shown


def test_the_difference_from_a_saved_snapshot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved.save(SNAPSHOT, tmp_path / "facts.json")
    assert run(["assess", "--diff", "facts.json", "-q"]) == 1
    assert capsys.readouterr().out == "1 worse, 0 unchanged. Not yet, at level production.\n"


@pytest.mark.parametrize("format_", ["json", "markdown"])
def test_the_difference_in_other_formats(passing: Path, format_: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assess", "--diff", str(passing), "--format", format_]) == 1
    shown = capsys.readouterr().out
    if format_ == "json":
        document: dict[str, Any] = json.loads(shown)
        assert [change["now"] for change in document["worse"]] == ["fail"]
    else:
        assert "## Worse: 1 finding" in shown


@pytest.mark.parametrize("format_", ["sarif", "html", "junit"])
def test_formats_that_show_no_difference(passing: Path, format_: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assess", "--diff", str(passing), "--format", format_]) == 2
    assert "hint: its formats are table, json, markdown" in capsys.readouterr().err


def test_an_earlier_result_that_is_none_is_told_before_anything_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(assess, "assess", lambda *_, **__: pytest.fail("the machine was read"))
    Path("old.json").write_text('{"schema": 1, "verd')
    assert run(["assess", "--diff", "old.json"]) == 2
    assert "old.json: cut short" in capsys.readouterr().err
    assert run(["assess", "--diff", "missing.json"]) == 2
    assert "missing.json: can't be read: No such file" in capsys.readouterr().err


def test_the_result_of_another_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = msgspec.structs.replace(result(Outcome.PASS), command="check")
    (tmp_path / "old.json").write_bytes(render_json(other))
    assert run(["assess", "--diff", "old.json"]) == 2
    assert "the earlier result is of `dockworthy check`" in capsys.readouterr().err
