"""Is the machine worse than before, once it had time to settle; and did a change mend what it was made for?"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from ..model.field import Set
from ..model.finding import Finding, Outcome
from ..model.hardening import Effect, SetMode
from ..model.machine import Machine
from ..model.saying import Say
from .condition import Condition, condition_of, worse
from .reading import HardenOptions, judged, read_here
from .stages import Batch

_SETTLING = 45.0
"""Seconds that containers and ports have to be as before, at least."""
_LONGEST = 600.0
"""Seconds that are waited for a health check at most."""
_FOR_READING = 105.0
"""Seconds between a stage that is done and the word that keeps it, besides the settling."""
CONFIRM_WITHIN = round(_SETTLING + _FOR_READING)
"""Seconds after which the host takes a stage back where nobody said that it is good; more for slow health checks."""
_SHARE = 0.6
"""Of the time that a person gave, what is for settling."""
_USUAL = 30.0
"""Docker's default of a health check's interval and time-out, in seconds."""
_BETWEEN = 0.3


class Patience(NamedTuple):
    """Seconds: to settle, and until the host takes a stage back where nobody said that it is good."""

    settling: float
    confirm_within: int


class Yardstick(NamedTuple):
    """What a stage is measured by: the machine before it, failures of each control before it, seconds to settle."""

    before: Condition
    failing: Counter[str]
    settling: float


def patience_with(machine: Machine, confirm_within: int | None) -> Patience:
    """Long enough for each health check to be done once, unless a person gave the time."""
    if confirm_within is not None:
        return Patience(confirm_within * _SHARE, confirm_within)
    settling = min(max([_SETTLING, *_health_checks(machine)]), _LONGEST)
    return Patience(settling, round(settling + _FOR_READING))


async def measured(asked: HardenOptions, yardstick: Yardstick, batch: Batch, say: Say) -> tuple[list[str], Machine]:
    """What is worse than before, once it had time to settle; and what the change did not mend.

    A healthy container is as healthy as before only when its check was done again after the change.
    """
    now = asyncio.get_running_loop().time
    ends = now() + yardstick.settling
    first: Condition | None = None
    while True:
        machine = await read_here(asked)
        after = condition_of(machine)
        faults = worse(yardstick.before, after) or _not_mended(yardstick.failing, judged(machine, asked), batch)
        unchecked = _not_checked_again(first or after, after) if _may_harm(batch) else []
        if first is None and unchecked and not faults:
            say(f"  waiting for the next health check of {', '.join(unchecked)}")
        first = first or after
        if not faults and not unchecked:
            return [], machine
        if now() > ends:
            return faults or [f"{name} did not check its health again in time" for name in unchecked], machine
        await asyncio.sleep(_BETWEEN)


async def settled(asked: HardenOptions, before: Condition) -> list[str]:
    """What is worse than before, once it had time to settle."""
    ends = asyncio.get_running_loop().time() + _SETTLING
    while (faults := worse(before, condition_of(await read_here(asked)))) and asyncio.get_running_loop().time() < ends:
        await asyncio.sleep(_BETWEEN)
    return faults


def failing(findings: Iterable[Finding]) -> Counter[str]:
    """Control -> how many of its findings are failures."""
    return Counter(finding.control for finding in findings if finding.outcome is Outcome.FAIL)


def _health_checks(machine: Machine) -> Iterable[float]:
    """Seconds after which each container's health has been checked again."""
    for unit in machine.units:
        for container in unit.containers:
            health = container.health
            if isinstance(health, Set) and not health.value.disabled:
                yield (health.value.interval or _USUAL) + (health.value.timeout or _USUAL) + 5.0


def _may_harm(batch: Batch) -> bool:
    """A reload and an owner's name reach no container."""
    harmless = all(isinstance(deed, SetMode) for step in batch.steps for deed in step.deeds)
    return batch.effect is not Effect.RELOAD and not harmless


def _not_checked_again(first: Condition, now: Condition) -> list[str]:
    healthy = [name for name, health in now.running.items() if health == "healthy"]
    return [name for name in healthy if now.checked.get(name) == first.checked.get(name)]


def _not_mended(before: Counter[str], findings: Iterable[Finding], batch: Batch) -> list[str]:
    """A step after which its control fails as before has done nothing but harm. What needs a reboot is not asked."""
    now = failing(findings)
    asked = [step for step in batch.steps if step.effect is not Effect.REBOOT and before[step.id]]
    return [f"{step.id} fails as before" for step in asked if now[step.id] >= before[step.id]]
