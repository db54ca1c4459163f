"""What the edge of a swarm must not lose is kept in secrets of the swarm, which every manager has, encrypted.

Another host's edge takes it from there. No manager tells what is in a secret: only a task gets it. So a task on the
host that needs it reads it: it is of the edge's own image, holds it in memory, and is removed at once. What it reads
passes through no file and no log.

Source: Engine API v1.45, /secrets, /services/create, /tasks.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from ...engine.connection import Connection
from ...engine.container_command import output_of
from ...engine.filters import filters
from ...engine.membership import membership_of
from ...errors import EngineError, HostError
from ...model.edge_secrets import EDGE_READER, beginning_of
from ...model.hosts import TASK_ENDED
from ..site import Site
from ..store.swarm_objects import KIND, Object, SwarmObjects
from .belongings import Part, unpacked

_PART = "edge"
"""The kind of these secrets."""
_OF, _DIGEST = "dockworthy.edge-of", "dockworthy.edge-digest"
_MOST = 500_000
_WITHIN = 60.0
"""Seconds in which the task must run."""
_LOOK = 0.1


class Stored(Struct, frozen=True):
    """The newest that the swarm has of one part. `is_gone`: the project was taken off the edge."""

    object: Object
    digest: str

    @property
    def is_gone(self) -> bool:
        return self.digest == Part().digest


class SwarmSecrets:
    """Of one swarm, by a manager. Everything raises EngineError."""

    def __init__(self, manager: Connection) -> None:
        self._objects = SwarmObjects(manager)

    async def stored(self) -> dict[str, Stored]:
        """By the name of the part."""
        return {name: Stored(each[-1], each[-1].labels[_DIGEST]) for name, each in (await self._all()).items()}

    async def keep(self, parts: Mapping[str, Part]) -> None:
        """The new ones first: who is killed in between leaves both, and the newer one counts."""
        before = await self._all()
        for name, part in parts.items():
            older = before.get(name, [])
            if not older or older[-1].labels[_DIGEST] != part.digest:
                await self._create(name, part)
            else:
                older = older[:-1]
            for each in older:
                with contextlib.suppress(EngineError):  # the next one tries again
                    await self._objects.remove("secrets", each, as_root=True)

    async def _create(self, name: str, part: Part) -> None:
        if len(part.packed) > _MOST:
            raise EngineError(f"the routes and certificates of {name} have {len(part.packed):,} bytes, which no secret "
                              f"of a swarm holds ({_MOST:,})")  # fmt: skip
        called = f"{beginning_of(name)}{secrets.token_hex(8)}"
        labels = {KIND: _PART, _OF: name, _DIGEST: part.digest}
        await self._objects.create("secrets", called, part.packed, labels, as_root=True)

    async def _all(self) -> dict[str, list[Object]]:
        """Of each part, the newest last."""
        found: dict[str, list[Object]] = {}
        for each in sorted(await self._objects.find("secrets", dockworthy_kind=_PART), key=lambda each: each.index):
            if _DIGEST in each.labels and each.name.startswith(beginning_of(each.labels.get(_OF, ""))):
                found.setdefault(each.labels[_OF], []).append(each)
        return found


async def read_secrets(site: Site, image: str, wanted: Mapping[str, Stored]) -> dict[str, Part]:
    """`site`: that of a manager; `image`: by id, with a bash. Raises EngineError, HostError."""
    files = {name: f"part{number}" for number, name in enumerate(wanted)}
    node = (await membership_of(site.engine)).node
    await _must_take_tasks(site, node)
    await _end_readers(site, node)
    try:
        reader = await site.engine.send("POST", "/services/create", _reader(node, image, wanted, files), as_root=True)
        container = await _container(site, reader["ID"])
        return {name: await _read(site, container, file, wanted[name].digest) for name, file in files.items()}
    finally:
        await asyncio.shield(_end_readers(site, node))


def _reader(node: str, image: str, wanted: Mapping[str, Stored], files: Mapping[str, str]) -> dict[str, Any]:
    """The service, as the API takes it."""
    mounted = [
        {
            "SecretID": each.object.id,
            "SecretName": each.object.name,
            "File": {"Name": files[name], "UID": "0", "GID": "0", "Mode": 0o400},
        }
        for name, each in wanted.items()
    ]
    return {
        "Name": f"{EDGE_READER}-{secrets.token_hex(4)}",
        "Labels": {KIND: EDGE_READER},
        "TaskTemplate": {
            "ContainerSpec": {
                "Image": image,
                "Command": ["/bin/bash", "-c", f"coproc {{ read -rt {_WITHIN:.0f}; }}; wait"],
                "User": "0:0",
                "ReadOnly": True,
                "CapabilityDrop": ["ALL"],
                "Privileges": {"NoNewPrivileges": True},
                "Healthcheck": {"Test": ["NONE"]},
                "Secrets": mounted,
            },
            "Resources": {"Limits": {"MemoryBytes": 64 * 1024 * 1024, "Pids": 20}},
            "RestartPolicy": {"Condition": "none"},
            "Placement": {"Constraints": [f"node.id=={node}"]},
            "LogDriver": {"Name": "none"},
        },
        "Mode": {"Replicated": {"Replicas": 1}},
    }


async def _must_take_tasks(site: Site, node: str) -> None:
    if (await site.engine.get(f"/nodes/{node}"))["Spec"].get("Availability") != "active":
        raise HostError(
            f"{site.name}: the edge's authority and certificates are secrets of the swarm, which only a task can read, "
            "and this node takes no tasks",
            hint="dockworthy hosts resume, deploy, and drain it again; or deploy by another manager (--host)",
        )


async def _container(site: Site, reader: str) -> str:
    """The id of the reader's, once it runs. By the service that was just made: a label may be on any. The engine takes
    what is asked for as a name, too, where no service has that id any more."""
    clock = asyncio.get_running_loop().time
    ends, says = clock() + _WITHIN, ""
    while clock() < ends:
        for task in await site.engine.get(f"/tasks?{filters(service=[reader])}") or ():
            if task.get("ServiceID") != reader:
                continue
            status = task["Status"]
            says = status.get("Err") or status.get("Message") or says
            if status["State"] == "running":
                return str(status["ContainerStatus"]["ContainerID"])
            if status["State"] in TASK_ENDED:
                raise _not_read(site, says)
        await asyncio.sleep(_LOOK)
    raise _not_read(site, says or "the swarm made no task")


def _not_read(site: Site, why: str) -> HostError:
    return HostError(
        f"{site.name}: the edge's authority and certificates can't be read from the swarm: {why}",
        hint="try again; if nothing else helps, remove them, and the next deploy makes new ones, which clients must "
        f"trust anew: docker secret rm $(docker secret ls -q -f label={KIND}={_PART})",
    )


async def _read(site: Site, container: str, file: str, digest: str) -> Part:
    """Only what the secret's label promises: whoever can make services could have put others in the reader's place."""
    command = ("/bin/bash", "-c", f'printf %s "$(</run/secrets/{file})"')
    try:
        part = unpacked(await output_of(site.engine, container, command, user="0:0"))
    except EngineError as error:
        raise _not_read(site, error.says) from None
    if part.digest != digest:
        raise _not_read(site, "what was read is not what the edge gave to the swarm")
    return part


async def _end_readers(site: Site, node: str) -> None:
    """Those of `node`, also of runs that were killed, and what is left anywhere of nodes that are gone. Another
    manager may be reading now."""
    readers = await site.engine.get(f"/services?{filters(label=[f'{KIND}={EDGE_READER}'])}") or ()
    alive = {each["ID"] for each in await site.engine.get("/nodes") if _is_ready(each)} - {node} if readers else ()
    for each in readers:
        if not {f"node.id=={other}" for other in alive}.intersection(_constraints_of(each)):
            with contextlib.suppress(EngineError):
                await site.engine.send("DELETE", f"/services/{each['ID']}", answer=False, as_root=True)


def _is_ready(node: Mapping[str, Any]) -> bool:
    return (node.get("Status") or {}).get("State") == "ready"


def _constraints_of(service: Mapping[str, Any]) -> Sequence[str]:
    return (service["Spec"]["TaskTemplate"].get("Placement") or {}).get("Constraints") or ()
