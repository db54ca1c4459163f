"""Follows an engine's events and judges what was made, as the guard would have judged its request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...engine.connection import Connection
from ...engine.events import follow
from ...errors import EngineError
from ...readers.engine_context import EngineContext
from ..asked import Asked
from ..engine_world import EngineWorld
from ..judges import judge
from ..policy_in_force import PolicyInForce
from .as_request import container_request, network_request, volume_request
from .needs import needs_of
from .state import Seen, State, write_state

_KINDS: Mapping[str, tuple[str, Callable[[Mapping[str, Any], EngineContext], Asked]]] = {
    "container": ("/containers/{}/json", container_request),
    "volume": ("/volumes/{}", volume_request),
    "network": ("/networks/{}", network_request),
}
_AGAIN_AFTER = 2.0
"""Seconds after an engine that hung up."""


async def observe(endpoint: str, policy: PolicyInForce, state: State, file: Path, say: Callable[[str], None]) -> None:
    """Until it is cancelled; an engine that restarts is waited for. What was seen is on the disk after each event."""
    world = EngineWorld(endpoint)
    away = False
    try:
        while True:
            try:
                async with Connection(endpoint, deadline=None) as connection:
                    if away:
                        say("the engine answers again")
                    away = False
                    await _follow(connection, world, policy, state, file)
            except EngineError as error:
                if not away:
                    say(f"waiting for the engine: {error.says}")
                away = True
            await asyncio.sleep(_AGAIN_AFTER)
    finally:
        await world.close()
        write_state(file, state)


async def _follow(connection: Connection, world: EngineWorld, policy: PolicyInForce, state: State, file: Path) -> None:
    since = state.until
    async for event in follow(connection, since=since, kinds=tuple(_KINDS), actions=("create",)):
        at = int(event.get("timeNano") or 0) / 1e9
        if at <= state.until:
            continue  # the engine tells the last one once more
        path, as_request = _KINDS[str(event.get("Type"))]
        id = str((event.get("Actor") or {}).get("ID"))
        try:
            thing = await connection.get(path.format(id))
        except EngineError:
            state.beyond += 1  # gone before it could be looked at
        else:
            state.add(await seen_of(str(event["Type"]), thing, as_request(thing, await world.context()), policy, world))
        state.until = at
        write_state(file, state)


async def seen_of(kind: str, thing: Mapping[str, Any], asked: Asked, policy: PolicyInForce, world: EngineWorld) -> Seen:
    """`thing` as the engine shows it, `asked` as it would be made again."""
    decision = await judge(asked, world, policy)
    rules = {refusal.rule: refusal.says for refusal in reversed(decision.refusals)}
    return Seen(
        kind=kind,
        image=str((thing.get("Config") or {}).get("Image", "")),
        first=str(thing.get("Name", "")).lstrip("/"),
        rules=rules,
        needs=needs_of(thing, frozenset(rules), world.who_may_write) if rules else {},
    )


__all__ = ["observe", "seen_of"]
