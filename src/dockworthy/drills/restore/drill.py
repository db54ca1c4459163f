"""The drill: the newest backup, restored into a copy of the project that reaches nobody; the data compared with what
was saved, the services started and asked. Then faults of its own making, which it must see: else it proves nothing.

All that it makes in the engine carries this run's label, and goes at its end; what a killed run left, the next one
removes."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from ... import __version__
from ...backup.repository import Repository
from ...backup.runs import opened, run_at, runs_in
from ...engine.clock import now, rfc3339
from ...engine.docker_command import Docker
from ...engine.site import Site, reach
from ...fix.verify.owner import RunOwner, this_process
from ...fix.verify.project import NotStarted
from ...fix.verify.removal import clean_leftovers, remove_all, run_folder
from ...interruption import all_to_their_end, to_its_end
from ...model.backup import OF_DATABASES, BackupRun
from ...model.backup_settings import BackupSettings, interval_seconds
from ...model.deploy_settings import DeploySettings
from ...model.drill_proof import DrillProof, NegativeControl
from ...model.moments import read_moment
from ...model.saying import Say
from ..ledger import ledger_of
from .coming_up import DrillFailed, stay_up
from .faults import MadeFault, control_of, faults_of_copy, faults_of_repository, must_be_seen
from .making_copy import brought_images, find_sources, make_empty_copy
from .project_copy import ProjectCopy
from .questions import ask, refuse_questions
from .restored_copy import RestoredCopy, bring_up, check_databases
from .to_a_moment import recover_to_the_end

_LAPSES_AFTER = 2
"""Intervals of `backup.proof.every`: one drill may be missed."""


class RestoreDrill(Struct, frozen=True, kw_only=True):
    """What came of it: the proofs that were written, and what the copy lacked."""

    proofs: tuple[DrillProof, ...]
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return all(each.passed for each in self.proofs)


class DrillMeasured(Struct):
    """What one run measures. `began`: when the drill began. `rto`: seconds from the beginning of the restore until the
    copy had answered all; 0.0 where it did not. `reached`: data set -> the moment to which its log brought it.
    `control`: the fault of its own making, None where it came to none. `why`: it failed, as a sentence; "" for
    nothing."""

    began: datetime
    evidence: list[str]
    rto: float = 0.0
    reached: dict[str, datetime] = {}
    control: NegativeControl | None = None
    why: str = ""


async def drill_restore(
    endpoint: str,
    scope: str,
    backup: BackupSettings,
    deploy: DeploySettings,
    *,
    folder: Path,
    at: str,
    place: str,
    sudo: bool,
    say: Say,
) -> RestoreDrill:
    """Drills a restore of the project `scope`, whose Compose files lie in `folder`, and writes what it proved, or that
    it failed: the backup can't be loaded, it does not hold what it must, or the copy does not work with it. Raises
    UsageError for what can't be drilled, before anything is restored; HostError and EngineError where host or engine
    fail the drill itself: then nothing is proven either way."""
    async with (
        reach(endpoint, command="drill restore", sudo=sudo) as site,
        reach(endpoint, command="drill restore", sudo=sudo) as beside,
        opened(site, backup, place) as (store, said),
        AsyncExitStack() as stack,
    ):
        for note in said:
            say(note)
        began = datetime.now(UTC)
        run = run_at(await runs_in(store, scope, say=say), at, today=now())
        docker = Docker(site.docker_host)
        owner = this_process()
        sources = await find_sources(site, docker, run, folder, deploy)
        await stack.enter_async_context(brought_images(site, store, docker, sources, say=say))
        copy = sources.copy(owner, run)
        refuse_questions(backup.proof.asks, deploy.routes, copy, run)
        say(f"restoring the backup of {run.taken} from {store.shown}")
        measured = DrillMeasured(began, [f"backup {run.id} of {run.taken} in {store.shown}"])
        async with _made(site, store, run, docker, owner, copy, measured) as restored:
            try:
                await _restored_and_tried(restored, backup, deploy, measured, beside, say)
            except (DrillFailed, NotStarted) as failed:
                measured.why = failed.says
        proofs = proofs_of(scope, run, measured, backup)
        ledger = await ledger_of(site)
        for proof in proofs:
            await ledger.write(proof)
        return RestoreDrill(proofs=proofs, notes=copy.notes)


async def _restored_and_tried(
    restored: RestoredCopy,
    backup: BackupSettings,
    deploy: DeploySettings,
    measured: DrillMeasured,
    beside: Site,
    say: Say,
) -> None:
    """`beside`: a second shell of the host, for what is tried while the copy is looked at. Raises DrillFailed or
    NotStarted for what a restore would not bring back."""
    clock = asyncio.get_running_loop().time
    began = clock()
    await bring_up(restored, say=say)
    await ask(restored, backup.proof.asks, deploy.routes)
    rto = round(clock() - began, 1)

    async def with_the_copy() -> list[MadeFault]:
        await stay_up(restored.project, restored.started)
        measured.rto = rto
        say(f"the copy answers, {rto:g} s after the restore began; now faults of this drill's own making")
        await _stand_still(restored, but=restored.copy.databases.values())
        await check_databases(restored)
        measured.reached, faults = await recover_to_the_end(restored, say=say)
        await _stand_still(restored, but=restored.copy.dumps.values())
        return faults + await faults_of_copy(restored)

    store = Repository(beside.shell, restored.store.place, restored.store.key, beside.state)
    both = (with_the_copy(), faults_of_repository(beside, store, restored.run))
    of_copy, of_repository = await all_to_their_end(both)  # each cleans up what it made
    faults = of_copy + of_repository
    measured.control = control_of(faults)
    restored.evidence += (f"seen, as it must be: {each.fault}" for each in faults if each.seen)
    must_be_seen(faults)


async def _stand_still(restored: RestoredCopy, *, but: Collection[str]) -> None:
    """The services of the copy stop, who needs others first: from then on nobody writes to what they had."""
    for name in reversed(restored.copy.order):
        if name in restored.started and name not in but:
            del restored.started[name]
            await restored.project.stop(name)


@asynccontextmanager
async def _made(
    site: Site,
    store: Repository,
    run: BackupRun,
    docker: Docker,
    owner: RunOwner,
    copy: ProjectCopy,
    measured: DrillMeasured,
) -> AsyncIterator[RestoredCopy]:
    """The copy with its empty volumes, not started yet; all of it is removed at the end, whatever ends it."""
    await clean_leftovers(docker)
    folder = run_folder(owner)
    try:
        yield await make_empty_copy(site, store, run, docker, owner, copy, folder, measured.evidence)
    finally:
        await to_its_end(_removed(docker, owner, folder))


async def _removed(docker: Docker, owner: RunOwner, folder: Path) -> None:
    await remove_all(docker, owner.run, images=False)
    shutil.rmtree(folder, ignore_errors=True)


def _seconds_between(earlier: datetime, later: datetime) -> float:
    return max(0.0, round((later - earlier).total_seconds(), 0))


def proofs_of(scope: str, run: BackupRun, measured: DrillMeasured, backup: BackupSettings) -> tuple[DrillProof, ...]:
    """One for each claim. The data is as old as it was when the drill began: a host that is lost then loses what
    came since. What came back by its log is as old as the end of that."""
    now = datetime.now(UTC)
    taken = read_moment(run.taken) or measured.began
    lapses = now + timedelta(seconds=_LAPSES_AFTER * interval_seconds(backup.proof.every))
    ages = {name: _seconds_between(moment, measured.began) for name, moment in measured.reached.items()}
    numbers = {f"rpo of {name}": age for name, age in ages.items()}
    whole = all(each.name in ages for each in run.data)
    numbers["rpo"] = max(ages.values()) if ages and whole else _seconds_between(taken, measured.began)
    if measured.rto:
        numbers["rto"] = measured.rto
    what = f"the backup of {run.taken} of {scope}"
    says = f"{what} was restored, and its copy answered after {measured.rto:g} s"
    claims = ["1.backup", *(["3.db-backup"] if any(each.method in OF_DATABASES for each in run.data) else [])]
    return tuple(
        DrillProof(
            claim=claim,
            subject=f"project/{scope}",
            drill="restore",
            at=rfc3339(now.timestamp()),
            passed=not measured.why,
            lapses=rfc3339(lapses.timestamp()),
            says=f"{what}: {measured.why}" if measured.why else says,
            measured=numbers,
            negative_control=measured.control,
            evidence=tuple(measured.evidence),
            version=__version__,
            restored=run.id,
        )
        for claim in claims
    )
