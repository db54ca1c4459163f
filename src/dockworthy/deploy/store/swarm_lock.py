"""The lock of a project on a swarm: labels of one config, changed by version, so that of many at once one gets it.

Epochs grow with each holder. A holder shows that it lives by a number that it counts up: who comes next watches whether
that moves, so no two clocks are ever compared. A holder of this very machine whose process is gone is dead at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import os
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from ...errors import DockworthyError, EngineError, Occupied
from .host_files import taken_over
from .swarm_objects import KIND, PROJECT, Object, SwarmObjects, must_have, number_in

SWARM = "the swarm"
EPOCH, HOLDER, LAST = "dockworthy.epoch", "dockworthy.holder", "dockworthy.last"
_BEAT, _PROCESS = "dockworthy.beat", "dockworthy.process"
_EVERY = 2.0
_DEAD = 10.0
"""Seconds without a beat."""
_LOOK = 0.5
_TRIES = 20


class Head:
    """The config that holds a project's lock and the number of its last release."""

    def __init__(self, objects: SwarmObjects, project: str) -> None:
        self.objects = objects
        self.project = project
        self.name = f"{project}_dockworthy.head"

    async def read(self) -> Object | None:
        """Raises UsageError where something else has its name, EngineError."""
        found = await self.objects.get(self.name)
        if found is not None:
            must_have(found, self._labels)
        return found

    async def made(self) -> Object:
        """It, made where it is not there yet. Raises UsageError where something else has its name, EngineError."""
        return await self.objects.found_or_made(self.name, b"dockworthy", self._labels)

    @property
    def _labels(self) -> Mapping[str, str]:
        return {KIND: "head", PROJECT: self.project}


class SwarmLock:
    """Held by one deploy of a project; `epoch` is larger than that of all before."""

    def __init__(self, head: Head, epoch: int) -> None:
        self._head = head
        self.epoch = epoch

    async def check(self) -> None:
        """Raises Occupied where another one took over, EngineError where the swarm can't be asked."""
        self.must_count(await self._head.made())

    def must_count(self, found: Object) -> None:
        """Raises Occupied where a later epoch stands there."""
        if epoch_of(found.labels) != self.epoch:
            raise taken_over(SWARM, found.labels.get(HOLDER, ""))


@contextlib.asynccontextmanager
async def held(head: Head, *, who: str, doing: str, take_over: bool) -> AsyncIterator[SwarmLock]:
    """Raises Occupied, which names the holder, and EngineError."""
    since = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    lock = SwarmLock(head, await _taken(head, f"{who}, process {os.getpid()}: {doing}, since {since}", take_over))
    beating = asyncio.create_task(_beat(head, lock))
    try:
        yield lock
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        with contextlib.suppress(DockworthyError, asyncio.CancelledError):  # it is dead to others soon, anyway
            await asyncio.shield(head.objects.change(head.name, lambda found: _left(found, lock)))


def epoch_of(labels: Mapping[str, str]) -> int:
    return number_in(labels.get(EPOCH))


async def _taken(head: Head, holder: str, take_over: bool) -> int:
    """The new epoch."""
    first: int | None = None
    for _ in range(_TRIES):
        found = await head.made()
        epoch = epoch_of(found.labels)
        first = epoch if first is None else first
        by = found.labels.get(HOLDER, "")
        if by and not (take_over and epoch == first):
            found = await _while_it_lives(head, found)
        labels = {**found.labels, HOLDER: holder, EPOCH: str(epoch + 1), _BEAT: "0", _PROCESS: _process(os.getpid())}
        if await head.objects.relabel(found, labels):
            return epoch + 1
    raise EngineError(f"the lock of {head.project} can't be taken: too many were faster", hint="try again")


async def _while_it_lives(head: Head, found: Object) -> Object:
    """What to take the lock from: its holder gave no sign of life. Raises Occupied for one that did."""
    if _is_gone(found.labels.get(_PROCESS, "")):
        return found
    clock = asyncio.get_running_loop().time
    ends = clock() + _DEAD
    while clock() < ends:
        await asyncio.sleep(_LOOK)
        now = await head.made()
        if not now.labels.get(HOLDER) or epoch_of(now.labels) != epoch_of(found.labels):
            return found  # its version is no longer the newest: who takes it looks again
        if now.labels.get(_BEAT) != found.labels.get(_BEAT):
            raise _occupied(head.project, now.labels[HOLDER])
        found = now
    return found


async def _beat(head: Head, lock: SwarmLock) -> None:
    def one_more(found: Object) -> Mapping[str, str]:
        lock.must_count(found)
        return {**found.labels, _BEAT: str(number_in(found.labels.get(_BEAT)) + 1)}

    while True:
        await asyncio.sleep(_EVERY)
        try:
            await head.objects.change(head.name, one_more)
        except Occupied:
            return
        except EngineError:  # it may answer next time; if not, others find us dead
            continue


def _left(found: Object, lock: SwarmLock) -> Mapping[str, str]:
    lock.must_count(found)
    return {**found.labels, HOLDER: "", _BEAT: "", _PROCESS: ""}


def _occupied(project: str, holder: str) -> Occupied:
    return Occupied(
        f"somebody is at work on {project} on {SWARM}: {holder}",
        hint="wait until that has ended; where it hangs: --take-over. It then ends within seconds",
    )


def _process(pid: int) -> str:
    """Names a process of this machine for good: pids are given out again."""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{socket.gethostname()} {boot} {os.readlink('/proc/self/ns/pid')} {pid} {_started(pid)}"
    return ""


def _is_gone(process: str) -> bool:
    """Whether that was a process of this machine that is no more."""
    *place, pid, started = process.split() or ("", "")
    ours = _process(os.getpid()).split()
    if not pid.isdecimal() or place != ours[:-2]:
        return False
    return _started(int(pid)) != started


def _started(pid: int) -> str:
    """When, in the kernel's own count; `gone` for none, and for one that only waits to be forgotten."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return "gone"
    return "gone" if fields[0] in "ZX" else fields[19]
