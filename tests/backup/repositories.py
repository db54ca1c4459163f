"""Repositories of restic on this machine, as a shell of a host has them."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dockworthy.backup.repository import OLDEST, Repository
from dockworthy.engine.host_shell import HostShell, shell_here


def _why_no_restic() -> str:
    if shutil.which("restic") is None:
        return "restic is not installed"
    said = subprocess.run(["restic", "version"], capture_output=True, text=True).stdout
    found = re.search(r"restic (\d+)\.(\d+)", said)
    return "" if found and (int(found[1]), int(found[2])) >= OLDEST else f"restic is too old: {said.strip()}"


needs_restic = pytest.mark.skipif(bool(_why_no_restic()), reason=_why_no_restic())


def repository(shell: HostShell, folder: Path, place: str = "") -> Repository:
    """In `folder`: the repository `r`, if no other place is said, the key `key`, the state."""
    return Repository(shell, place or f"{folder}/r", f"{folder}/key", f"{folder}/state")


@contextlib.asynccontextmanager
async def opened(folder: Path, place: str = "") -> AsyncIterator[Repository]:
    """One that is made where it is not there."""
    async with shell_here(command="backup") as shell:
        found = repository(shell, folder, place)
        await found.ready(create=True)
        yield found


def restic(folder: Path, *words: str) -> str:
    """What restic prints, called as a person would."""
    command = ["restic", "--repo", f"{folder}/r", "--password-file", f"{folder}/key", "--no-cache", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def program(folder: Path, name: str, script: str) -> Path:
    """Makes a program of that name, a shell script; returns its folder, for PATH."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return folder
