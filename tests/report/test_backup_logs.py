"""A log that is received, as a person reads how it stands, and what a server lacks for it."""

from __future__ import annotations

import json

from dockworthy.model.backup import (
    BackupMethod,
    BackupPlan,
    DataKind,
    DataSet,
    DataStanding,
    LogStanding,
    PlannedData,
    RestoredData,
    RestorePlan,
)
from dockworthy.report.backup import render_backup_plan, render_standing, standing_json
from dockworthy.report.restore import render_restore_plan

LOG = LogStanding(
    receiving=True,
    lag=0,
    age=3.4,
    since="2026-12-01T03:00:00Z",
    until="2026-12-02T10:00:00Z",
    lost_with_database=0.0,
    lost_with_host=240.0,
)
STANDING = DataStanding(name="db", kind=DataKind.POSTGRESQL, project="shop", method=BackupMethod.PG_DUMP, log=LOG)


def words(text: str) -> str:
    return " ".join(text.split())


def test_how_it_stands() -> None:
    said = words(render_standing([STANDING], (), width=100, colour=False))
    assert "its log is received, 0 B behind, something arrived 3 s ago" in said
    assert "saved from 2026-12-01T03:00:00Z to 2026-12-02T10:00:00Z" in said
    assert "the death of its disk would lose now: 0 s; what the death of the host would lose now: 240 s" in said
    dead = DataStanding(
        name="db",
        kind=DataKind.POSTGRESQL,
        project="shop",
        method=BackupMethod.PG_DUMP,
        log=LogStanding(receiving=False),
        problem="its log has a gap",
    )
    said = words(render_standing([dead], (), width=100, colour=False))
    assert "its log is NOT received; none of it is saved yet" in said and "nobody can tell" in said


def test_json_has_the_log_where_there_is_one() -> None:
    without = DataStanding(name="files", kind=DataKind.FILES, project="shop", method=BackupMethod.COPY)
    log, none = json.loads(standing_json([STANDING, without], ()))["data"]
    assert log["log"]["lost_with_host"] == 240.0 and "log" not in none


def test_what_a_server_lacks_is_in_the_plan() -> None:
    data = DataSet(name="db", project="shop", kind=DataKind.POSTGRESQL, path="/d")
    one = PlannedData(data=data, method=BackupMethod.PG_DUMP, point_in_time=True, lacks=("wal_level is minimal", "b"))
    said = words(render_backup_plan(BackupPlan(scope="shop", to=(), data=(one,)), width=80, colour=False))
    assert "Needed to bring it back to any second db wal_level is minimal b" in said


def test_a_restore_says_the_moment() -> None:
    data = RestoredData(
        name="db", project="shop", kind=DataKind.POSTGRESQL, bytes=1, replaces=2, moment="2026-12-02T10:15:03Z"
    )
    plan = RestorePlan(scope="shop", place="/r", run="r", taken="2026-12-02T03:00:00Z", age=1, data=(data,), stops=())
    assert "as it was at 2026-12-02T10:15:03Z" in words(render_restore_plan(plan, width=80, colour=False))
