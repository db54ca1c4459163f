"""Services of a swarm are replaced by Compose's own containers on the one node that there is, and can be brought back.

Source: Engine API v1.45, /services.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from msgspec import structs

from ....model.rollout import Order, RolloutPlan, RolloutStep, Running, StepKind, Task
from ...planning.causes import GONE
from ..compose import ComposeTarget
from ..running import read_running
from ..swarm.leaving import until_gone
from ..swarm.names import JOB, of_project
from ..swarm.reading import read_swarm
from ..swarm.services import remove
from .emptied import WANTED

_LEAVING = 2.0
"""Seconds that a swarm takes beyond a container's own to end its task."""


class TakeoverTarget(ComposeTarget):
    """As on one engine, but for the old ones, which are the swarm's."""

    async def settled(self) -> None:
        await super().settled()
        await until_gone(self._engine, of_project(self._desired.project), only_told=True)

    async def planned(self, plan: RolloutPlan) -> RolloutPlan:
        return as_takeover(await super().planned(plan))

    async def running(self) -> Running:
        """Both: Compose's containers, and the swarm's tasks as what is to be replaced."""
        composed = await read_running(self._engine, self._desired.project)
        return structs.replace(composed, tasks=_together(composed.tasks, await self._swarms()))

    async def tasks(self) -> Mapping[str, Sequence[Task]]:
        composed, swarms = await asyncio.gather(super().tasks(), self._swarms())
        return _together(composed, swarms)

    async def retire(self) -> None:
        """Nothing of the project is left in the swarm but its records: also what an earlier run emptied goes."""
        await super().retire()
        left = []
        for service in await self._engine.get(f"/services{of_project(self._desired.project)}"):
            labels = service["Spec"].get("Labels") or {}
            if WANTED in labels or JOB in labels:
                await remove(self._engine, service["Spec"]["Name"])
            else:
                left.append(service["Spec"]["Name"])
        self._say(await self._what_is_next(left))

    async def _what_is_next(self, left: Sequence[str]) -> str:
        project = self._desired.project
        others = [each["Spec"]["Name"] for each in await self._engine.get("/services")]
        if left:
            return f"what was asked for runs by Compose now; the swarm still has {', '.join(left)}"
        if others:
            return f"{project} runs by Compose now; the swarm goes on for {', '.join(others)}"
        if self._desired.spec.joined.isdisjoint(await self._networks()):
            return f"{project} runs by Compose now, and the swarm has nothing any more: `docker swarm leave --force`"
        return (
            f"{project} runs by Compose now, on networks of the swarm, which nothing else uses. To end it: "
            "`docker swarm leave --force`, and at once `dockworthy deploy`: in between the project does not answer"
        )

    async def _networks(self) -> set[str]:
        return {each["Name"] for each in await self._engine.get("/networks") if each.get("Scope") == "swarm"}

    async def _swarms(self) -> Mapping[str, Sequence[Task]]:
        return (await read_swarm(self._engine, self._desired.project)).tasks


def _together(
    composed: Mapping[str, Sequence[Task]], swarms: Mapping[str, Sequence[Task]]
) -> dict[str, tuple[Task, ...]]:
    return {name: (*composed.get(name, ()), *swarms.get(name, ())) for name in sorted({*composed, *swarms})}


def as_takeover(plan: RolloutPlan) -> RolloutPlan:
    """The plan says that it takes the project over. It names no cause "its definition changed": Compose makes each
    container anew from the same files, and its hash is another one anyway."""
    steps = tuple(_step_as_takeover(step) for step in plan.steps)
    if steps == plan.steps:
        return plan
    note = "takes over from swarm: its services become Compose's own containers; volumes and their data stay"
    return structs.replace(plan, steps=steps, notes=(note, *plan.notes))


def _step_as_takeover(step: RolloutStep) -> RolloutStep:
    if step.kind is not StepKind.REPLACE or not any("." in task for task in step.tasks):
        return step
    old_first = step.order is Order.STOP_FIRST
    how = "the swarm's first" if old_first else "new beside old, the swarm's stop when the new ones are healthy"
    why = tuple(cause for cause in step.causes if cause != "its definition changed" and not cause.startswith(GONE))
    says = f"take {step.subject} over from swarm: {how}"
    gap = step.gap + _LEAVING if step.gap else step.gap
    return structs.replace(step, says=says, causes=("deploy.target is compose", *why), gap=gap)
