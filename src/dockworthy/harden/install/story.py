"""The story of an installation: look, plan, install, see the engine answer; and the way back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec import structs

from ...engine.host_shell import HostShell, shell_on
from ...host_scripts import HostScript
from ...model.hardening import SETUP, Hardened, HardenPlan, Run, TakenBack
from ...model.hardening_journal import StageOutcome, StageState
from ...model.saying import Say
from ..applying import until
from ..condition import Condition, without_engine
from ..measuring import CONFIRM_WITHIN, settled
from ..reading import HardenOptions, condition_now, judged, read_here
from ..runs import begin_run, end_run, hold_lock, stage_folder
from ..story import Agree, harden
from ..taking_back import after_earlier_runs, recover, undo_last
from ..transaction import HardenStage, begin, confirm, revoke
from .plan import look, plan_install

_PACKAGES = HostScript(__package__, "packages.sh")
_DOING = 1800.0
"""Seconds that fetching and unpacking may take."""
_NOT_BEGUN = StageOutcome(number=1, steps=(SETUP,), state=StageState.PREPARED)


async def set_up(
    asked: HardenOptions, *, agree: Agree | None, only: Sequence[str], skip: Sequence[str], say: Say
) -> Hardened:
    """From whatever is there to an engine that is fit: installs, and then hardens. Raises as `install` and `harden`."""
    first = await install(asked, agree=agree, say=say)
    if first.plan.steps and not all(stage.state is StageState.KEPT for stage in first.stages or (_NOT_BEGUN,)):
        say("what the engine still lacks is planned when it answers")
        return first
    second = await harden(asked, agree=agree, only=only, skip=skip, say=say)
    return _together(first, second)


async def install(asked: HardenOptions, *, agree: Agree | None, say: Say) -> Hardened:
    """The plan that brings an engine; where `agree` is given and says yes to it, done.

    Raises UsageError (not root, no apt, dpkg was interrupted by others), HostError.
    """
    async with shell_on(asked.endpoint, sudo=asked.sudo) as shell:
        await after_earlier_runs(shell, say, changing=agree is not None)
        ground = await look(shell, refresh=agree is not None)
        plan = plan_install(ground, shell.name)
        if not plan.steps and not ground.others:
            found = ", ".join(f"{name} {version}" for name, version in ground.present.items())
            say(f"nothing to install on {shell.name}: {found}")
        if agree is None or not plan.steps or not agree(plan):
            return Hardened(plan=plan, before=())
        outcome = await _do(asked, shell, plan, say)
        after = judged(await read_here(asked), asked)
        return Hardened(plan=plan, before=(), stages=(outcome,), after=after)


async def take_back_installation(asked: HardenOptions, *, force: bool, say: Say) -> TakenBack:
    """Takes back all runs since the last installation that is in force, and then that one.

    Raises UsageError where there is none, HostError.
    """
    async with shell_on(asked.endpoint, sudo=asked.sudo) as shell:
        await hold_lock(shell)
        await recover(shell, say)
        before = await condition_now(asked)
        while True:
            run = await undo_last(shell, say, force=force)
            if any(SETUP in stage.steps for stage in run.stages):
                break
        return TakenBack(host=shell.name, run=run, worse=tuple(await settled(asked, without_engine(before))))


async def _do(asked: HardenOptions, shell: HostShell, plan: HardenPlan, say: Say) -> StageOutcome:
    before = await condition_now(asked)
    run = await begin_run(shell, plan)
    folder = stage_folder(run, 1)
    say(f"doing: {SETUP}")
    await shell.run(f"umask 077; mkdir -p {folder}; echo {SETUP} >{folder}/steps")
    await begin(shell, folder, _stage_of(plan), confirm_within=CONFIRM_WITHIN)
    try:
        seen = await until(shell, folder, {StageState.APPLIED, StageState.UNDONE, StageState.STUCK}, _DOING)
        if seen.state is StageState.APPLIED:
            if faults := await _faults(asked, before):
                await revoke(shell, folder, "; ".join(faults))
            else:
                await confirm(shell, folder)
            seen = await until(shell, folder, {StageState.KEPT, StageState.UNDONE, StageState.STUCK}, _DOING)
    except (KeyboardInterrupt, asyncio.CancelledError):
        await revoke(shell, folder, "it was interrupted")
        raise
    say(f"  {seen.state.value}" + (f": {seen.why}" if seen.why else ""))
    if seen.state is StageState.KEPT:
        await end_run(shell, run, {SETUP: ["the engine answers"]})
    return StageOutcome(number=1, steps=(SETUP,), state=seen.state, why=seen.why)


async def _faults(asked: HardenOptions, before: Condition) -> list[str]:
    """An engine that was silent before must answer now; nothing that listened may be gone."""
    return await settled(asked, structs.replace(before, engine=""))


def _stage_of(plan: HardenPlan) -> HardenStage:
    deeds = [deed for step in plan.steps for deed in step.deeds if isinstance(deed, Run)]
    return HardenStage(number=1, steps=(SETUP,), runs=tuple(deeds), library=_PACKAGES.text, may_undo="needed_by_others")


def _together(first: Hardened, second: Hardened) -> Hardened:
    """An installation and the hardening after it, as one."""
    plan = HardenPlan(
        host=second.plan.host,
        steps=(*first.plan.steps, *second.plan.steps),
        disturbs=(*first.plan.disturbs, *second.plan.disturbs),
        not_done=(*first.plan.not_done, *second.plan.not_done),
        unseen=second.plan.unseen,
    )
    return Hardened(
        plan=plan,
        before=second.before,
        stages=(*first.stages, *second.stages),
        after=second.after if second.after is not None else first.after,
    )
