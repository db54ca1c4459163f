"""Old "containers" that are tasks of a swarm beside Compose's own.

One stops when its service is made to want none, and starts again when that wants as many as before. Source: Engine API
v1.45, /services.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from ....engine.faults import NoSuchObject
from ....engine.filters import filters
from ..containers import Containers
from ..swarm.leaving import until_gone
from ..swarm.services import change, remove
from ..swarm.waiting import Expected, tasks_of, until_serving
from .emptied import emptied, refilled, wanted_before

_SEPARATOR = "."
"""In the id of a swarm's task, and in no container's."""


class Emptied(Struct, frozen=True):
    """A service that was told to want no tasks. `spec`: as it was before; `tasks`: those that it had."""

    name: str
    spec: dict[str, Any]
    tasks: tuple[str, ...]


class ContainersAndTasks(Containers):
    """The id of a task is that of its service, and its own."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._emptied: dict[str, Emptied] = {}

    async def stop(self, containers: Sequence[str]) -> None:
        await super().stop(await self._emptied_of_services(containers))

    async def pause(self, containers: Sequence[str]) -> None:
        await super().pause(await self._emptied_of_services(containers))

    async def start(self, service: str, containers: Sequence[str]) -> None:
        composed, services = _sorted(containers)
        for each in services:
            await self._refill(each)
        await super().start(service, composed)

    async def remove(self, containers: Sequence[str]) -> None:
        composed, services = _sorted(containers)
        for service in services:
            if service in self._emptied:
                await remove(self._engine, self._emptied[service].name)
        await super().remove(composed)

    async def runs(self, container: str) -> bool:
        return _SEPARATOR in container or await super().runs(container)

    async def until_healthy(self, service: str, containers: Sequence[str]) -> None:
        composed, services = _sorted(containers)
        for each in services:
            if each in self._emptied:
                was = self._emptied[each]
                expected = Expected.of(service, was.spec, was.tasks)
                await until_serving(self._engine, expected, within=self._within)
        if composed:
            await super().until_healthy(service, composed)

    async def exchange_name(self, service: str, to: Sequence[str], old: Sequence[str]) -> None:
        await super().exchange_name(service, _sorted(to)[0], _sorted(old)[0])

    async def restartable(self, containers: Sequence[str]) -> list[str]:
        composed, services = _sorted(containers)
        found = [await self._service(each) for each in services]
        return [*composed, *(f"{each['Spec']['Name']}={wanted_before(each['Spec'])}" for each in found if each)]

    async def _emptied_of_services(self, containers: Sequence[str]) -> list[str]:
        """Those of Compose; the services of the others want no tasks by then."""
        composed, services = _sorted(containers)
        for service in services:
            await self._empty(service)
        return composed

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
        await until_gone(self._engine, f"?{filters(service=[name])}")

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
