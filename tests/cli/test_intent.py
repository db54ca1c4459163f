"""`dockworthy intent`: asks, or takes options; writes dockworthy.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.cli import intent as command
from dockworthy.cli.run import run
from dockworthy.model import policy


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_answers_by_options(here: Path) -> None:
    assert run(["intent", "--data", "precious", "--operators", "2", "--on-call"]) == 0
    text = (here / "dockworthy.yaml").read_text()
    assert text.endswith("intent:\n  data: precious\n  team:\n    operators: 2\n    on_call: true\n")


def test_a_dry_run_writes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["intent", "--data", "none", "--dry-run"]) == 0
    assert "data: none" in capsys.readouterr().out
    assert not (here / "dockworthy.yaml").exists()


def test_without_a_terminal_it_says_which_options(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["intent"]) == 2
    assert "--data, --code, --exposure, --availability" in capsys.readouterr().err


def test_a_contradiction_is_refused(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["intent", "--availability", "zero-downtime", "--operators", "0"]) == 2
    assert "nobody would bring it back" in capsys.readouterr().err
    assert not (here / "dockworthy.yaml").exists()


def test_a_broken_file_is_left_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "dockworthy.yaml").write_text("intent:\n  dta: none\n")
    assert run(["intent", "--data", "none"]) == 2
    assert "dockworthy.yaml:2: unknown key 'dta'" in capsys.readouterr().err
    assert (here / "dockworthy.yaml").read_text() == "intent:\n  dta: none\n"


def test_the_choices_are_those_of_the_model() -> None:
    kinds = {
        "data": policy.Data,
        "code": policy.Code,
        "exposure": policy.Exposure,
        "availability": policy.Availability,
    }
    assert {name: tuple(kind) for name, kind in kinds.items()} == command.CHOICES


def test_path_reads_no_host_where_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["intent", "--data", "precious", "--code", "own", "--operators", "0"]) == 0
    assert run(["path", "--no-host"]) == 0
    shown = capsys.readouterr().out
    assert shown.index("A rented cloud service") < shown.index("Do it yourself, on one host")
    assert "does not fit  Do it yourself, on one host" in shown
