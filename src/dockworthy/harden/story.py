"""Makes a host fit: recover -> read -> plan -> apply -> measure again. The whole story of `dockworthy harden`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..engine.host_shell import shell_on
from ..model.finding import Outcome
from ..model.hardening import SETUP, Hardened, HardenPlan, Journal, TakenBack
from ..model.saying import Say
from .applying import apply_plan
from .condition import without_engine
from .measuring import settled
from .planning import chosen, plan_of
from .reading import HardenOptions, condition_now, facts_of, judged, read_here, situation_of
from .runs import begin_run, end_run, hold_lock, runs_on
from .steps import plannings
from .swarm import plan_for_swarm
from .taking_back import after_earlier_runs, leave_stuck, recover, undo_last

Agree = Callable[[HardenPlan], bool]
"""Is shown the plan before anything is done."""


async def harden(
    asked: HardenOptions,
    *,
    agree: Agree | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    for_swarm: bool = False,
    say: Say,
) -> Hardened:
    """The plan; where `agree` is given and says yes to it, done. `for_swarm`: nothing but what a swarm needs to begin.

    Raises UsageError, UnreadableInput (a daemon.json that isn't JSON), HostError.
    """
    async with shell_on(asked.endpoint, sudo=asked.sudo) as shell:
        await after_earlier_runs(shell, say, changing=agree is not None)
        machine = await read_here(asked)
        before = judged(machine, asked)
        findings = [] if for_swarm else chosen(before, only=only, skip=skip)
        wanted = plannings()
        situation = await situation_of(
            asked, shell, machine, [wanted[id] for id in {each.control for each in findings}], only
        )
        situation.settings()  # one that isn't JSON is told before anything is planned
        if for_swarm:
            plan = plan_for_swarm(situation, shell.name)
        else:
            plan = plan_of(findings, situation, shell.name, only=only)
        if agree is None or not plan.steps or not agree(plan):
            return Hardened(plan=plan, before=before)
        run = await begin_run(shell, plan)
        stages = await apply_plan(asked, shell, run, plan, machine, situation.ways, say)
        after = judged(await read_here(asked), asked)
        pending = {finding.control for finding in after if finding.outcome is Outcome.PENDING}
        await end_run(shell, run, facts_of(after, before, {step.id for step in plan.steps}), pending)
        return Hardened(plan=plan, before=before, stages=tuple(stages), after=after)


async def journal_of(asked: HardenOptions) -> Journal:
    """What was done to the host so far. Raises UsageError (not root), HostError."""
    async with shell_on(asked.endpoint, sudo=asked.sudo) as shell:
        return Journal(host=shell.name, runs=tuple(await runs_on(shell)))


async def forget(asked: HardenOptions, *, say: Say) -> Journal:
    """What is stuck stays as a person made it. Raises UsageError where nothing is, HostError."""
    async with shell_on(asked.endpoint, sudo=asked.sudo) as shell:
        await hold_lock(shell)
        return Journal(host=shell.name, runs=tuple(await leave_stuck(shell, say)))


async def undo(asked: HardenOptions, *, force: bool, say: Say) -> TakenBack:
    """Takes the last run back. Raises UsageError where there is none, HostError."""
    async with shell_on(asked.endpoint, sudo=asked.sudo) as shell:
        await hold_lock(shell)
        recovered = await recover(shell, say)
        before = await condition_now(asked)
        run = await undo_last(shell, say, recovered=recovered, force=force)
        if any(SETUP in stage.steps for stage in run.stages):
            before = without_engine(before)
        return TakenBack(host=shell.name, run=run, worse=tuple(await settled(asked, before)))
