"""Does a plan stage by stage: each is measured, kept where nothing got worse, and else taken back by the host."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import nullcontext

from ..engine.host_shell import HostShell
from ..errors import DockworthyError
from ..model.hardening import Effect, HardenPlan
from ..model.hardening_journal import StageOutcome, StageState
from ..model.machine import Machine
from ..model.saying import Say
from .condition import condition_of
from .engine_ways import EngineWays
from .measuring import Yardstick, failing, measured, patience_with
from .reading import HardenOptions, judged, read_here
from .runs import stage_folder
from .stages import Batch, batches_of, stage_of
from .transaction import HardenStage, StageFolder, begin, confirm, revoke, state_of
from .unanswered import looked_at

_DOING = 180.0
"""Seconds that a stage's commands may take (packages are installed within)."""
_BETWEEN = 0.3


async def apply_plan(
    asked: HardenOptions, shell: HostShell, run: str, plan: HardenPlan, machine: Machine, ways: EngineWays, say: Say
) -> list[StageOutcome]:
    """What became of each stage; `run` is the journal's folder.

    Raises HostError where the host is lost: it then ends what was begun by itself.
    """
    outcomes: list[StageOutcome] = []
    for number, batch in enumerate(batches_of(plan.steps), 1):
        titles = ", ".join(step.id for step in batch.steps)
        if why := _why_not_now(batch, outcomes, plan):
            say(f"left out: {titles}: {why}")
            outcomes.append(_outcome(number, batch, StageState.UNDONE, why))
            continue
        say(f"doing: {titles}")
        stage = stage_of(batch, number, ways, await shell.file(ways.config_file))
        outcome, machine = await _do(asked, shell, stage_folder(run, number), stage, batch, machine, say)
        outcomes.append(outcome)
        say(f"  {outcome.state.value}" + (f": {outcome.why}" if outcome.why else ""))
        if outcome.state is StageState.STUCK:
            break
    return outcomes


def _why_not_now(batch: Batch, outcomes: Iterable[StageOutcome], plan: HardenPlan) -> str:
    """A restart that was announced as harmless, because live-restore comes first, must not happen without it."""
    lost = {id for outcome in outcomes if outcome.state is not StageState.KEPT for id in outcome.steps}
    if batch.effect is Effect.RESTART and "engine/live-restore" in lost:
        return "live-restore did not come into force, and without it the restart would stop the containers"
    return ""


async def _do(
    asked: HardenOptions, shell: HostShell, folder: str, stage: HardenStage, batch: Batch, machine: Machine, say: Say
) -> tuple[StageOutcome, Machine]:
    patience = patience_with(machine, asked.confirm_within)
    yardstick = Yardstick(condition_of(machine), failing(judged(machine, asked)), patience.settling)
    await shell.run(f"umask 077; mkdir -p {folder}; echo {' '.join(stage.steps)} >{folder}/steps")
    try:
        async with looked_at(shell, folder, machine, say) if batch.effect is Effect.RESTART else nullcontext():
            await begin(shell, folder, stage, confirm_within=patience.confirm_within)
            ends = {StageState.APPLIED, StageState.UNDONE, StageState.STUCK}
            seen = await until(shell, folder, ends, _DOING)
        if seen.state is not StageState.APPLIED:
            return _outcome(stage.number, batch, seen.state, seen.why), machine
        faults, after = await measured(asked, yardstick, batch, say)
        if faults:
            await revoke(shell, folder, "; ".join(faults))
            seen = await until(shell, folder, {StageState.UNDONE, StageState.STUCK}, _DOING)
            return _outcome(stage.number, batch, seen.state, "; ".join(faults)), await read_here(asked)
    except (KeyboardInterrupt, asyncio.CancelledError):
        await revoke(shell, folder, "it was interrupted")
        raise
    await confirm(shell, folder)
    seen = await until(shell, folder, {StageState.KEPT, StageState.UNDONE, StageState.STUCK}, 10.0)
    return _outcome(stage.number, batch, seen.state, seen.why), after


async def until(shell: HostShell, folder: str, states: set[StageState], seconds: float) -> StageFolder:
    """Asks the host until the stage is in one of `states`. Raises DockworthyError where it takes too long."""
    ends = asyncio.get_running_loop().time() + seconds
    while True:
        seen = await state_of(shell, folder)
        if seen.state in states:
            return seen
        if asyncio.get_running_loop().time() > ends:
            raise DockworthyError(
                f"a stage is still {seen.state.value} after {seconds:.0f} s on {shell.name}",
                hint=f"its log is {folder}/log; run dockworthy harden again: it ends or takes back what was begun",
            )
        await asyncio.sleep(_BETWEEN)


def _outcome(number: int, batch: Batch, state: StageState, why: str) -> StageOutcome:
    return StageOutcome(number=number, steps=tuple(step.id for step in batch.steps), state=state, why=why)
