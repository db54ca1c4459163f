"""A site on this machine with a state folder of the test's own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from dockworthy.deploy.store import FileStore
from dockworthy.engine.connection import Connection
from dockworthy.engine.host_shell import HostShell, shell_here
from dockworthy.engine.site import Site


def site_of(shell: HostShell, state: Path) -> Site:
    """Of which nobody asks the engine."""
    return Site(shell.name, shell, Connection("unix:///nowhere"), "unix:///nowhere", str(state), socket="/nowhere")


@contextlib.asynccontextmanager
async def store_here(state: Path, project: str = "shop") -> AsyncIterator[FileStore]:
    async with shell_here(command="deploy") as shell:
        yield FileStore(site_of(shell, state), project)
