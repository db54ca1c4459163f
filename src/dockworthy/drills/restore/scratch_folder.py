"""A folder of the host for what a drill tries there, beside the state of dockworthy; it goes when the drill ends."""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ...engine.site import Site
from ...errors import HostError
from ...host_scripts import HostScript
from ...interruption import to_its_end

_MAKE = HostScript(__package__, "make_scratch.sh")


@asynccontextmanager
async def scratch_folder(site: Site) -> AsyncIterator[str]:
    """Its path: empty, root's alone. Raises HostError."""
    done = await site.shell.run(_MAKE.with_arguments(site.state))
    folder = done.output.strip()
    if done.status or not folder:
        raise HostError(f"{site.name}: no folder can be made in {site.state}: {done.words}", hint="is its disk full?")
    try:
        yield folder
    finally:
        await to_its_end(site.shell.run(f"rm -rf -- {shlex.quote(folder)}"))
