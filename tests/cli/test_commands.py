"""What each command hands over, and the exit status it ends with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dockworthy import __version__, assess, check
from dockworthy.cli.options import LEVELS
from dockworthy.cli.run import run
from dockworthy.controls.registry import all_controls
from dockworthy.facts import reading, saved
from dockworthy.model.host import Host
from dockworthy.model.levels import Level
from dockworthy.model.policy import ProjectFile
from dockworthy.model.result import Answer, Result, Verdict
from dockworthy.model.snapshot import EngineFacts, Snapshot, ToolVersion

SNAPSHOT = Snapshot(
    taken="2026-11-24T12:00:00Z", tool=ToolVersion("dockworthy", "0"), host=Host(), engine=EngineFacts()
)


def result(answer: Answer, **more: Any) -> Result:
    values = {"command": "check", "level": Level.BASELINE, "verdict": Verdict(answer), "subjects": (), "findings": ()}
    return Result(**{**values, **more})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the rooms were asked; they answer yes."""
    seen: dict[str, Any] = {}

    def assess_(endpoint: str, **options: Any) -> Result:
        seen.update(endpoint=endpoint, **options)
        return result(Answer.YES)

    def check_(paths: tuple[str, ...], **options: Any) -> Result:
        seen.update(paths=paths, **options)
        return result(Answer.YES)

    def assess_snapshot(snapshot: Snapshot, **options: Any) -> Result:
        seen.update(snapshot=snapshot, **options)
        return result(Answer.YES)

    async def read_snapshot(endpoint: str, **options: Any) -> Snapshot:
        seen.update(endpoint=endpoint, **options)
        return SNAPSHOT

    monkeypatch.setattr(assess, "assess", assess_)
    monkeypatch.setattr(assess, "assess_snapshot", assess_snapshot)
    monkeypatch.setattr(check, "check", check_)
    monkeypatch.setattr(reading, "read_snapshot", read_snapshot)
    monkeypatch.setenv("DOCKER_HOST", "unix:///test.sock")
    return seen


def test_assess_asks_this_machine_at_production(asked: dict[str, Any]) -> None:
    assert run(["assess"]) == 0
    assert asked == {
        "endpoint": "unix:///test.sock",
        "root": Path("/"),
        "level": Level.PRODUCTION,
        "deadline": 20.0,
        "project": ProjectFile(),
        "sudo": False,
        "probe": True,
    }


def test_assess_options(asked: dict[str, Any], tmp_path: Path) -> None:
    host = ["--host", "tcp://127.0.0.1:2375"]
    assert run(["assess", *host, "--root", str(tmp_path), "--level", "baseline", "--deadline", "3"]) == 0
    assert asked == {
        "endpoint": host[1],
        "root": tmp_path,
        "level": Level.BASELINE,
        "deadline": 3.0,
        "project": ProjectFile(),
        "sudo": False,
        "probe": True,
    }


def test_assess_from_a_snapshot(asked: dict[str, Any], tmp_path: Path) -> None:
    saved.save(SNAPSHOT, tmp_path / "f.json")
    assert run(["assess", "--from", str(tmp_path / "f.json"), "--level", "restricted"]) == 0
    assert asked == {"snapshot": SNAPSHOT, "level": Level.RESTRICTED, "project": ProjectFile()}


def test_assess_from_what_is_no_snapshot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "f.json").write_text("{}")
    assert run(["assess", "--from", str(tmp_path / "f.json")]) == 2
    assert "not a snapshot" in capsys.readouterr().err


def test_check_asks_for_every_path(asked: dict[str, Any]) -> None:
    assert run(["check", "a", "b", "--pss-version", "1.24"]) == 0
    assert asked["paths"] == ("a", "b")
    assert asked["level"] is Level.PRODUCTION
    assert str(asked["pss_version"]) == "v1.24"


@pytest.mark.parametrize("latest", [[], ["--pss-version", "latest"]])
def test_check_latest_standards(asked: dict[str, Any], latest: list[str]) -> None:
    assert run(["check", "a", *latest]) == 0
    assert asked["pss_version"] is None


def test_facts_to_standard_output(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["facts"]) == 0
    assert json.loads(capsys.readouterr().out)["taken"] == SNAPSHOT.taken


def test_facts_to_a_file_that_others_can_not_read(asked: dict[str, Any], tmp_path: Path) -> None:
    assert run(["facts", "-o", str(tmp_path / "f.json")]) == 0
    assert saved.load(tmp_path / "f.json") == SNAPSHOT
    assert (tmp_path / "f.json").stat().st_mode & 0o077 == 0


def test_facts_without_an_engine_says_so_and_is_done(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["facts"]) == 0
    assert "of the engine nothing could be read" in capsys.readouterr().err


ANSWERS = [(Answer.YES, 0), (Answer.ACCEPTED, 0), (Answer.NOT_YET, 1), (Answer.NO, 1), (Answer.UNDECIDED, 3)]


@pytest.mark.parametrize(("answer", "status"), ANSWERS)
def test_exit_status_says_the_answer(answer: Answer, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "check", lambda *_, **__: result(answer))
    assert run(["check", "a"]) == status


def test_exit_status_says_that_something_was_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "check", lambda *_, **__: result(Answer.NOT_YET, unread=(("a", "why"),)))
    assert run(["check", "a"]) == 2


def test_json(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "a", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"]["answer"] == "yes"


def test_quiet_is_one_line(asked: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "a", "-q"]) == 0
    assert capsys.readouterr().out == "Yes, at level baseline.\n"


def test_output_to_a_file(asked: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["assess", "-o", str(tmp_path / "r.txt")]) == 0
    assert "Yes, at level baseline." in (tmp_path / "r.txt").read_text()
    assert capsys.readouterr().out == ""


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"dockworthy {__version__}\n"


def test_alone_it_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    assert "Should we run Docker in production, here?" in capsys.readouterr().err


@pytest.mark.parametrize("format_", ["table", "json", "markdown"])
def test_explain_every_control(format_: str, capsys: pytest.CaptureFixture[str]) -> None:
    for id, control in all_controls().items():
        assert run(["explain", id, "--format", format_]) == 0
        shown = capsys.readouterr().out
        assert id in shown
        assert control.title[:30] in shown


def test_explain_of_a_file_alone_says_how_it_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "compose.yaml").write_text("services: {a: {image: a}}\n")
    assert run(["explain", str(tmp_path / "compose.yaml")]) == 2
    said = capsys.readouterr().err
    assert "is a file or folder, and no control" in said and "explain CONTROL" in said
    assert run(["explain", str(tmp_path), str(tmp_path / "compose.yaml")]) == 2
    assert f"{tmp_path} is a file or folder, and no control" in capsys.readouterr().err
    assert run(["explain", "nonsense", str(tmp_path / "compose.yaml")]) == 2
    assert "there is no control 'nonsense'" in capsys.readouterr().err


def test_explain_alone_lists_every_control(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 0
    shown = capsys.readouterr().out
    assert all(id in shown for id in all_controls())
    assert run(["explain", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)["explanations"]
    assert [each["control"] for each in listed] == list(all_controls())


def test_the_levels_are_the_models() -> None:
    assert tuple(level.value for level in Level) == LEVELS


PROJECT = "policy: {level: restricted, levels: {metrics: baseline}}\nintent: {data: none}\n"


def test_dockworthy_yaml_above_sets_the_level(
    asked: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dockworthy.yaml").write_text(PROJECT)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert run(["assess"]) == 0
    assert asked["level"] is Level.RESTRICTED
    assert run(["assess", "--level", "baseline"]) == 0
    assert asked["level"] is Level.BASELINE
    assert run(["check", "a"]) == 0
    assert asked["policy"].levels == {"metrics": Level.BASELINE}


def test_rules_that_can_not_be_asked_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.yaml").write_text("policy: {rules: [{id: custom/a, severity: low, says: a, when: workload.}]}\n")
    assert run(["assess", "--policy", str(tmp_path / "p.yaml")]) == 2
    assert "p.yaml:1: rule custom/a: `when`, column 10" in capsys.readouterr().err


def test_hosts_by_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dockworthy.model.fleet import FleetResult
    from dockworthy.model.result import Answer, Verdict

    asked: dict[str, Any] = {}

    def assess_fleet(hosts: dict[str, str], **options: Any) -> FleetResult:
        asked.update(hosts)
        return FleetResult(level=options["level"], verdict=Verdict(Answer.YES), hosts=())

    monkeypatch.setattr(assess, "assess_fleet", assess_fleet)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dockworthy.yaml").write_text("hosts: {shop: ssh://root@shop, db: ssh://root@db}\n")
    assert run(["assess", "--host", "all"]) == 0
    assert asked == {"shop": "ssh://root@shop", "db": "ssh://root@db"}
    asked.clear()
    assert run(["assess", "--host", "db", "--host", "tcp://127.0.0.1:2375"]) == 0
    assert asked == {"db": "ssh://root@db", "tcp://127.0.0.1:2375": "tcp://127.0.0.1:2375"}
