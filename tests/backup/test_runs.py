"""Which backup is meant by a time, an id, or nothing at all."""

from __future__ import annotations

import pytest

from dockworthy.backup.runs import run_at
from dockworthy.errors import UsageError
from dockworthy.model.backup import BackupRun

TODAY = "2026-12-02T12:00:00Z"


def run(id: str, taken: str, *doubts: str) -> BackupRun:
    return BackupRun(id=id, host="h", scope="shop", taken=taken, ended=taken, version="1", data=(), doubts=doubts)


MONDAY = run("aaaa1111", "2026-11-30T03:00:00Z")
TUESDAY = run("bbbb2222", "2026-12-01T03:00:00Z")
DOUBTED = run("cccc3333", "2026-12-02T03:00:00Z", "orders holds less")
ODD = run("dddd4444", "2036-12-02T03:00:00Z")
ALL = (MONDAY, TUESDAY, DOUBTED, ODD)


@pytest.mark.parametrize(
    ("at", "meant"),
    [
        ("", TUESDAY),
        ("2026-12-02", TUESDAY),
        ("2026-12-01T02:59:59", MONDAY),
        ("2026-12-01T04:00:00+01:00", TUESDAY),
        ("2040-01-01", TUESDAY),
        ("cccc3333", DOUBTED),
        ("dddd4444", ODD),
    ],
)
def test_what_is_meant(at: str, meant: BackupRun) -> None:
    assert run_at(ALL, at, today=TODAY) is meant


def test_what_is_all_that_is_there() -> None:
    assert run_at([DOUBTED], "", today=TODAY) is DOUBTED
    assert run_at([ODD], "", today=TODAY) is ODD


@pytest.mark.parametrize(
    ("runs", "at", "says"),
    [((), "", "nothing was backed up"), (ALL, "noon", "it is no time"), (ALL, "2026-01-01", "or before")],
)
def test_what_is_not_there(runs: tuple[BackupRun, ...], at: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        run_at(runs, at, today=TODAY)
