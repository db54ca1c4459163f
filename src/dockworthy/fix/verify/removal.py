"""Takes away all that a run made in the engine."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from ...engine.docker_command import Docker
from ...errors import EngineError

_UNNAMED = re.compile(r"[0-9a-f]{64}")


async def remove_containers(docker: Docker, ids: Sequence[str]) -> str:
    """With all volumes that have no name: one that Compose handed on to a new container is no longer the engine's to
    remove with it. Returns what the engine said of the containers."""
    found = await docker.run("inspect", "--format", "{{range .Mounts}}{{println .Name}}{{end}}", *ids)
    unnamed = sorted({name for name in found.out.decode(errors="replace").split() if _UNNAMED.fullmatch(name)})
    done = await docker.run("rm", "--force", "--volumes", *ids, timeout=120)
    if unnamed:
        await docker.run("volume", "rm", "--force", *unnamed, timeout=120)
    return str(done.said)


async def remove_all(docker: Docker, run: str, *, images: bool = True) -> None:
    """Containers, networks, volumes and (`images`) images of a run. Raises EngineError where something stays.

    More than once: a start that was interrupted may still be under way in the engine.
    """
    label = f"label=dockworthy.verify={run}"
    last = ""
    for attempt in range(6):
        await asyncio.sleep(0.2 * attempt)
        left = 0
        for listing, removing in (
            (("ps", "--all", "--quiet", "--filter", label), ("rm", "--force", "--volumes")),
            (("network", "ls", "--quiet", "--filter", label), ("network", "rm")),
            (("volume", "ls", "--quiet", "--filter", label), ("volume", "rm", "--force")),
            (("image", "ls", "--all", "--quiet", "--filter", label), ("image", "rm", "--force")),
        ):
            if removing[0] == "image" and not images:
                continue
            found = sorted(set((await docker.must(*listing)).split()))
            left += len(found)
            if found and removing[0] == "rm":
                last = await remove_containers(docker, found)
            elif found:
                done = await docker.run(*removing, *found, timeout=120)
                last = done.said
        if not left:
            return
    raise EngineError(f"something of run {run} could not be removed: {last}", hint=f"docker ps -a --filter {label}")
