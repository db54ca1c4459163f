"""To which moments a database can be brought back: by copies, and pieces of a log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists, sampled_from

from dockworthy.backup.log_reach import (
    LATEST,
    gap_in,
    pieces_in,
    place_of,
    reaches_of,
    recovery_at,
    spans_in_words,
    spans_of,
    superseded,
)
from dockworthy.backup.log_saving import KEPT_MINUTES
from dockworthy.backup.retention import to_forget
from dockworthy.backup.snapshots import RepositorySnapshot
from dockworthy.errors import UsageError
from dockworthy.model.backup import BackupMethod, BackupRun, DataKind, SavedData, SavedLog
from dockworthy.model.backup_settings import Keep

SIZE = 16 * 1024 * 1024


def name(number: int, timeline: int = 1) -> str:
    """Of the file with that number, of 16 MB."""
    return f"{timeline:08X}{number // 256:08X}{number % 256:08X}"


def run(id: str, at: str, first: int, chain: str = "one") -> BackupRun:
    log = SavedLog(base=f"base-{id}", chain=chain, first=name(first), size=SIZE, ended=at)
    saved = SavedData(name="db", project="shop", kind=DataKind.POSTGRESQL, method=BackupMethod.PG_DUMP, log=log)
    return BackupRun(id=id, host="h", scope="shop", taken=at, ended=at, version="1", data=(saved,))


def piece(
    id: str, first: int, last: int | None, until: str, *, chain: str = "one", run: str = "r"
) -> RepositorySnapshot:
    tags = {"part": "log", "project": "shop", "data": "db", "chain": chain, "run": run, "size": str(SIZE)}
    tags |= {"first": name(first), "last": "" if last is None else name(last), "until": until}
    return RepositorySnapshot(id=id, time=until, tags=tags, paths=("/log",))


def test_a_file_follows_on_another_also_where_a_digit_is_full() -> None:
    assert place_of(name(256), SIZE) - place_of(name(255), SIZE) == SIZE
    assert gap_in([name(254), name(255), name(256)], SIZE) is None
    assert gap_in([name(255), name(257)], SIZE) == (name(255), name(257))
    large = 1024 * 1024 * 1024  # of these four make the number in the middle full
    assert gap_in(["000000010000000000000003", "000000010000000100000000"], large) is None


def test_pieces_are_joined_and_a_missing_one_ends_it() -> None:
    copy = run("a", "2026-12-01T03:00:00Z", 10)
    there = [
        piece("1", 8, 12, "2026-12-01T04:00:00Z"),
        piece("2", 8, 15, "2026-12-01T05:00:00Z"),
        piece("3", 14, 20, "2026-12-01T06:00:00Z"),
        piece("4", 22, 30, "2026-12-01T07:00:00Z"),
        piece("5", 8, 40, "2026-12-01T08:00:00Z", chain="another"),
    ]
    (reach,) = reaches_of([copy], there, "shop", "db")
    assert [each.id for each in reach.pieces] == ["2", "3"]
    assert spans_in_words([reach]) == "from 2026-12-01T03:00:00Z to 2026-12-01T06:00:00Z"
    (whole,) = reaches_of([copy], [*there, piece("6", 20, 21, "2026-12-01T06:30:00Z")], "shop", "db")
    assert [each.id for each in whole.pieces] == ["2", "3", "6", "4"]
    assert reaches_of([copy], there[3:], "shop", "db") == [], "without its beginning a copy is worth nothing"


def test_a_file_of_which_only_the_beginning_is_there_counts_at_the_end_alone() -> None:
    copy = run("a", "2026-12-01T03:00:00Z", 10)
    idle = [piece("1", 10, None, "2026-12-01T04:00:00Z"), piece("2", 10, None, "2026-12-01T05:00:00Z")]
    (reach,) = reaches_of([copy], idle, "shop", "db")
    assert [each.id for each in reach.pieces] == ["2"] and reach.until.hour == 5
    again = piece("3", 10, None, "2026-12-01T05:00:00Z")  # its server is gone: nobody tells until when it reaches
    (reach,) = reaches_of([copy], [*idle, again], "shop", "db")
    assert [each.id for each in reach.pieces] == ["3"], "it may have more"
    (reach,) = reaches_of([copy], [*idle, piece("3", 11, 12, "2026-12-01T06:00:00Z")], "shop", "db")
    assert reach.until.hour == 5, "of file 10 the end is missing"


def test_which_copy_brings_back_a_moment() -> None:
    runs = [
        run("a", "2026-12-01T03:00:00.400000Z", 10),
        run("b", "2026-12-02T03:00:00Z", 20),
        run("c", "2026-12-03T03:00:00Z", 5, chain="two"),
    ]
    there = [
        piece("1", 8, 30, "2026-12-02T12:00:00.900000Z"),
        piece("2", 5, 9, "2026-12-03T12:00:00Z", chain="two"),
    ]
    reaches = reaches_of(runs, there, "shop", "db")
    assert recovery_at(reaches, "2026-12-01T03:00:01", "db").reach.run == "a"
    assert recovery_at(reaches, "2026-12-02T03:00:00Z", "db").reach.run == "b"
    assert recovery_at(reaches, "2026-12-03T05:00:00+02:00", "db").reach.run == "c"
    latest = recovery_at(reaches, LATEST, "db")
    assert latest.reach.run == "c" and latest.moment is None
    spans = "from 2026-12-01T03:00:01Z to 2026-12-02T12:00:00Z, and from 2026-12-03T03:00:00Z to 2026-12-03T12:00:00Z"
    assert spans_in_words(reaches) == spans, "each bound that is said can be said"
    for wrong in ("2026-12-01T03:00:00", "2026-12-02T12:00:01", "2026-12-03T12:00:01", "2026-12-02T23:00:00"):
        with pytest.raises(UsageError, match="can be brought back to any second from") as refused:
            recovery_at(reaches, wrong, "db")
        assert spans in refused.value.says
    with pytest.raises(UsageError, match="no time"):
        recovery_at(reaches, "soon", "db")


def test_what_is_no_piece_is_left_alone() -> None:
    other = RepositorySnapshot(id="1", time="2026-12-01T04:00:00Z", tags={"part": "files", "data": "db"})
    assert pieces_in([other], "shop", "db") == [] and superseded([other]) == []


def test_a_piece_goes_where_a_later_one_of_the_same_backup_has_all_of_it() -> None:
    there = [
        piece("1", 8, 12, "2026-12-01T04:00:00Z"),
        piece("2", 8, 15, "2026-12-01T05:00:00Z"),
        piece("3", 8, 15, "2026-12-01T06:00:00Z", run="another"),
        piece("4", 14, 20, "2026-12-01T07:00:00Z"),
    ]
    assert superseded(there[:3]) == ["1"]
    assert superseded(there) == [], "the last one does not have what the first ones begin with"


BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


def hour(number: int) -> str:
    return (BEGAN + timedelta(hours=number)).isoformat().replace("+00:00", "Z")


@given(
    hours=lists(integers(1, 240), min_size=1, max_size=60, unique=True).map(sorted),
    daily=integers(1, 8),
    every=sampled_from([1, 3, 7]),
)
def test_what_is_needed_of_a_log_is_never_removed(hours: list[int], daily: int, every: int) -> None:
    """A file of the log each hour; backups at some hours, and the log saved between them; after each backup what is not
    to be kept goes, with all that has its id. From the oldest backup that is left to the end there is no gap."""
    runs: dict[str, BackupRun] = {}
    pieces: list[RepositorySnapshot] = []
    on_host, window = 0, ""
    for now in range(1, 242):
        if now in hours:
            window = f"{now:04}"
            runs[window] = run(window, hour(now), now)
        if window and (now in hours or now % every == 0 or now == 241):
            pieces.append(piece(f"{now}", on_host, now, hour(now + 1), run=window))
        if now in hours:
            on_host = max(on_host, min(now, now - KEPT_MINUTES // 60))
            old = to_forget({id: each.taken for id, each in runs.items()}, Keep(daily, 0, 0), ())
            runs = {id: each for id, each in runs.items() if id not in old}
            gone = {*superseded(pieces), *(each.id for each in pieces if each.tags["run"] in old)}
            pieces = [each for each in pieces if each.id not in gone]
    (span,) = spans_of(reaches_of(runs.values(), pieces, "shop", "db"))
    assert span == (BEGAN + timedelta(hours=int(min(runs))), BEGAN + timedelta(hours=242))
