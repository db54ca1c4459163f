"""A host that is this machine, read by a shell here: what ssh would bring, without ssh."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from dockworthy.engine.ssh.address import SshAddress
from dockworthy.engine.ssh.shell import RemoteShell
from dockworthy.facts.remote.files import RemoteFiles
from patience import patience


class HereAsThere:
    """As an SshHost that has connected."""

    def __init__(self, process: asyncio.subprocess.Process, ends: float) -> None:
        self.address = SshAddress("there")
        self.shell = RemoteShell(process)
        self.process = process
        self.ends = ends

    async def why_lost(self) -> str:
        return "the ssh connection to there ended meanwhile"


@contextlib.asynccontextmanager
async def a_host(
    shell: Sequence[str] = ("sh",), *, path: str = "", first: str = "", seconds: float = 30.0
) -> AsyncIterator[Any]:
    """`path`: its PATH; `first`: what its login script does before the shell is ours."""
    command = [*shell, "-s"] if not first else [*shell, "-c", f"{first}; exec {' '.join(shell)} -s"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, env={"PATH": path or "/usr/bin:/bin"}
    )
    host = HereAsThere(process, asyncio.get_running_loop().time() + patience(seconds))
    try:
        await host.shell.begin(b"", ends=host.ends)
        yield host
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def files_of_a_host(shell: Sequence[str] = ("sh",), **options: Any) -> AsyncIterator[RemoteFiles]:
    async with a_host(shell, **options) as host:
        files = RemoteFiles(host)
        await files.begin()
        yield files


def only(folder: Path, *programs: str) -> str:
    """A PATH on which there are these programs of busybox alone."""
    busybox = shutil.which("busybox")
    assert busybox is not None
    folder.mkdir()
    for program in programs:
        (folder / program).symlink_to(busybox)
    return str(folder)


USUAL_PROGRAMS = "sh id date od tr cat ls grep xargs stat readlink sed head df timeout printf test".split()
