"""Device nodes that people could have made, by the capability MKNOD.

The engine gives each container MKNOD. Root in the container makes the node of the host's disk with it. The device
cgroup keeps the container from opening the node, and not a person of the host as whose user id a process of the
container runs: `/proc/PID/root` leads there. Without MKNOD there is no such node, while pipes, sockets, files and
overlayfs' whiteouts are made as before. It is fixed when a container is made, for `docker exec`, too.

Sources: capabilities(7), mknod(2); moby oci/caps/utils.go, TweakCapabilities; linux fs/namei.c, vfs_mknod.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from typing import Any, Protocol

from ...readers.api_object import ApiObject
from ...readers.engine_context import EngineContext
from ..decision import Refusal, refused
from ..image_nodes import is_remapped
from ..request_body import body_of, with_body
from ..routes import Call, Right

_MKNOD = "MKNOD"
_SAID = frozenset((_MKNOD, "ALL"))
"""Who adds one of these wants the capability."""
_TITLE = "People's containers make no device nodes"
_SERVICES = ("services/create", "services/update")
_ENTERED = ("containers/exec", "containers/attach", "containers/attach/ws", "exec/start")
_HOW = (
    "recreate it at the guard's socket, which leaves the capability out (docker compose up -d --force-recreate), or "
    "with `cap_drop: [MKNOD]`"
)


class NodeLookup(Protocol):
    """Each method raises EngineError where the engine does not say."""

    async def context(self) -> EngineContext:
        """What the engine is."""

    async def container(self, reference: str) -> Mapping[str, Any] | None:
        """`GET /containers/{id}/json`."""

    async def execution(self, id: str) -> Mapping[str, Any] | None:
        """`GET /exec/{id}/json`."""

    async def service(self, reference: str) -> Mapping[str, Any] | None:
        """`GET /services/{id}`."""


def without_mknod(call: Call, *, is_admin: bool) -> Call:
    """The request that makes a container or a service, so that this one can make no device node. Left as it is where it
    says itself what becomes of MKNOD; what an admin says of a service is left to them, for tools that compare it with
    what they sent."""
    if call.route.action == "containers/create":
        return _changed(call, _container)
    if call.route.action in _SERVICES and not is_admin:
        return _changed(call, _service)
    return call


def _changed(call: Call, change: Callable[[dict[str, Any]], bool]) -> Call:
    body = body_of(call).data
    return with_body(call, body) if isinstance(body, dict) and change(body) else call


def _container(body: dict[str, Any]) -> bool:
    host = body.get("HostConfig")
    host = {} if host is None else host
    if not isinstance(host, dict) or host.get("Privileged"):
        return False
    if not _drop(host, "CapAdd", "CapDrop"):
        return False
    body["HostConfig"] = host
    return True


def _service(spec: dict[str, Any]) -> bool:
    task = spec.get("TaskTemplate")
    run = task.get("ContainerSpec") if isinstance(task, dict) else None
    return isinstance(run, dict) and _drop(run, "CapabilityAdd", "CapabilityDrop")


def _drop(settings: dict[str, Any], add: str, drop: str) -> bool:
    """Did it change anything?"""
    dropped = settings.get(drop) or []
    if not isinstance(dropped, list) or not _holds(settings.get(add), dropped) or _names(settings.get(add)) & _SAID:
        return False
    settings[drop] = [*dropped, _MKNOD]
    return True


def _holds(added: Any, dropped: Any) -> bool:
    """As the engine reckons: what is added by its name is there whatever is dropped, and of ALL what is dropped by its
    name is not."""
    names, gone = _names(added), _names(dropped)
    if _MKNOD in names:
        return True
    return _MKNOD not in gone if "ALL" in names else not gone & {_MKNOD, "ALL"}


def _names(written: Any) -> set[str]:
    """Of a list as the engine reads it: with or without `CAP_`, in letters of any size."""
    return {str(each).upper().removeprefix("CAP_") for each in written} if isinstance(written, list) else set()


def can_make_nodes(inspect: Mapping[str, Any]) -> bool:
    """Of a container that is there, as `GET /containers/{id}/json` shows it."""
    host = ApiObject(inspect, "GET /containers/{id}/json").at("HostConfig")
    return host.at("Privileged").data is True or _holds(host.at("CapAdd").data, host.at("CapDrop").data)


def opens_hosts_disk(inspect: Mapping[str, Any], features: Collection[str] | None) -> bool:
    """Can root in this container and a person with an account on the host open its disk together? `features`: what the
    engine says of its security, None where it says nothing."""
    mode = ApiObject(inspect, "GET /containers/{id}/json").word("HostConfig", "UsernsMode")
    return can_make_nodes(inspect) and not is_remapped(features, mode)


async def refused_with_mknod(call: Call, engine: NodeLookup) -> AsyncIterator[Refusal]:
    """Who is no admin makes no container with the capability, and enters none that has it. Not where the engine remaps
    users: there nobody of the host has the user id of a process in a container. Raises EngineError."""
    if call.route.action in ("containers/create", *_SERVICES):
        async for refusal in _made(call, engine):
            yield refusal
    elif call.route.action in _ENTERED and call.right is Right.EXEC:
        async for refusal in _entered(call, engine):
            yield refusal


async def _made(call: Call, engine: NodeLookup) -> AsyncIterator[Refusal]:
    body = body_of(call)
    host, run = body.at("HostConfig"), body.at("TaskTemplate", "ContainerSpec")
    asked = ((host.at("CapAdd").data, host.at("CapDrop").data),
             (run.at("CapabilityAdd").data, run.at("CapabilityDrop").data))  # fmt: skip
    adds = any(_names(added) & _SAID and _holds(added, dropped) for added, dropped in asked)
    if adds and not await _is_remapped(engine, host.word("UsernsMode")):
        yield refused(
            "guard/device-nodes",
            _TITLE,
            "it adds MKNOD: with an account on the host, the node of a disk that the container makes can be opened",
            "leave it out: pipes, sockets and files need no capability",
        )
    kind, _, joined = host.word("PidMode").partition(":")
    if kind == "container":  # root there makes a setuid program in its files, and traces a process that runs it
        async for refusal in _with_mknod(joined, engine, "who shares its processes"):
            yield refusal


async def _entered(call: Call, engine: NodeLookup) -> AsyncIterator[Refusal]:
    reference = call.names.get("container", "")
    if "execution" in call.names:
        execution = await engine.execution(call.names["execution"])
        reference = str((execution or {}).get("ContainerID", ""))
    async for refusal in _with_mknod(reference, engine, "who runs commands in it"):
        yield refusal


async def _with_mknod(reference: str, engine: NodeLookup, who: str) -> AsyncIterator[Refusal]:
    inspect = await engine.container(reference) if reference else None
    if inspect is None:  # the engine says itself that there is none
        return
    if opens_hosts_disk(inspect, (await engine.context()).features):
        name = str(inspect.get("Name", "")).lstrip("/") or reference
        yield refused(
            "guard/device-nodes",
            _TITLE,
            f"container {name} has the capability MKNOD, as the engine gives it: {who}, and has an account on the "
            "host, could open the host's disk",
            _HOW,
        )


async def _is_remapped(engine: NodeLookup, mode: str) -> bool:
    return is_remapped((await engine.context()).features, mode)
