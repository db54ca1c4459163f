"""Carries a plan out, step by step; what fails is taken back, as far as it may be."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from msgspec import structs

from ..engine.clock import now
from ..errors import DockworthyError, HostAway, HostError, Occupied
from ..interruption import to_its_end
from ..model.deploy_settings import TargetKind
from ..model.release import JobOutcome, Observation, Release, ReleaseState
from ..model.rollout import RolloutPlan, RolloutStep, StepKind
from ..model.saying import Say
from .edge.project_edge import ProjectEdge
from .observing.watch import ReleaseWatch
from .store import Lock, ReleaseStore
from .targets.target import StepFailed, Target

_LOOK = 2.0
"""Seconds after which it is asked again whether somebody took over, while a release is observed."""


class RollOut:
    """Rolls out one release: carries out its plan, observes it, and keeps it or takes it back."""

    def __init__(
        self,
        target: Target,
        store: ReleaseStore,
        lock: Lock,
        release: Release,
        plan: RolloutPlan,
        say: Say,
        edge: ProjectEdge,
    ) -> None:
        self._target = target
        self._edge = edge
        self._store = store
        self._lock = lock
        self._plan = plan
        self._say = say
        self._irreversible = False
        self.release = release

    async def run(self, watch: ReleaseWatch) -> Release:
        """The release as it ended: kept, rolled back, or failed. Its record follows each change of its state.

        `watch` looks on from before the first step.

        Interrupted, it is taken back as one that failed, and the interruption goes on.
        """
        try:
            async with watch:
                await self._roll_out()
                observation = await self._observe(watch)
        except Occupied:  # what is there is another one's by now, and nothing is taken back
            raise
        except DockworthyError as error:
            return await self._taken_back(error.says, failed=error)
        except BaseException:
            await self._interrupted()
            raise
        if observation.broken:
            return await self._taken_back("; ".join(observation.broken), observation)
        await self._target.retire()
        await self._become(ReleaseState.KEPT, observation=observation, ended=now())
        try:
            for note in await self._edge.settle(await self._target.tasks()):
                self._say(f"note: {note}")
        except DockworthyError as error:
            self._say(
                "the release is kept, but the edge still has settings of the release before, which the next deploy "
                f"removes: {error.says}"
            )
        return self.release

    @contextlib.asynccontextmanager
    async def taken_back_when_interrupted(self) -> AsyncIterator[None]:
        """Around what comes before the first step, where the record says already that a release began."""
        try:
            yield
        except asyncio.CancelledError:
            with contextlib.suppress(DockworthyError):
                await self._interrupted()
            raise

    async def _interrupted(self) -> None:
        """^C or SIGTERM: takes back what was begun, and says here how that ended, as no caller will."""
        why = "it was interrupted"
        self._say(f"not rolled back: {why}" if self._irreversible else f"rolling back: {why}")
        try:
            ended = await to_its_end(self._take_back(why))
        except _NotRecorded:
            raise
        except (HostAway, HostError) as error:
            raise _unfinished(error, self.release) from None
        self._say(_how_it_stands(ended))

    async def _roll_out(self) -> None:
        await self._become(ReleaseState.ROLLING_OUT)
        await self._edge.announce()
        for step in self._plan.steps:
            await self._lock.check()
            self._say(step.says)
            if step.kind is StepKind.ROUTES:
                await self._edge.open(self._say)
            elif step.kind is StepKind.JOB:
                await self._run_job(step)
            else:
                await self._target.carry_out(step)

    async def _run_job(self, step: RolloutStep) -> None:
        """What it does to the data stays, whatever becomes of the release: so the record tells how far it came."""
        await self._note_job(step.subject, JobOutcome.BEGUN)
        try:
            await self._target.carry_out(step)
        except StepFailed as failed:
            outcome = JobOutcome.FAILED if failed.began else JobOutcome.NOT_RUN
            self.release = _with_job(self.release, step.subject, outcome)  # written with the way back
            raise
        self._irreversible = self._irreversible or self.release.irreversible
        await self._note_job(step.subject, JobOutcome.RAN)

    async def _note_job(self, job: str, outcome: JobOutcome) -> None:
        self.release = _with_job(self.release, job, outcome)
        await self._store.write(self.release)

    async def _observe(self, watch: ReleaseWatch) -> Observation:
        await self._lock.check()
        await self._become(ReleaseState.OBSERVING)
        observing = asyncio.ensure_future(watch.observed())
        try:
            while not (await asyncio.wait([observing], timeout=_LOOK))[0]:
                await self._lock.check()
            return await observing
        finally:
            observing.cancel()
            await asyncio.gather(observing, return_exceptions=True)

    async def _taken_back(
        self, why: str, observation: Observation | None = None, *, failed: DockworthyError | None = None
    ) -> Release:
        """Takes it back. Why it failed, and what to do, is said once, at the end: by the caller, who has the release;
        here where an error goes on to the caller."""
        if isinstance(failed, StepFailed) and failed.log:
            self._say(f"the last lines of {failed.service}:")
        for line in failed.excerpt if failed is not None else ():
            self._say(line)
        if not self._irreversible and not isinstance(failed, HostAway):
            self._say("rolling back")
        hint = (failed.hint if failed is not None else "") or _mend(self.release)
        try:
            return await to_its_end(self._take_back(why, observation, hint=hint))
        except (HostAway, HostError) as error:
            if why != error.says:
                self._say(f"it failed before that: {why}")
            if isinstance(error, _NotRecorded):
                raise
            raise _unfinished(error, self.release) from None
        except BaseException:
            self._say(f"it failed before that: {why}")
            raise

    async def _take_back(self, why: str, observation: Observation | None = None, *, hint: str = "") -> Release:
        if self._irreversible:
            kept = f"{why}; not taken back, because its job can't be (deploy.jobs.irreversible)"
            await self._become(ReleaseState.FAILED, why=kept, hint=hint, observation=observation, ended=now())
            return self.release
        try:
            await self._become(ReleaseState.ROLLING_BACK, why=why, hint=hint, observation=observation)
        except (Occupied, HostAway):
            raise
        except DockworthyError as error:  # no reason to leave a broken release running: the disk may be what is full
            self._say(f"that it is rolled back can't be recorded: {error.says}")
        try:
            await self._target.take_back()
            await self._edge.take_back(self._say)
        except DockworthyError as error:
            await self._become(
                ReleaseState.FAILED, why=f"{why}; and it could not be taken back: {error.says}", ended=now()
            )
            return self.release
        try:
            await self._become(ReleaseState.ROLLED_BACK, ended=now())
        except Occupied:
            raise
        except DockworthyError as error:
            says = f"{error.says}; what ran before runs again, and release {self.release.number} is not recorded so"
            raise _NotRecorded(says, hint=error.hint) from None
        return self.release

    async def _become(self, state: ReleaseState, **changes: object) -> None:
        self.release = structs.replace(self.release, state=state, **changes)
        await self._store.write(self.release)


class _NotRecorded(HostError):
    """It was taken back, and only its record could not be written."""


def _unfinished(error: HostAway | HostError, release: Release) -> HostError:
    """Nothing could be taken back, nor written down: what runs there now, nobody here knows."""
    hint = f"when the host answers, run `dockworthy {_again(release)}` again: it finishes or undoes this release"
    if release.target == TargetKind.SWARM:
        hint += ". Until then ask another manager: `dockworthy releases status --host MANAGER` shows how it stands, "
        hint += f"and `dockworthy {_again(release)} --host MANAGER` finishes it"
    if isinstance(error, HostAway):
        hint += f". {error.hint}"
    says = f"{error.says}; what was begun could not be taken back, and release {release.number} is unfinished"
    return HostError(says, hint=hint)


def _how_it_stands(ended: Release) -> str:
    if ended.state is not ReleaseState.ROLLED_BACK:
        return f"release {ended.number} failed: {ended.why}"
    now_runs = "nothing of it runs, as before" if ended.nothing_before else "what ran before runs again"
    return f"release {ended.number} was rolled back: {now_runs}"


def _again(release: Release) -> str:
    return "deploy" if release.returns_to is None else f"rollback {release.returns_to}"


def _with_job(release: Release, job: str, outcome: JobOutcome) -> Release:
    runs = tuple(structs.replace(run, outcome=outcome) if run.job == job else run for run in release.jobs or ())
    return structs.replace(release, jobs=runs)


def _mend(release: Release) -> str:
    return f"fix that, then run `dockworthy {_again(release)}` again"
