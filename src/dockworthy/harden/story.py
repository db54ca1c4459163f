"""Makes a host fit: recover -> read -> plan -> apply -> measure again. The whole story of `dockworthy harden`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..model.hardening import Hardened, HardenPlan, TakenBack
from .applying import Say, apply_plan, settled
from .hand import hand_on
from .planning import chosen, plan_of
from .reading import Asked, condition_now, judged, read_here, situation_of
from .runs import hold_lock, runs_on, unfinished
from .steps import plannings
from .taking_back import recover, undo_last

Agree = Callable[[HardenPlan], bool]
"""Is shown the plan before anything is done."""


async def harden(
    asked: Asked, *, agree: Agree | None = None, only: Sequence[str] = (), skip: Sequence[str] = (), say: Say
) -> Hardened:
    """The plan; where `agree` is given and says yes to it, done.

    Raises UsageError, UnreadableInput (a daemon.json that isn't JSON), HostError.
    """
    async with hand_on(asked.endpoint, sudo=asked.sudo) as hand:
        if agree is not None:
            await hold_lock(hand)
            await recover(hand, say)
        elif unfinished(await runs_on(hand)):
            say("an earlier run was cut off; --apply and --undo take back what it left half done")
        machine = await read_here(asked)
        before = judged(machine, asked)
        findings = chosen(before, only=only, skip=skip)
        wanted = plannings()
        situation = await situation_of(hand, machine, [wanted[id] for id in {each.control for each in findings}])
        situation.settings()  # one that isn't JSON is told before anything is planned
        plan = plan_of(findings, situation, hand.name)
        if agree is None or not plan.steps or not agree(plan):
            return Hardened(plan=plan, before=before)
        stages = await apply_plan(asked, hand, plan, machine, situation.ways, say)
        return Hardened(plan=plan, before=before, stages=tuple(stages), after=judged(await read_here(asked), asked))


async def undo(asked: Asked, *, force: bool, say: Say) -> TakenBack:
    """Takes the last run back. Raises UsageError where there is none, HostError."""
    async with hand_on(asked.endpoint, sudo=asked.sudo) as hand:
        await hold_lock(hand)
        await recover(hand, say)
        before = await condition_now(asked)
        run = await undo_last(hand, say, force=force)
        return TakenBack(host=hand.name, run=run, worse=tuple(await settled(asked, before)))
