"""Takes away all that a run made in the engine."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ...engine.docker_command import Docker
from ...errors import EngineError
from .owner import LABEL, PREFIX, RunOwner, is_gone, owner_from

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


_OWNER_FILE = "owner.json"


def run_folder(owner: RunOwner) -> Path:
    """A folder for this run's copies, which only its user can look into, and which says whose it is."""
    folder = Path(tempfile.mkdtemp(prefix=f"{owner.project}-"))
    (folder / _OWNER_FILE).write_bytes(msgspec.json.encode(owner.labels))
    return folder


async def clean_leftovers(docker: Docker) -> int:
    """Removes what runs left whose process is gone; others are let alone. Returns how many runs that were."""
    gone = {owner.run for owner in await _owners_in_engine(docker) if is_gone(owner)}
    folders = {folder: owner for folder, owner in _folders() if is_gone(owner)}
    for run in gone | {owner.run for owner in folders.values()}:
        await remove_all(docker, run)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return len(gone | {owner.run for owner in folders.values()})


async def _owners_in_engine(docker: Docker) -> list[RunOwner]:
    found: list[RunOwner] = []
    for kind in ("container", "network", "volume", "image"):
        everything = ("--all",) if kind == "container" else ()
        ids = (await docker.must(kind, "ls", *everything, "--quiet", "--filter", f"label={LABEL}")).split()
        if not ids:
            continue
        done = await docker.run(kind, "inspect", *sorted(set(ids)))  # one that just went makes it fail: the rest counts
        for each in json.loads(done.out or b"[]"):
            labels = each.get("Labels") or (each.get("Config") or {}).get("Labels") or {}
            owner = owner_from(labels)
            if owner is not None:
                found.append(owner)
    return found


def _folders() -> list[tuple[Path, RunOwner]]:
    found = []
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        try:
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            owner = owner_from(msgspec.json.decode((folder / _OWNER_FILE).read_bytes()))
        except (OSError, msgspec.DecodeError, AttributeError, TypeError):
            continue  # not one of ours, or of another user
        if owner is not None:
            found.append((folder, owner))
    return found
