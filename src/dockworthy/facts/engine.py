"""What an engine says about itself and all it holds, through its API. Changes nothing; a fault is an Unknown."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..engine.connection import Connection, EngineSocket
from ..errors import EngineError
from ..model.field import Set, Unknown
from ..model.snapshot import EngineFacts
from .asking import Asking, shaped, source_of, unknown
from .bind_paths import with_resolved_binds
from .containers import read_containers
from .disk import read_disk_usage
from .host_files import HostFiles, host_files
from .images import read_images, with_running_images
from .redaction import Redactor
from .redaction_key import redaction_key
from .swarm import read_swarm

_FIELDS = ("version", "info", "containers", "images", "volumes", "networks", "disk_usage", "plugins")
_SWARM_FIELDS = ("swarm", "nodes", "services", "tasks", "secrets", "configs", "proofs")


async def read_engine(
    endpoint: str,
    *,
    deadline: float = 10.0,
    root: Path | HostFiles | None = None,
    way: EngineSocket | None = None,
    redactor: Redactor | None = None,
    environ: Mapping[str, str] = os.environ,
) -> EngineFacts:
    """Everything the engine tells within `deadline` seconds; what it did not tell is Unknown with the reason.

    `root` is the root of the host that runs the engine, to see its containers' processes; None: it can't be seen. `way`
    leads to an engine that can't be reached directly.
    """
    redactor = redactor or Redactor(redaction_key(environ))
    try:
        async with Connection(endpoint, deadline=deadline, environ=environ, way=way) as connection:
            return await _read(connection, Asking(connection, redactor), host_files(root))
    except EngineError as error:
        return no_engine(endpoint, unknown(error, source_of("/version")))


async def _read(connection: Connection, asking: Asking, files: HostFiles | None) -> EngineFacts:
    async with asyncio.TaskGroup() as group:
        info_and_swarm = group.create_task(_info_and_swarm(asking))
        containers = group.create_task(read_containers(asking, files))
        images = group.create_task(read_images(asking))
        volumes = group.create_task(asking.many("/volumes", within="Volumes"))
        networks = group.create_task(asking.many("/networks"))
        plugins = group.create_task(asking.many("/plugins"))
        disk_usage = group.create_task(read_disk_usage(asking))
    info, swarm = info_and_swarm.result()
    usage, unread = disk_usage.result()
    resolved, unresolved = await with_resolved_binds(containers.result(), volumes.result(), files)
    return EngineFacts(
        endpoint=connection.endpoint,
        version=shaped(connection.version, dict, source_of("/version"), asking.redactor),
        info=info,
        containers=resolved,
        images=await with_running_images(asking, images.result(), resolved),
        volumes=volumes.result(),
        networks=networks.result(),
        plugins=plugins.result(),
        disk_usage=usage,
        unread=unread | unresolved,
        **swarm,
    )


async def _info_and_swarm(asking: Asking) -> tuple[Set[dict[str, Any]] | Unknown, dict[str, Any]]:
    """/info says whether there is a swarm to ask for."""
    info = await asking.one("/info")
    return info, await read_swarm(asking, info)


def no_engine(endpoint: str, why: Unknown) -> EngineFacts:
    """No engine to ask: every field says why."""
    fields: dict[str, Any] = dict.fromkeys((*_FIELDS, *_SWARM_FIELDS), why)
    return EngineFacts(endpoint=endpoint, **fields)
