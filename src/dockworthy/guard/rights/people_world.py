"""The engine, asked for what rights depend on, beside what the judges ask."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ...errors import EngineError
from ...model.labels import PROJECT_LABELS
from ..engine_world import EngineWorld
from ..parallel import look_up
from .projects import projects_of

_PLACES = {
    "container": "/containers/{}/json",
    "execution": "/exec/{}/json",
    "volume": "/volumes/{}",
    "network": "/networks/{}",
    "service": "/services/{}",
    "task": "/tasks/{}",
    "secret": "/secrets/{}",
    "config": "/configs/{}",
    "node": "/nodes/{}",
    "plugin": "/plugins/{}/json",
}
_LABELLED = ("/containers/json?all=1", "/volumes", "/networks", "/services")


class PeopleWorld(EngineWorld):
    def __init__(
        self, endpoint: str, *, sockets: tuple[str, ...] = (), kept: tuple[str, ...] = (), keys: tuple[str, ...] = ()
    ) -> None:
        super().__init__(endpoint, sockets=sockets, kept=kept, keys=keys)
        self._look: asyncio.Task[Mapping[str, Mapping[str, Any]]] | None = None
        self._next_look: asyncio.Task[Mapping[str, Mapping[str, Any]]] | None = None

    async def found(self, kind: str, reference: str) -> Mapping[str, Any] | None:
        if kind == "image":
            return await self.image(reference)
        return await self._one(_PLACES[kind].format(quote(reference, safe="")))

    async def containers_with(self, **filters: str) -> list[Mapping[str, Any]]:
        """Running or not: those with this `network` or `volume`."""
        wanted = quote(json.dumps({name: [value] for name, value in filters.items()}))
        answer = await self._get(f"/containers/json?all=1&filters={wanted}")
        return answer if isinstance(answer, list) else []

    async def number_of(self, kind: str, project: str) -> int:
        filters = (quote(json.dumps({"label": [f"{label}={project}"]})) for label in PROJECT_LABELS)
        path = "/containers/json?all=1&" if kind == "container" else f"/{kind}s?"
        lists = await look_up(self._listed, [f"{path}filters={each}" for each in filters])
        return sum(len((each.get("Volumes") if isinstance(each, dict) else each) or ()) for each in lists)

    async def is_at_registry(self, reference: str) -> bool:
        try:
            return isinstance(await self._get(f"/distribution/{quote(reference, safe='/:@')}/json"), dict)
        except EngineError:
            return False

    async def networks(self) -> list[Mapping[str, Any]]:
        answer = await self._get("/networks")
        return answer if isinstance(answer, list) else []

    async def nodes(self) -> list[str]:
        found = await self._listed("/nodes") or []
        return [str((each.get("Description") or {}).get("Hostname") or "") for each in found]

    async def services(self) -> list[Mapping[str, Any]]:
        """Of the swarm."""
        answer = await self._get("/services")
        return answer if isinstance(answer, list) else []

    async def projects(self) -> frozenset[str]:
        """Of all that is labelled here."""
        containers, volumes, networks, services = await look_up(self._listed, _LABELLED)
        listed = (containers, (volumes or {}).get("Volumes"), networks, (each.get("Spec") for each in services or ()))
        return frozenset(name for objects in listed for each in objects or () for name in projects_of(each))

    async def running(self) -> Mapping[str, Mapping[str, Any]]:
        """Id -> what its inspect says, of each that runs. Who asks while the engine is asked waits for the next answer,
        together with all who do: the one under way may be older than what they ask about."""
        if self._next_look is None:
            self._next_look = asyncio.get_running_loop().create_task(self._look_after(self._look))
            self._next_look.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(self._next_look)

    async def _look_after(
        self, look: asyncio.Task[Mapping[str, Mapping[str, Any]]] | None
    ) -> Mapping[str, Mapping[str, Any]]:
        if look is not None and not look.done():
            await asyncio.wait([look])
        self._look, self._next_look = self._next_look, None
        answer = await self._get("/containers/json")
        found = await asyncio.gather(*(self.container(each["Id"]) for each in answer))
        return {each["Id"]: each for each in found if each is not None}  # one that ended meanwhile is none
