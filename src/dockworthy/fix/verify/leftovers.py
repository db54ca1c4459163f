"""What an earlier run left behind that was killed: in the engine by its labels, here by its folder."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import msgspec

from ...engine.docker_command import Docker
from .owner import LABEL, PREFIX, Owner, is_gone, owner_from
from .removal import remove_all

_OWNER_FILE = "owner.json"


def run_folder(owner: Owner) -> Path:
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


async def _owners_in_engine(docker: Docker) -> list[Owner]:
    found: list[Owner] = []
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


def _folders() -> list[tuple[Path, Owner]]:
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
