"""Steps that no finding causes, but a person who asks for them: shown, done and measured like the others."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from ..engine.host_shell import HostShell
from ..model.hardening import Hardened, HardenPlan, NotDone, Step
from ..model.machine import Machine
from ..model.saying import Say
from .applying import apply_plan
from .disturbance import disturbances
from .engine_ways import EngineWays
from .exact_change import exact_change
from .reading import HardenOptions, facts_of, judged, read_here
from .runs import begin_run, end_run
from .situation import Situation
from .story import Agree
from .untried import held_back


def plan_asked_for(
    shell: HostShell, situation: Situation, steps: Sequence[Step], not_done: Sequence[NotDone] = ()
) -> HardenPlan:
    """Each step with its exact change, and what the whole disturbs."""
    steps, held = held_back(steps, situation)
    shown = tuple(structs.replace(step, diff=exact_change(step, situation)) for step in steps)
    return HardenPlan(
        host=shell.name, steps=shown, disturbs=tuple(disturbances(steps, situation)), not_done=(*held, *not_done)
    )


async def carry_out(
    asked: HardenOptions,
    shell: HostShell,
    machine: Machine,
    plan: HardenPlan,
    ways: EngineWays,
    *,
    agree: Agree | None,
    say: Say,
) -> Hardened:
    """The plan; where `agree` is given and says yes to it, done. Raises HostError where the host is lost."""
    before = judged(machine, asked)
    if agree is None or not plan.steps or not agree(plan):
        return Hardened(plan=plan, before=before)
    run = await begin_run(shell, plan)
    stages = await apply_plan(asked, shell, run, plan, machine, ways, say)
    after = judged(await read_here(asked), asked)
    await end_run(shell, run, facts_of(after, before, {step.id for step in plan.steps}))
    return Hardened(plan=plan, before=before, stages=tuple(stages), after=after)
