"""The engine, asked for what rights depend on, beside what the judges ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ..engine_world import EngineWorld

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


class PeopleWorld(EngineWorld):
    async def found(self, kind: str, reference: str) -> Mapping[str, Any] | None:
        return await self._one(_PLACES[kind].format(quote(reference, safe="")))

    async def services(self) -> list[Mapping[str, Any]]:
        """Of the swarm."""
        answer = await self._get("/services")
        return answer if isinstance(answer, list) else []

    async def running(self) -> Mapping[str, int]:
        """Id -> its first process. One that ends meanwhile is none."""
        answer = await self._get("/containers/json")
        found = {each["Id"]: await self.container(each["Id"]) for each in answer}
        return {id: inspect["State"]["Pid"] for id, inspect in found.items() if inspect is not None}


__all__ = ["PeopleWorld"]
