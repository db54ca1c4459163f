"""Backups, and restores that were proven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import structs

from ...model.evidence import Drill, HostJob, Store, ToolTask
from ...model.field import Source
from ...model.proof import Proof, Strength
from .surroundings import ProofSurroundings, ago, listed

OLDEST = 8.0
"""Days: a weekly backup that came a day late is still in time."""
_FILES, _DATABASES = "1.backup", "3.db-backup"


def read_backups(around: ProofSurroundings) -> Iterator[Proof]:
    stores = [store for store in listed(around.evidence.stores) if store.does in (ToolTask.BACKUP, ToolTask.DUMP)]
    for store in stores:
        for demand in _demands(store.does):
            yield structs.replace(_of_store(around, store, demand), who=store.who)
    written = {store.place for store in stores}
    for job in listed(around.evidence.jobs):
        if job.does in (ToolTask.BACKUP, ToolTask.DUMP) and job.target not in written:
            yield from (_of_job(around, job, demand) for demand in _demands(job.does))
        elif job.does is ToolTask.RESTORE and job.enabled:
            says = f"{job.tool} restores by {_by(job)}; whether that succeeds is unknown"
            yield Proof(_FILES, job.tool, Strength.SEEN, says, job.source, ToolTask.RESTORE, job.last_run)
    told = {store.tool for store in stores}
    for seen in around.doing(ToolTask.BACKUP, ToolTask.DUMP):
        if seen.tool not in told:
            task = ToolTask.BACKUP if ToolTask.BACKUP in seen.does else ToolTask.DUMP
            says = f"{seen.tool} runs ({seen.who}, {seen.how})"
            yield from (Proof(demand, seen.tool, Strength.SEEN, says, seen.source, task) for demand in _demands(task))


def _demands(task: ToolTask) -> tuple[str, ...]:
    """A database is precious data: its dump answers for both."""
    return (_FILES, _DATABASES) if task is ToolTask.DUMP else (_FILES,)


def _of_store(around: ProofSurroundings, store: Store, demand: str) -> Proof:
    source = Source(store.place, via=store.source) if store.local else store.source
    if not store.local and not store.newest:
        says = f"{store.tool} writes to {store.place}; how old the newest copy there is, is unknown"
        return Proof(demand, store.tool, Strength.SEEN, says, source, store.does)
    if store.newest:
        days, future = around.days_since(store.newest), around.is_to_come(store.newest)
        many = f" of {store.count}" if store.count > 0 else ""
        kind = "dump" if store.does is ToolTask.DUMP else "backup"
        says = f"{store.tool}: the newest {kind}{many} in {store.place} is of {store.newest[:16]}, "
        says += "which is in the future: how old it is, is unknown" if future else ago(days)
        strength = Strength.SEEN if future else Strength.MEASURED
        good = future or (days is not None and days <= OLDEST)
        return Proof(demand, store.tool, strength, says, source, store.does, store.newest, good)
    if not store.problem:
        says = f"{store.tool}: the repository {store.place} holds no backup"
        return Proof(demand, store.tool, Strength.MEASURED, says, source, store.does, good=False)
    absent = store.problem.endswith("does not exist")
    strength = Strength.MEASURED if absent else Strength.SEEN
    return Proof(demand, store.tool, strength, f"{store.tool}: {store.problem}", source, store.does, good=not absent)


def _of_job(around: ProofSurroundings, job: HostJob, demand: str) -> Proof:
    """What a job leaves behind can't be seen; when it last ran can be."""
    if not job.enabled:
        says = f"{job.tool} is set up in {job.by}, which is not switched on"
        return Proof(demand, job.tool, Strength.SEEN, says, job.source, job.does, good=False)
    ran = f", last {around.ago(job.last_run)}" if job.last_run else ""
    says = f"{job.tool} runs by {_by(job)}{ran}; what it leaves behind is unknown"
    return Proof(demand, job.tool, Strength.SEEN, says, job.source, job.does, job.last_run)


def _by(job: HostJob) -> str:
    return f"{job.by} ({job.schedule})" if job.schedule else job.by


def read_drills(around: ProofSurroundings) -> Iterator[Proof]:
    """A restore of a database is a proof for the backups as a whole, too. What lapsed proves nothing any more, neither
    that something works nor that it does not."""
    for drill in _counting(around, (*listed(around.evidence.drills), *listed(around.snapshot.engine.proofs))):
        lapsed = around.has_lapsed(drill)
        says = f"{drill.tool}: {drill.says}, {around.ago(drill.when)}"
        if lapsed and drill.lapses:
            says += f"; that counted until {drill.lapses[:10]}, and was not tried again"
        known = not lapsed and around.days_since(drill.when) is not None
        proof = Proof(
            drill.demand,
            drill.tool,
            Strength.MEASURED if known else Strength.SEEN,
            says,
            drill.source,
            drill.does,
            drill.when,
            good=drill.passed or (lapsed and bool(drill.lapses)),
            lapses=drill.lapses,
            proves=drill.proves,
        )
        both = drill.does is ToolTask.RESTORE and drill.demand == "3.db-backup" and not drill.lapses
        for demand in ("1.backup", drill.demand) if both else (drill.demand,):
            yield structs.replace(proof, demand=demand)


def _counting(around: ProofSurroundings, drills: Iterable[Drill]) -> Iterator[Drill]:
    """Of a ledger's proofs of one thing the newest, be it in the host's or in the swarm's, as `standing_proofs` has it:
    a success that is dated in the future outranks nothing. The rest as it is."""
    known = [*drills]
    yield from (each for each in known if not each.lapses)
    counting: dict[tuple[str, str, str], Drill] = {}
    of_ledger = (each for each in known if each.lapses)
    for drill in sorted(of_ledger, key=lambda each: (each.when, not each.passed), reverse=True):
        newer = counting.setdefault((drill.demand, drill.tool, drill.proves), drill)
        if newer.passed and around.is_to_come(newer.when):
            counting[drill.demand, drill.tool, drill.proves] = drill
    yield from counting.values()
