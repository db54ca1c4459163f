"""The lock of a project on a host: who is at work on it, and how that is taken over from one that does not answer.

Each holder has a file of its own, `lock.EPOCH`, and an exclusive flock on it that its shell holds. The highest epoch
counts. Who comes next makes `lock.EPOCH+1` beside, locks it, writes its name into it, and links it into place: that
works for one of any number at once, and there is no moment at which it is there and not locked. So an epoch that is
free once stays free, a lock ends with the shell that holds it, and taking over from a living holder is the same deed:
that one finds a higher epoch when it looks. The highest file stays where it is; it is what makes epochs grow.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
from collections.abc import AsyncIterator

from ...engine.host_shell import CONTENT, HostShell
from ...errors import DockworthyError, HostError, Occupied
from ...host_scripts import HostScript
from .host_files import ASIDE, FENCED, FLOOR, TOP, failed, fence, taken_over

_LOCK = HostScript(__package__, "lock.sh")


class FileLock:
    """Held by one deploy of a project; `epoch` is larger than that of all before."""

    def __init__(self, shell: HostShell, folder: str, epoch: int) -> None:
        self._shell = shell
        self._folder = folder
        self.epoch = epoch

    @property
    def fence(self) -> str:
        """Before what changes something: ends a script where somebody took over."""
        return fence(self._folder, self.epoch)

    async def check(self) -> None:
        """Raises Occupied where another one took over, HostError where the host is lost."""
        done = await self._shell.run(self.fence)
        if done.status == FENCED:
            raise taken_over(self._shell.name, await self._taker())
        if done.status:
            raise failed(done, self._shell.name, f"{self._folder} can't be read")

    async def _taker(self) -> str:
        folder = shlex.quote(self._folder)
        done = await self._shell.run(
            f'{TOP.text}{CONTENT.text}top {folder}; content {folder}/"lock.$top" 4096 | head -n 1 | head -c 400'
        )
        return _printable(done.output)


@contextlib.asynccontextmanager
async def held(
    shell: HostShell, folder: str, project: str, *, who: str, doing: str, take_over: bool
) -> AsyncIterator[FileLock]:
    """Raises Occupied, which names the holder, and HostError where nothing can be written."""
    holder = _printable(f"{who}, process {os.getpid()}: {doing}")
    made = await shell.run(f"umask 077; mkdir -p -- {shlex.quote(folder)}")
    if made.status:
        raise failed(made, shell.name, f"{folder} can't be made")
    functions = TOP.text + _LOCK.with_arguments(dw_aside=ASIDE, dw_floor=FLOOR)
    call = shlex.join(("lock", folder, holder, "yes" if take_over else "no"))
    done = await shell.within(functions + call)
    if done.status == 1:
        raise _occupied(shell.name, project, _printable(done.words))
    if done.status:
        raise failed(done, shell.name, f"the lock of {project} can't be taken in {folder}")
    try:
        yield FileLock(shell, folder, int(done.words))
    finally:
        with contextlib.suppress(HostError, asyncio.CancelledError):  # who lost the host lost the lock, too
            await shell.within("exec 9<&-; r done 0 ''")


def _occupied(host: str, project: str, holder: str) -> DockworthyError:
    return Occupied(
        f"somebody is at work on {project} on {host}: {holder or 'without a name'}",
        hint="wait until that has ended; where it hangs (a laptop that sleeps, a lost network): --take-over. It then "
        "ends within seconds and touches nothing any more",
    )


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()[:400]
