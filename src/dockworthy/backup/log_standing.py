"""How the log of each PostgreSQL stands that comes back to any second: is it received, how far behind, what of it is in
the repository, and what would be lost now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from ..engine.site import Site
from ..errors import DockworthyError
from ..model.backup import BackupRun, LogStanding, PlannedData
from .log_reach import in_words, reaches_of, spans_of
from .log_receiver import KeptLog
from .log_saving import receiver_of
from .repository import RepositorySnapshot

_BEHIND = 64 * 1024 * 1024
"""Bytes by which a receiver may be behind a server that is written to."""


async def log_standings(
    site: Site, planned: Iterable[PlannedData], runs: Sequence[BackupRun], snapshots: Sequence[RepositorySnapshot]
) -> dict[str, tuple[LogStanding, str]]:
    """Name of a data set -> how its log stands, and what is wrong with it, as a sentence. `runs`, `snapshots`: of the
    repository."""
    found = {}
    for each in planned:
        if each.point_in_time:
            found[each.data.name] = await _standing(site, each, runs, snapshots)
    return found


async def _standing(
    site: Site, planned: PlannedData, runs: Sequence[BackupRun], snapshots: Sequence[RepositorySnapshot]
) -> tuple[LogStanding, str]:
    data = planned.data
    reaches = reaches_of(runs, snapshots, data.project, data.name)
    spans = spans_of(reaches)
    now = datetime.now(UTC)
    since, until = spans[-1] if spans else (None, None)
    receiving, lag, age, problem = False, None, None, ""
    try:
        kept = KeptLog(site, data.project, data.name)
        chain = await kept.current()
        if planned.lacks:
            problem = f"its log can't be received: {planned.lacks[0]}"
        elif chain is None:
            problem = "its log is not received yet: dockworthy backup begins it"
        else:
            age = await kept.age(chain)
            receiver = await receiver_of(site, data)
            problem = await receiver.why_ended(chain)
            if not problem:
                lag = await receiver.lag(chain)
                receiving = await receiver.receives(chain)
            if not problem and not receiving:
                problem = f"its log is not received now: docker logs dockworthy-log-{kept.id}"
            elif lag is not None and lag > _BEHIND:
                problem = f"its log is received {lag:,} bytes behind: docker logs dockworthy-log-{kept.id}"
    except DockworthyError as error:
        problem = error.says
    told = LogStanding(
        receiving=receiving,
        lag=lag,
        age=None if age is None else round(age, 1),
        since=in_words(since) if since else "",
        until=in_words(until) if until else "",
        lost_with_database=0.0 if receiving and lag == 0 else (None if age is None else round(age, 1)),
        lost_with_host=None if until is None else max(0.0, round((now - until).total_seconds(), 0)),
    )
    return told, problem
