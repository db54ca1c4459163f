"""Follows an engine's events and judges what was made, as the guard would have judged its request."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from ...engine.connection import Connection
from ...engine.events import follow
from ...errors import EngineError
from ...readers.engine_context import EngineContext
from ..engine_world import EngineWorld
from ..explaining import as_request
from ..judges import judge
from ..policy_in_force import PolicyInForce
from ..request import GuardRequest
from .askers import look_at_askers, look_who_makes
from .needs import needs_of, paths_of
from .published import note_container
from .state import AlikeObjects, ObservationState, write_state

_PATHS = {"container": "/containers/{}/json", "volume": "/volumes/{}", "network": "/networks/{}"}

_JUST = 1.0
"""Seconds: of what was made before, who made it may be gone, and another one have come."""


class CreatedObject(Struct, frozen=True):
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
    found: asyncio.Queue[CreatedObject | EngineError | None],
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
            await found.put(CreatedObject(kind, image, at, thing))
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


_API = "v1.45"
_CONFIG = frozenset(
    "Hostname Domainname User AttachStdin AttachStdout AttachStderr ExposedPorts Tty OpenStdin StdinOnce Env Cmd"
    " Healthcheck Image Volumes WorkingDir Entrypoint Labels StopSignal StopTimeout".split()
)
_NETWORK = ("Name", "Driver", "Internal", "Attachable", "EnableIPv6", "IPAM", "Options", "Labels")


def container_request(inspect: Mapping[str, Any], context: EngineContext) -> GuardRequest:
    """The engine has filled in what nobody wrote: what is its own default is taken for that."""
    config = {key: value for key, value in (inspect.get("Config") or {}).items() if key in _CONFIG}
    host = dict(inspect.get("HostConfig") or {})
    host.pop("ContainerIDFile", None)  # a path of the client's own machine, which the engine only repeats
    if host.get("CgroupnsMode") == ("private" if "cgroupns" in (context.features or ()) else "host"):
        del host["CgroupnsMode"]
    if context.log_driver and (host.get("LogConfig") or {}).get("Type") == context.log_driver:
        del host["LogConfig"]
    names = (inspect.get("NetworkSettings") or {}).get("Networks") or {}
    body = {**config, "HostConfig": host, "NetworkingConfig": {"EndpointsConfig": {name: {} for name in names}}}
    name = urlencode({"name": str(inspect.get("Name", "")).lstrip("/")})
    return as_request("POST", f"/{_API}/containers/create?{name}", json.dumps(body).encode())


def volume_request(volume: Mapping[str, Any], context: EngineContext) -> GuardRequest:
    body = {"Name": volume.get("Name"), "Driver": volume.get("Driver"), "DriverOpts": volume.get("Options") or {}}
    return as_request("POST", f"/{_API}/volumes/create", json.dumps(body).encode())


def network_request(network: Mapping[str, Any], context: EngineContext) -> GuardRequest:
    body = {key: network[key] for key in _NETWORK if key in network}
    return as_request("POST", f"/{_API}/networks/create", json.dumps(body).encode())


_AS_REQUEST: Mapping[str, Callable[[Mapping[str, Any], EngineContext], GuardRequest]] = {
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


async def observe(
    endpoint: str, policy: PolicyInForce, state: ObservationState, file: Path, say: Callable[[str], None]
) -> None:
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


async def _follow(
    connection: Connection, world: EngineWorld, policy: PolicyInForce, state: ObservationState, file: Path
) -> None:
    """Raises EngineError when the engine hangs up."""
    found: asyncio.Queue[CreatedObject | EngineError | None] = asyncio.Queue(MOST_WAITING)
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


async def _judge(made: CreatedObject, world: EngineWorld, policy: PolicyInForce, state: ObservationState) -> None:
    thing = await made.thing
    if thing is None:
        state.miss(made.kind, made.image)
    else:
        if made.kind == "container":
            note_container(thing, state)
        asked = _AS_REQUEST[made.kind](thing, await world.context())
        state.add(await seen_of(made.kind, thing, asked, policy, world))
    state.until = made.at


async def seen_of(
    kind: str, thing: Mapping[str, Any], asked: GuardRequest, policy: PolicyInForce, world: EngineWorld
) -> AlikeObjects:
    """`thing` as the engine shows it, `asked` as it would be made again."""
    decision = await judge(asked, world, policy)
    rules = {refusal.rule: refusal.says for refusal in reversed(decision.refusals)}
    host = await world.looked_at(paths_of(thing)) if rules else None
    return AlikeObjects(
        kind=kind,
        image=str((thing.get("Config") or {}).get("Image", "")),
        first=str(thing.get("Name", "")).lstrip("/"),
        rules=rules,
        needs=needs_of(thing, frozenset(rules), host) if host is not None else {},
    )
