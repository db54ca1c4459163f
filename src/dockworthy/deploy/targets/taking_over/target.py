"""Services of a swarm are replaced by Compose's own containers on the one node that there is, and can be brought back.

An old "container" here is a task of the swarm: it stops when its service is made to want none, and starts again when
that wants as many as before. Source: Engine API v1.45, /services.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from ....engine.faults import NoSuchObject
from ....model.rollout import RolloutPlan, Running, Task
from ..compose import ComposeTarget
from ..running import read_running
from ..swarm.leaving import until_gone
from ..swarm.names import JOB, filtered, of_project
from ..swarm.reading import read_swarm
from ..swarm.service_spec import networks_of
from ..swarm.services import change, remove
from ..swarm.waiting import Expected, tasks_of, until_serving
from .emptied import WANTED, emptied, refilled, wanted_before
from .telling import told

_SEPARATOR = "."
"""In the id of a swarm's task, and in no container's."""


class Emptied(Struct, frozen=True):
    """A service that was told to want no tasks. `spec`: as it was before; `tasks`: those that it had."""

    name: str
    spec: dict[str, Any]
    tasks: tuple[str, ...]


class TakeoverTarget(ComposeTarget):
    """As on one engine, but for the old ones, which are the swarm's."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._emptied: dict[str, Emptied] = {}

    async def settled(self) -> None:
        await super().settled()
        await until_gone(self._engine, of_project(self._desired.project), only_told=True)

    async def planned(self, plan: RolloutPlan) -> RolloutPlan:
        return told(await super().planned(plan))

    async def running(self) -> Running:
        """Both: Compose's containers, and the swarm's tasks as what is to be replaced."""
        composed = await read_running(self._engine, self._desired.project)
        return Running(
            tasks=_together(composed.tasks, await self._swarms()),
            volumes=composed.volumes,
            networks=composed.networks,
            volume_users=composed.volume_users,
            host_ports=composed.host_ports,
        )

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
        used = {name for service in self._desired.spec["services"] for name in networks_of(self._desired.spec, service)}
        if used.isdisjoint(await self._networks()):
            return f"{project} runs by Compose now, and the swarm has nothing any more: `docker swarm leave --force`"
        return (
            f"{project} runs by Compose now, on networks of the swarm, which nothing else uses. To end it: "
            "`docker swarm leave --force`, and at once `dockworthy deploy`: in between the project does not answer"
        )

    async def _networks(self) -> set[str]:
        return {each["Name"] for each in await self._engine.get("/networks") if each.get("Scope") == "swarm"}

    async def _swarms(self) -> Mapping[str, Sequence[Task]]:
        return (await read_swarm(self._engine, self._desired.project)).tasks

    async def _stop(self, containers: Sequence[str]) -> None:
        composed, services = _sorted(containers)
        for service in services:
            await self._empty(service)
        await super()._stop(composed)

    async def _start(self, containers: Sequence[str]) -> None:
        composed, services = _sorted(containers)
        for service in services:
            await self._refill(service)
        await super()._start(composed)

    async def _remove(self, containers: Sequence[str]) -> None:
        composed, services = _sorted(containers)
        for service in services:
            if service in self._emptied:
                await remove(self._engine, self._emptied[service].name)
        await super()._remove(composed)

    async def _runs(self, container: str) -> bool:
        return _SEPARATOR in container or await super()._runs(container)

    async def _until_healthy(self, service: str, containers: Sequence[str]) -> None:
        composed, services = _sorted(containers)
        for each in services:
            if each in self._emptied:
                was = self._emptied[each]
                replicas = was.spec["Mode"]["Replicated"]["Replicas"]
                template = was.spec["TaskTemplate"]
                expected = Expected(
                    service=service, name=was.name, template=template, replicas=replicas, earlier=was.tasks
                )
                await until_serving(self._engine, expected, within=self._within)
        if composed:
            await super()._until_healthy(service, composed)

    async def _exchange_name(self, service: str, to: Sequence[str], old: Sequence[str]) -> None:
        await super()._exchange_name(service, _sorted(to)[0], _sorted(old)[0])

    async def _restartable(self, containers: Sequence[str]) -> list[str]:
        composed, services = _sorted(containers)
        found = [await self._service(each) for each in services]
        return [*composed, *(f"{each['Spec']['Name']}={wanted_before(each['Spec'])}" for each in found if each)]

    async def _empty(self, service: str) -> None:
        """It keeps its definition, and how many it wanted."""
        found = await self._service(service)
        if found is None:
            return
        name = str(found["Spec"]["Name"])
        if service not in self._emptied:
            tasks = tuple(task["ID"] for task in await tasks_of(self._engine, name))
            self._emptied[service] = Emptied(name, refilled(found["Spec"]), tasks)
        await change(self._engine, name, emptied)
        await until_gone(self._engine, filtered(service=[name]))

    async def _refill(self, service: str) -> None:
        if service in self._emptied:
            await change(self._engine, self._emptied[service].name, refilled)

    async def _service(self, service: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = await self._engine.get(f"/services/{service}")
        except NoSuchObject:
            return None
        return found


def _sorted(ids: Sequence[str]) -> tuple[list[str], list[str]]:
    """Containers of Compose, and services of the swarm whose tasks are named."""
    composed = [each for each in ids if _SEPARATOR not in each]
    services = dict.fromkeys(each.partition(_SEPARATOR)[0] for each in ids if _SEPARATOR in each)
    return composed, list(services)


def _together(
    composed: Mapping[str, Sequence[Task]], swarms: Mapping[str, Sequence[Task]]
) -> dict[str, tuple[Task, ...]]:
    return {name: (*composed.get(name, ()), *swarms.get(name, ())) for name in sorted({*composed, *swarms})}
