"""To which moments a PostgreSQL can be brought back: copies of all of it, and the log that was received from then on.
Pure: from manifests and the tags of snapshots.

Each snapshot of the log (`part=log`) has the whole files `first` to `last` of one `chain`, what was received of the
next one, and so all that was committed until `until`. What is received stays on its host for more than a day, so
snapshots overlap: a chain has no gap although the backups between two of them are gone.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from ..engine.clock import rfc3339
from ..errors import UsageError
from ..model.backup import BackupRun, SavedData, SavedLog
from ..model.moments import read_moment
from .snapshots import RepositorySnapshot

LOG_PART = "log"
LATEST = "latest"
"""For `--at`: all that was received."""
SEGMENT = re.compile(r"[0-9A-F]{24}")
"""The name of a whole file of the log."""


class LogPiece(Struct, frozen=True, kw_only=True):
    """A snapshot of a part of a chain: its whole files, by `place_of`, and the beginning of the next one."""

    id: str
    chain: str
    first: int
    last: int
    until: datetime
    path: str


class LogReach(Struct, frozen=True, kw_only=True):
    """From `since` to `until` every moment can be reached by the copy in `saved`, with `pieces` of its log."""

    run: str
    saved: SavedData
    log: SavedLog
    since: datetime
    until: datetime
    pieces: tuple[LogPiece, ...]


class Recovery(Struct, frozen=True, kw_only=True):
    """What brings a database back to `moment` (None: all that was received)."""

    reach: LogReach
    moment: datetime | None


def place_of(name: str, size: int) -> int:
    """Of a file of the log, in bytes from its beginning; `size`: of each of them."""
    return (int(name[8:16], 16) << 32) + int(name[16:24], 16) * size


def gap_in(names: Iterable[str], size: int) -> tuple[str, str] | None:
    """The first two whose files do not follow on each other; None where all do."""
    there = sorted(names)
    for earlier, later in itertools.pairwise(there):
        if place_of(later, size) != place_of(earlier, size) + size:
            return earlier, later
    return None


def pieces_in(snapshots: Iterable[RepositorySnapshot], project: str, name: str) -> list[LogPiece]:
    """Of one data set; what has no such tags is none."""
    wanted = {"part": LOG_PART, "project": project, "data": name}
    found = []
    for each in snapshots:
        until = read_moment(each.tags.get("until", ""))
        if not wanted.items() <= each.tags.items() or until is None or not each.paths:
            continue
        size = int(each.tags["size"])
        first = place_of(each.tags["first"], size)
        last = place_of(each.tags["last"], size) if each.tags["last"] else first - size
        found.append(
            LogPiece(
                id=each.id,
                chain=each.tags["chain"],
                first=first,
                last=last,
                until=until,
                path=each.paths[0],
            )
        )
    return found


def reaches_of(
    runs: Iterable[BackupRun], snapshots: Sequence[RepositorySnapshot], project: str, name: str
) -> list[LogReach]:
    """By what a data set can be brought back to a moment, the oldest copy first."""
    pieces = pieces_in(snapshots, project, name)
    found = []
    for run in runs:
        for saved in run.data:
            if (saved.project, saved.name) != (project, name) or saved.log is None:
                continue
            since = read_moment(saved.log.ended)
            whole = _without_gap(saved.log, pieces)
            if since is not None and whole and (until := max(each.until for each in whole)) > since:
                found.append(
                    LogReach(run=run.id, saved=saved, log=saved.log, since=since, until=until, pieces=tuple(whole))
                )
    return sorted(found, key=lambda each: each.since)


def _without_gap(log: SavedLog, pieces: Iterable[LogPiece]) -> list[LogPiece]:
    """As few as reach as far, in the order of their files: each begins with the file at which those before it end."""
    own = [each for each in pieces if each.chain == log.chain][::-1]  # of two alike the one that was saved last
    ends = place_of(log.first, log.size)
    chosen: list[LogPiece] = []
    while True:
        fits = [each for each in own if each.first <= ends <= each.last + log.size]
        best = max(fits, key=lambda each: (each.last, each.until), default=None)
        if best is None or (chosen and (best.last, best.until) <= (chosen[-1].last, chosen[-1].until)):
            return chosen
        chosen.append(best)
        ends = best.last + log.size


def recovery_at(reaches: Sequence[LogReach], at: str, name: str) -> Recovery:
    """`at`: a moment, or LATEST. Raises UsageError for one that can't be reached, with those that can."""
    if at == LATEST:
        return Recovery(reach=max(reaches, key=lambda each: (each.until, each.since)), moment=None)
    moment = read_moment(at)
    if moment is None:
        raise UsageError(f"--at {at} is no time", hint="say one as 2026-12-01T03:00:00")
    fits = [each for each in reaches if each.since <= moment <= each.until]
    if not fits:
        raise UsageError(
            f"{name} can be brought back to any second {spans_in_words(reaches)}; {at} is not among them",
            hint=f"say one of these, or --at {LATEST} for all that was received; a whole backup has an id: "
            "dockworthy backup list",
        )
    return Recovery(reach=max(fits, key=lambda each: each.since), moment=moment)


def spans_of(reaches: Iterable[LogReach]) -> list[tuple[datetime, datetime]]:
    """From when to when, without the bounds between copies of one chain."""
    spans: list[tuple[datetime, datetime]] = []
    for each in sorted(reaches, key=lambda each: each.since):
        if spans and each.since <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], each.until))
        else:
            spans.append((each.since, each.until))
    return spans


def spans_in_words(reaches: Iterable[LogReach]) -> str:
    """Whole seconds, each of which can be reached."""
    spans = [(rfc3339(math.ceil(since.timestamp())), in_words(until)) for since, until in spans_of(reaches)]
    return ", and ".join(f"from {since} to {until}" for since, until in spans)


def in_words(moment: datetime) -> str:
    """The whole second, in UTC: `2026-12-02T10:15:03Z`."""
    return rfc3339(math.floor(moment.timestamp()))


def superseded(snapshots: Iterable[RepositorySnapshot]) -> list[str]:
    """Ids of snapshots of the log of which a later one of the same backup has everything."""
    newest: dict[tuple[str, ...], Mapping[str, str]] = {}
    gone = []
    for each in reversed([each for each in snapshots if each.tags.get("part") == LOG_PART]):
        tags = each.tags
        key = tuple(tags.get(name, "") for name in ("run", "chain", "project", "data"))
        later = newest.setdefault(key, tags)
        if later is not tags and later["first"] <= tags["first"] and later["last"] >= tags["last"]:
            gone.append(each.id)
    return gone
