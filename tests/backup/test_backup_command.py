"""`dockworthy backup --dry-run` as it is called: what it asks for, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dockworthy.backup.plan import plan_backup
from dockworthy.cli.program import program
from dockworthy.errors import UsageError
from dockworthy.model.backup import BackupPlan, DataKind, DataSet
from dockworthy.model.backup_settings import BackupSettings

FOUND = DataSet(name="db", project="shop", kind=DataKind.FILES, path="/srv/db")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the plan was asked for; `found` is what there is."""
    told: dict[str, Any] = {"found": [FOUND]}

    async def plan_here(endpoint: str, scope: str, settings: BackupSettings, **more: Any) -> BackupPlan:
        told.update(endpoint=endpoint, scope=scope, settings=settings, **more)
        return plan_backup(settings, told["found"], scope, notes=more["notes"])

    monkeypatch.setattr("dockworthy.backup.saving.plan_here", plan_here)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    return told


def test_the_whole_engine_needs_no_project(asked: dict[str, Any]) -> None:
    Path("dockworthy.yaml").write_text("backup: {to: [/mnt/usb/shop]}\ndeploy: {target: swarm}\n")
    done = CliRunner().invoke(program, ["backup", "--dry-run", "--all", "--format", "json"], standalone_mode=False)
    assert done.return_value == 0, done.output
    assert (asked["scope"], asked["settings"].to) == ("", ("/mnt/usb/shop",))
    told = json.loads(done.stdout)
    assert told["data"][0]["method"] == "copied" and "only the data on this host" in told["notes"][-1]


def test_an_open_question_is_status_1(asked: dict[str, Any]) -> None:
    asked["found"] = [DataSet(name="db", project="shop", kind=DataKind.UNKNOWN, path="/srv/db", doubt="who knows?")]
    done = CliRunner().invoke(program, ["backup", "--dry-run", "--all"], standalone_mode=False)
    assert done.return_value == 1 and "who knows?" in done.stdout


def test_a_folder_without_a_project_names_the_way_to_the_whole_engine(asked: dict[str, Any]) -> None:
    done = CliRunner().invoke(program, ["backup", "--dry-run"], standalone_mode=False)
    assert isinstance(done.exception, UsageError) and "--all" in done.exception.hint
    assert "scope" not in asked


def test_without_a_repository_nothing_is_saved(asked: dict[str, Any]) -> None:
    done = CliRunner().invoke(program, ["backup", "--all"], standalone_mode=False)
    assert isinstance(done.exception, UsageError) and "names no repository" in done.exception.says
    assert "scope" not in asked
