"""How a server is told to recover to a moment, and by which pieces of its log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from dockworthy.backup.log_reach import LogPiece, LogReach, Recovery
from dockworthy.backup.log_restoring import moment_of, pieces_for, settings_for
from dockworthy.model.backup import BackupMethod, DataKind, SavedData, SavedLog

AT = datetime(2026, 12, 2, 10, 15, 3, tzinfo=UTC)
LOG = SavedLog(base="b", chain="c", first="0000000A0000000000000003", size=16777216, ended="2026-12-02T10:00:00Z")


def recovery(moment: datetime | None) -> Recovery:
    pieces = tuple(
        LogPiece(id=str(number), chain="c", first=0, last=0, until=AT + timedelta(minutes=number), path="/log")
        for number in (-5, 0, 5)
    )
    saved = SavedData(name="db", project="shop", kind=DataKind.POSTGRESQL, method=BackupMethod.PG_DUMP, log=LOG)
    reach = LogReach(run="r", saved=saved, log=LOG, since=AT, until=AT + timedelta(minutes=5), pieces=pieces)
    return Recovery(reach=reach, moment=moment)


def test_it_recovers_to_the_moment_on_the_timeline_of_its_copy() -> None:
    here = AT.astimezone(timezone(timedelta(hours=1)))
    settings = settings_for(recovery(here), LOG.first[:8])
    assert "recovery_target_time = '2026-12-02 10:15:03.000000+00'" in settings
    assert "recovery_target_timeline = '10'" in settings and "archive_mode = 'off'" in settings
    assert "recovery_target_time =" not in settings_for(recovery(None), LOG.first[:8])


def test_no_more_of_its_log_is_read_than_is_needed() -> None:
    assert [each.id for each in pieces_for(recovery(AT))] == ["-5", "0"]
    assert [each.id for each in pieces_for(recovery(AT + timedelta(seconds=1)))] == ["-5", "0", "5"]
    assert [each.id for each in pieces_for(recovery(None))] == ["-5", "0", "5"]


def test_the_moment_in_words() -> None:
    assert moment_of(recovery(AT)) == "2026-12-02T10:15:03Z"
    assert moment_of(recovery(None)) == "the end of what was received, 2026-12-02T10:20:03Z or later"
