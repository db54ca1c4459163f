"""What the real project's containers use, where they run on the same engine: they carry the load. Only read."""

from __future__ import annotations

import asyncio

from ...engine.connection import Connection
from ...engine.filters import filters
from ...errors import EngineError
from ...model.labels import COMPOSE_PROJECT, COMPOSE_SERVICE
from .limits import Use

_APART = 0.5
"""Seconds between two samples of one container."""


async def use_of_running(engine: Connection, project: str, service: str, use: Use) -> bool:
    """Adds the most that any container of the service uses to `use`; False where none runs."""
    labels = [f"{COMPOSE_PROJECT}={project}", f"{COMPOSE_SERVICE}={service}"]
    wanted = filters(label=labels, status=["running"])
    clock = asyncio.get_running_loop().time
    found = False
    try:
        for each in await engine.get(f"/containers/json?{wanted}"):
            for _ in range(2):
                use.add(await engine.get(f"/containers/{each['Id']}/stats?stream=false&one-shot=true"), clock())
                await asyncio.sleep(_APART)
            use.begin_again()
            found = use.of_running = True
    except EngineError:  # it ended meanwhile
        return found
    return found
