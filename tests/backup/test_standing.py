"""How the backup of each data set stands, by what is planned, what was saved and what was proven."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from dockworthy.backup.standing import next_run, standing_of
from dockworthy.model.backup import (
    BackupMethod,
    BackupPlan,
    BackupRun,
    DataKind,
    DataSet,
    DataStanding,
    PlannedData,
    SavedData,
)
from dockworthy.model.backup_settings import BackupSettings

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
NIGHTLY = BackupSettings(to=("/mnt",), when="03:00")


def planned(name: str, **more: Any) -> PlannedData:
    data = DataSet(name=name, project="shop", kind=DataKind.FILES, path=f"/{name}")
    return PlannedData(data=data, **{"method": BackupMethod.PAUSE, **more})


def run(taken: str, *names: str, **more: Any) -> BackupRun:
    data = tuple(
        SavedData(name=name, project="shop", kind=DataKind.FILES, method=BackupMethod.PAUSE, bytes=7) for name in names
    )
    return BackupRun(id=taken, host="h", scope="shop", taken=taken, ended=taken, version="1", data=data, **more)


def standing(
    plan: list[PlannedData], runs: list[BackupRun], settings: BackupSettings = NIGHTLY
) -> dict[str, DataStanding]:
    whole = BackupPlan(scope="shop", to=settings.to, data=tuple(plan))
    found = standing_of(settings, whole, runs, {}, NOW, clock=UTC)
    return {each.name: each for each in found}


def test_the_newest_counts_and_the_next_is_told() -> None:
    runs = [run("2026-12-01T03:00:00Z", "files"), run("2026-11-30T03:00:00Z", "files")]
    files = standing([planned("files")], runs)["files"]
    assert (files.newest, files.bytes, files.next, files.problem) == (
        "2026-12-01T03:00:00Z", 7, "2026-12-02T03:00:00Z", ""
    )  # fmt: skip


@pytest.mark.parametrize(
    ("taken", "settings", "problem"),
    [
        ("2026-11-30T12:30:00Z", NIGHTLY, ""),
        ("2026-11-30T09:59:00Z", NIGHTLY, "a run has been missed"),
        ("2026-11-01T03:00:00Z", BackupSettings(to=("/mnt",)), ""),
        ("2026-12-01T10:30:00Z", BackupSettings(every="1h"), ""),
        ("2026-12-01T08:59:00Z", BackupSettings(every="1h"), "a run has been missed"),
        ("2026-12-02T12:00:00Z", NIGHTLY, "in the future"),
    ],
)
def test_one_that_is_late_or_of_another_time_is_a_problem(taken: str, settings: BackupSettings, problem: str) -> None:
    said = standing([planned("files")], [run(taken, "files")], settings)["files"].problem
    assert problem in said if problem else not said


def test_what_was_never_saved_is_asked_about_or_shrank_is_a_problem_and_a_skip_is_none() -> None:
    plan = [planned("new"), planned("odd", asks="what is it?"), planned("cache", method=BackupMethod.SKIP, why="w")]
    plan += [planned("db"), planned("dbx")]
    runs = [run("2026-12-01T03:00:00Z", "odd", "db", "dbx", doubts=("db: the table t is not there any more",))]
    found = standing(plan, runs)
    assert {name: each.problem for name, each in found.items()} == {
        "new": "it was never saved",
        "odd": "what is it?",
        "cache": "",
        "db": "db: the table t is not there any more",
        "dbx": "",
    }
    assert found["cache"].next == ""


def test_what_is_gone_from_the_host_is_still_told() -> None:
    gone = standing([], [run("2026-12-01T03:00:00Z", "old")])["old"]
    assert gone.newest == "2026-12-01T03:00:00Z" and "not on this host any more" in gone.problem


def test_the_time_of_the_day_is_that_of_the_host() -> None:
    clock = timezone(timedelta(hours=5, minutes=30))
    assert next_run(NIGHTLY, None, NOW, clock=clock) == datetime(2026, 12, 1, 21, 30, tzinfo=UTC)
    assert next_run(BackupSettings(), None, NOW, clock=UTC) is None
    assert next_run(BackupSettings(every="6h"), NOW - timedelta(hours=1), NOW, clock=UTC) == NOW + timedelta(hours=5)
    assert next_run(BackupSettings(every="6h"), None, NOW, clock=UTC) == NOW
