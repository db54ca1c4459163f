"""Which backups go: never the newest, never a protected one, and as restic itself has it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backup.repositories import needs_restic, restic
from dockworthy.backup.retention import to_forget
from dockworthy.model.backup_settings import Keep

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
counts = st.integers(0, 20)
keeps = st.builds(lambda d, w, m: Keep(d or 1, w, m), counts, counts, counts) | st.builds(
    lambda w, m: Keep(0, w or 1, m), counts, counts
)
moments = st.datetimes(datetime(2024, 12, 1), datetime(2026, 3, 1)).map(lambda at: at.replace(tzinfo=UTC).isoformat())
runs = st.dictionaries(st.text("0123456789abcdef", min_size=8, max_size=8), moments, max_size=60)


def days_ago(*days: float) -> dict[str, str]:
    return {f"{day:08}": (NOW - timedelta(days=day)).isoformat() for day in days}


def stays(taken: dict[str, str], keep: Keep, *protected: str) -> set[str]:
    return set(taken) - set(to_forget(taken, keep, protected))


@given(runs, keeps, st.data())
def test_the_newest_and_what_is_protected_stay(taken: dict[str, str], keep: Keep, data: st.DataObject) -> None:
    protected = data.draw(st.lists(st.sampled_from(sorted(taken)), max_size=3)) if taken else []
    going = to_forget(taken, keep, protected)
    assert len(set(going)) == len(going) and set(going) <= set(taken) - set(protected)
    assert not taken or max(taken, key=lambda id: (taken[id], id)) not in going
    assert list(going) == sorted(going, key=lambda id: (taken[id], id))


@given(runs, keeps)
def test_of_each_of_the_last_days_the_newest_stays(taken: dict[str, str], keep: Keep) -> None:
    newest: dict[str, str] = {}
    for id in sorted(taken, key=lambda id: (taken[id], id)):
        newest[taken[id][:10]] = id
    wanted = {newest[day] for day in sorted(newest)[-keep.daily or len(newest) :]}
    assert wanted <= stays(taken, keep)
    assert len(stays(taken, keep)) <= max(1, keep.daily + keep.weekly + keep.monthly)


@given(runs, keeps)
def test_what_is_forgotten_already_changes_nothing(taken: dict[str, str], keep: Keep) -> None:
    """A second look at what stayed takes no more away: a run that was broken off in between may be done again."""
    left = {id: taken[id] for id in stays(taken, keep)}
    assert stays(left, keep) == set(left)


@given(runs, keeps)
def test_a_new_backup_stays(taken: dict[str, str], keep: Keep) -> None:
    assert "newest" in stays({**taken, "newest": NOW.isoformat()}, keep)


def test_several_of_a_day_and_holes() -> None:
    taken = days_ago(0, 0.1, 1, 1.1, 9, 40, 41, 400)
    assert stays(taken, Keep(2, 0, 0)) == {f"{day:08}" for day in (0, 1)}
    assert stays(taken, Keep(3, 0, 0)) == {f"{day:08}" for day in (0, 1, 9)}
    assert stays(taken, Keep(0, 0, 2)) == {f"{day:08}" for day in (0, 40)}
    assert stays(taken, Keep(1, 0, 0), f"{41:08}") == {f"{day:08}" for day in (0, 41)}
    assert stays(taken, Keep(0, 0, 12)) == {f"{day:08}" for day in (0, 40, 400)}


def test_a_time_that_can_t_be_read_is_no_reason_to_forget() -> None:
    taken = {**days_ago(0, 1, 2), "odd": "yesterday", "none": "", "local": "2020-01-01T00:00:00"}
    assert to_forget(taken, Keep(1, 0, 0), ()) == (f"{2:08}", f"{1:08}")


@needs_restic
@pytest.mark.program
@pytest.mark.parametrize("keep", [Keep(2, 0, 0), Keep(3, 2, 2), Keep(0, 3, 0), Keep(0, 0, 5), Keep(30, 30, 30)])
def test_as_restic_does(restic_of_many_days: tuple[Path, dict[str, str]], keep: Keep) -> None:
    folder, taken = restic_of_many_days
    counts = [f"--keep-{name}={getattr(keep, name)}" for name in ("daily", "weekly", "monthly") if getattr(keep, name)]
    said = json.loads(restic(folder, "forget", "--dry-run", "--json", "--group-by=", *counts))
    assert {each["id"] for each in said[0]["remove"] or ()} == set(to_forget(taken, keep, ()))


@pytest.fixture(scope="module")
def restic_of_many_days(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("restic")
    (folder / "key").write_text("k")
    restic(folder, "init")
    for days in (0, 0.2, 1, 2.1, 7, 8, 21, 33, 60, 61, 320, 330):
        at = (NOW - timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S")
        restic(folder, "backup", "--time", at, str(folder / "key"))
    return folder, {each["id"]: each["time"] for each in json.loads(restic(folder, "snapshots", "--json"))}
