"""The containers that write to a data set stand still while its files are copied, and go on whatever becomes of the
backup: a small process on the host lets them go on where the backup is killed, and the next run where that was, too."""

from __future__ import annotations

import asyncio
import secrets
import shlex
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from ..engine.clock import now
from ..engine.faults import NoSuchObject, WrongState
from ..engine.site import Site
from ..engine.who import who_runs
from ..errors import DockworthyError, HostError, Occupied
from ..host_scripts import HostScript
from ..interruption import all_to_their_end, to_its_end
from ..model.backup import DataWriter
from ..model.backup_settings import Quiesce
from ..model.saying import Say
from .moment import drop_left_moments
from .server_beside import remove_left_servers

_GUARD = HostScript(__package__, "quiesce_guard.sh")
_BEGIN = HostScript(__package__, "begin_quiesce.sh")
_FREE = HostScript(__package__, "free_quiesced.sh")
_STOPPING = 3600.0
"""Seconds for the answer to a stop: the engine itself gives a container its stop_grace_period."""
_GOES_ALREADY = (NoSuchObject, WrongState)
_ENDS = {Quiesce.PAUSE: "unpause", Quiesce.STOP: "start"}


async def alone(site: Site, what: str, *, say: Say) -> None:
    """Takes the lock that a host has for backups and restores, until the site is left; lets go on what a run that was
    killed left standing still, and removes the servers that it left beside. `what`: "a backup". Raises Occupied,
    HostError, EngineError."""
    folder = _folder(site)
    await site.shell.run(f"umask 077; mkdir -p {shlex.quote(folder)}")
    if holder := await site.shell.hold(f"{folder}/lock", f"{what} by {who_runs()} since {now()}"):
        raise Occupied(f"a backup or restore runs on {site.name} already: {holder}", hint="wait until it has ended")
    for freed in await _free_quiesced(site):
        say(freed)
    await drop_left_moments(site)
    for left in await remove_left_servers(site):
        say(f"{left}, in which an earlier restore loaded a dump when it was killed, is removed")


class Downtime:
    """Seconds for which containers did not answer; known when they go on."""

    def __init__(self) -> None:
        self.seconds = 0.0


@asynccontextmanager
async def quiesced(site: Site, how: Quiesce, writers: Sequence[DataWriter]) -> AsyncIterator[Downtime]:
    """Those of `writers` that run are paused or stopped while the block runs. Raises EngineError, HostError: then none
    of them stands still."""
    downtime = Downtime()
    running = list(dict.fromkeys(each.id for each in writers if each.running and not each.read_only))
    if not running:
        yield downtime
        return
    mark = f"{_folder(site)}/quiesced.{secrets.token_hex(6)}"
    lines = [f"{how.value} {container}" for container in running]
    done = await site.shell.run(_BEGIN.with_arguments(mark, _GUARD.bare, site.socket, *lines))
    if done.status:
        raise HostError(f"{site.name}: {mark} can't be written: {done.words}", hint="is the disk full?")
    clock = asyncio.get_running_loop().time
    began = clock()
    try:
        # Until all have answered: none is paused after it was told to go on.
        await all_to_their_end(_ask(site, each, how.value) for each in running)
        yield downtime
    finally:
        await to_its_end(_go_on(site, how, running, mark))
        downtime.seconds = clock() - began


async def _free_quiesced(site: Site) -> tuple[str, ...]:
    """Lets go on what an earlier run left standing still. Returns what was freed, as sentences. Raises HostError."""
    done = await site.shell.run(_FREE.with_arguments(_folder(site), _GUARD.bare, site.socket), seconds=600.0)
    freed = (line.split() for line in done.output.splitlines())
    stood = {"pause": "paused", "stop": "stopped"}
    return tuple(
        f"container {each[1][:12]} was left {stood[each[0]]} by an earlier run: it goes on"
        for each in freed
        if len(each) == 2 and each[0] in stood
    )


async def _go_on(site: Site, how: Quiesce, running: Sequence[str], mark: str) -> None:
    """The mark stays where one of them does not go on: the next run tries again."""
    results = await asyncio.gather(*(_ask(site, each, _ENDS[how]) for each in running), return_exceptions=True)
    failed = [each for each in results if isinstance(each, DockworthyError) and not isinstance(each, _GOES_ALREADY)]
    if failed:
        raise failed[0]
    await site.shell.run(f"rm -f {shlex.quote(mark)}")


async def _ask(site: Site, container: str, what: str) -> None:
    await site.engine.send("POST", f"/containers/{container}/{what}", answer=False, seconds=_STOPPING)


def _folder(site: Site) -> str:
    return f"{site.state}/backup"
