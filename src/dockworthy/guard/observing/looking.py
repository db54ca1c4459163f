"""What is made at an engine, looked at as soon as it is told of: some of it is gone within moments."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from ...engine.connection import Connection
from ...engine.events import follow
from ...errors import EngineError

_PATHS = {"container": "/containers/{}/json", "volume": "/volumes/{}", "network": "/networks/{}"}

_JUST = 1.0
"""Seconds: of what was made before, who made it may be gone, and another one have come."""


class Made(Struct, frozen=True):
    """`thing` is what the engine shows of it, None where it was gone by then. `at` in seconds since 1970; `image` of a
    container."""

    kind: str
    image: str
    at: float
    thing: asyncio.Task[Mapping[str, Any] | None]


async def look_at_once(
    connection: Connection,
    since: float,
    kinds: Sequence[str],
    found: asyncio.Queue[Made | EngineError | None],
    just_made: Callable[[], None] = lambda: None,
) -> None:
    """In the order in which they were made, and None, or what the engine failed with, at the end: whoever judges them
    takes longer than the engine takes to remove one, and is not waited for. `just_made` is called for each that was
    made a moment ago."""
    try:
        async for event in follow(connection, since=since, kinds=kinds, actions=("create",)):
            actor = event.get("Actor") or {}
            at = int(event.get("timeNano") or 0) / 1e9
            if at <= since:
                continue  # the engine tells the last one once more
            if time.time() - at < _JUST:
                just_made()
            kind, image = str(event.get("Type")), str((actor.get("Attributes") or {}).get("image", ""))
            thing = asyncio.create_task(_thing(connection, _PATHS[kind].format(actor.get("ID"))))
            await found.put(Made(kind, image, at, thing))
    except EngineError as error:
        await found.put(error)
    else:
        await found.put(None)


async def _thing(connection: Connection, path: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = await connection.get(path)
    except EngineError:
        return None
    return found


__all__ = ["Made", "look_at_once"]
