"""While a service's old containers are down and the new ones not yet up, somebody on the host itself looks after it.

A deploy that dies in that moment (killed, its laptop closed, the network gone) would leave the service down. So a
small process on the host waits for the end of our shell there, and then puts the old containers back.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import AsyncIterator, Sequence

from ...engine.host_shell import HostShell
from ...host_scripts import HostScript

_GUARD = HostScript(__package__, "swap_guard.sh")
_BEGIN = HostScript(__package__, "begin_swap.sh")
_SETTLED = HostScript(__package__, "swap_settled.sh")


class SwapGuard:
    """`folder` is the host's own of this project, `socket` the engine's on the host."""

    def __init__(self, shell: HostShell, folder: str, socket: str) -> None:
        self._shell = shell
        self._folder = folder
        self._socket = socket

    async def settled(self) -> None:
        """Waits for the guards of a deploy that died: they are putting old containers back. One that died too, with
        its host, holds nobody up."""
        await self._shell.run(_SETTLED.with_arguments(self._folder), seconds=90.0)

    @contextlib.asynccontextmanager
    async def until_done(self, new: Sequence[str], old: Sequence[str]) -> AsyncIterator[bool]:
        """While the block runs: should we die, `new` are stopped and `old` started. Yields whether there is a guard:
        a host that has neither docker's command line nor curl can have none. `SERVICE=N` in `old` is a service of a
        swarm and how many it wants: of those only docker's command line knows."""
        able = await self._shell.run("command -v docker || command -v curl")
        if able.status or not old or not self._socket:
            yield False
            return
        mark = f"{self._folder}/swap.{new[0][:12] if new else 'none'}"
        guard = (mark, _GUARD.bare, self._socket, " ".join(new), " ".join(old))
        await self._shell.run(_BEGIN.with_arguments(*guard))
        try:
            yield True
        finally:
            await self._shell.run(f"rm -f {shlex.quote(mark)}")
