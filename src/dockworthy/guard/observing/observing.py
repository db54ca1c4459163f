"""Follows an engine's events and judges what was made, as the guard would have judged its request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ...engine.connection import Connection
from ...errors import EngineError
from ...readers.engine_context import EngineContext
from ..asked import Asked
from ..engine_world import EngineWorld
from ..judges import judge
from ..policy_in_force import PolicyInForce
from .as_request import container_request, network_request, volume_request
from .askers import look_at_askers, look_who_makes
from .looking import Made, look_at_once
from .needs import needs_of, paths_of
from .state import Seen, State, write_state

_AS_REQUEST: Mapping[str, Callable[[Mapping[str, Any], EngineContext], Asked]] = {
    "container": container_request,
    "volume": volume_request,
    "network": network_request,
}
MOST_WAITING = 1000
"""Objects that were looked at and are still to be judged; of more, the engine keeps the events."""
_WRITE_EVERY = 1.0
"""Seconds, while more and more is made."""
_AGAIN_AFTER = 2.0
"""Seconds after an engine that hung up."""


async def observe(endpoint: str, policy: PolicyInForce, state: State, file: Path, say: Callable[[str], None]) -> None:
    """Until it is cancelled; an engine that restarts is waited for. What was judged is on the disk a second
    later, or as soon as nothing is left to be judged."""
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
    """Raises EngineError when the engine hangs up."""
    found: asyncio.Queue[Made | EngineError | None] = asyncio.Queue(MOST_WAITING)
    path = connection.endpoint.removeprefix("unix://")
    kinds = tuple(_AS_REQUEST)
    just_made = partial(look_who_makes, path, state)
    looking = asyncio.create_task(look_at_once(connection, state.until, kinds, found, just_made))
    asking = asyncio.create_task(look_at_askers(connection, path, state, lambda: write_state(file, state)))
    asking.add_done_callback(lambda done: done.cancelled() or done.exception())  # who hung up is told by the events
    written = 0.0
    try:
        while made := await found.get():
            if isinstance(made, EngineError):
                raise made
            await _judge(made, world, policy, state)
            if found.empty() or time.monotonic() - written > _WRITE_EVERY:
                await asyncio.to_thread(write_state, file, state)  # which waits for the disk
                written = time.monotonic()
    finally:
        looking.cancel()
        asking.cancel()


async def _judge(made: Made, world: EngineWorld, policy: PolicyInForce, state: State) -> None:
    thing = await made.thing
    if thing is None:
        state.miss(made.kind, made.image)
    else:
        asked = _AS_REQUEST[made.kind](thing, await world.context())
        state.add(await seen_of(made.kind, thing, asked, policy, world))
    state.until = made.at


async def seen_of(kind: str, thing: Mapping[str, Any], asked: Asked, policy: PolicyInForce, world: EngineWorld) -> Seen:
    """`thing` as the engine shows it, `asked` as it would be made again."""
    decision = await judge(asked, world, policy)
    rules = {refusal.rule: refusal.says for refusal in reversed(decision.refusals)}
    host = await world.looked_at(paths_of(thing)) if rules else None
    return Seen(
        kind=kind,
        image=str((thing.get("Config") or {}).get("Image", "")),
        first=str(thing.get("Name", "")).lstrip("/"),
        rules=rules,
        needs=needs_of(thing, frozenset(rules), host) if host is not None else {},
    )


__all__ = ["observe", "seen_of"]
