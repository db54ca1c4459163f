"""How the backup of each data set stands: saved when, next when, proven or not, and what is wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from ..engine.clock import rfc3339
from ..model.backup import BackupMethod, BackupPlan, BackupRun, DataStanding, PlannedData
from ..model.backup_settings import BackupSettings, interval_seconds
from ..model.drill_proof import DrillProof
from ..model.moments import read_moment

_LATE = timedelta(hours=2)
"""Beyond the time at which it should have been saved: a run takes a while."""


def standing_of(
    settings: BackupSettings,
    plan: BackupPlan,
    runs: Sequence[BackupRun],
    proofs: Mapping[str, DrillProof],
    now: datetime,
    *,
    clock: tzinfo,
) -> tuple[DataStanding, ...]:
    """Of every data set of the plan, and of those that runs saved and that are not there any more. `runs`: those that
    ended well; `proofs`: name of a data set -> the last drill that restored it. `clock`: the time zone of the host."""
    return (
        *(_standing(settings, each, runs, proofs, now, clock) for each in plan.data),
        *_gone(plan, runs, proofs),
    )


def next_run(settings: BackupSettings, newest: datetime | None, now: datetime, *, clock: tzinfo) -> datetime | None:
    """None where nothing says when it runs."""
    if settings.every:
        every = timedelta(seconds=interval_seconds(settings.every))
        return max(now, newest + every) if newest is not None else now
    if settings.when:
        hour, minute = map(int, settings.when.split(":"))
        today = now.astimezone(clock).replace(hour=hour, minute=minute, second=0, microsecond=0)
        return today if today > now else today + timedelta(days=1)
    return None


def _standing(
    settings: BackupSettings,
    planned: PlannedData,
    runs: Sequence[BackupRun],
    proofs: Mapping[str, DrillProof],
    now: datetime,
    clock: tzinfo,
) -> DataStanding:
    data = planned.data
    found = [
        (run, saved) for run in runs for saved in run.data if (saved.name, saved.project) == (data.name, data.project)
    ]
    newest = max(found, key=lambda each: each[0].taken, default=None)
    taken = read_moment(newest[0].taken) if newest is not None else None
    due = next_run(settings, taken, now, clock=clock)
    skipped = planned.method is BackupMethod.SKIP
    return DataStanding(
        name=data.name,
        kind=data.kind,
        project=data.project,
        method=planned.method,
        newest=newest[0].taken if newest is not None else "",
        bytes=newest[1].bytes if newest is not None else 0,
        next="" if due is None or skipped else rfc3339(due.timestamp()),
        proof=proofs.get(data.name),
        problem="" if skipped else next(_problems(settings, planned, newest and newest[0], taken, now), ""),
    )


def _problems(
    settings: BackupSettings, planned: PlannedData, newest: BackupRun | None, taken: datetime | None, now: datetime
) -> Iterator[str]:
    """The gravest first."""
    if planned.asks:
        yield planned.asks
    if newest is None or taken is None:
        yield "it was never saved"
        return
    if taken > now + _LATE:
        yield f"its newest snapshot is of {newest.taken}, which is in the future: is a clock wrong?"
    every = timedelta(seconds=interval_seconds(settings.every)) if settings.every else timedelta(days=1)
    if (settings.every or settings.when) and now - taken > every + _LATE:
        yield f"its newest snapshot is of {newest.taken}: a run has been missed"
    for doubt in newest.doubts:
        if doubt.startswith((f"{planned.data.name} ", f"{planned.data.name}:")):
            yield doubt


def _gone(plan: BackupPlan, runs: Iterable[BackupRun], proofs: Mapping[str, DrillProof]) -> Iterator[DataStanding]:
    """What was saved, and is in the plan no more: its volume was removed, say. What was saved of it is still there."""
    there = {(each.data.name, each.data.project) for each in plan.data}
    newest = {(saved.name, saved.project): (run, saved) for run in runs for saved in run.data}
    for key, (run, saved) in newest.items():
        if key not in there:
            yield DataStanding(
                name=saved.name,
                kind=saved.kind,
                project=saved.project,
                method=saved.method,
                newest=run.taken,
                bytes=saved.bytes,
                proof=proofs.get(saved.name),
                problem="it is not on this host any more: what was saved of it stays",
            )
