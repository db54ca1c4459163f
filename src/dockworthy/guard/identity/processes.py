"""A process as the kernel shows it, and the first process of a container.

A number of a process is given anew when it has ended. So what is read of one counts only while a descriptor of it
(pidfd_open(2)) says that it runs; and the number that an engine names is the container's only if its process was there
before the engine said that the container runs. Sources: proc(5), cgroup_namespaces(7); Engine API, ContainerInspect.
"""

from __future__ import annotations

import asyncio
import datetime
import os
import select
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

_LATE = 1.0
"""Seconds after which an engine knows that a container has ended."""
_TICK = 0.05
"""Seconds: the kernel counts a process's start in hundredths of one, the engine says so a little later."""


class PeerProcess(Struct, frozen=True, kw_only=True):
    """`started` in clock ticks since the machine's start; `cgroup` its place in every hierarchy, as whoever reads it
    sees the tree; `mounts` and `pids` name its namespaces."""

    pid: int
    started: int
    cgroup: str
    mounts: str
    pids: str


class ContainerQuestions(Protocol):
    """What is asked of the engine. Raises EngineError."""

    async def container(self, reference: str) -> Mapping[str, Any] | None:
        """`GET /containers/{id}/json`."""

    async def running(self) -> Mapping[str, Mapping[str, Any]]:
        """Id -> the same, of each container that runs."""


def read_process(pid: int, proc: Path, descriptor: int | None = None) -> PeerProcess:
    """Raises OSError for one that ends meanwhile. `descriptor` is one of it that is open."""
    own = os.pidfd_open(pid) if descriptor is None else descriptor
    try:
        here = proc / str(pid)
        read = PeerProcess(
            pid=pid,
            started=int((here / "stat").read_text().rpartition(")")[2].split()[19]),
            cgroup=(here / "cgroup").read_text(),
            mounts=os.readlink(here / "ns/mnt"),
            pids=os.readlink(here / "ns/pid"),
        )
        if _has_ended(own):
            raise ProcessLookupError("it has ended")  # what was read may be another's
    finally:
        if descriptor is None:
            os.close(own)
    return read


def _has_ended(descriptor: int) -> bool:
    """poll(2): select(2) takes no descriptor of 1024 and more, which a guard of many connections has."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(0))


def runs_on(process: PeerProcess, proc: Path) -> bool:
    """It is still there, where it was: the kernel gives neither its number nor its namespaces to others meanwhile."""
    try:
        return read_process(process.pid, proc) == process
    except OSError:
        return False


async def first_process(found: Mapping[str, Any], engine: ContainerQuestions, proc: Path) -> PeerProcess | None:
    """The first process of a container, as it was inspected; None where it does not run, or where that can't be told
    for sure."""
    said = _said(found)
    if said is None:
        return None
    pid, started_at = said
    try:
        first = read_process(pid, proc)
    except OSError:
        return None
    if _was_there(first, started_at):
        return first
    # Another one's number now, or the clock was set since: the engine hears of an end soon, and is asked once more.
    await asyncio.sleep(_LATE)
    again = await engine.container(str(found.get("Id")))
    return first if again is not None and _said(again) == said and runs_on(first, proc) else None


def _said(found: Mapping[str, Any]) -> tuple[int, str] | None:
    state = found.get("State")
    if not isinstance(state, dict) or not state.get("Running"):
        return None
    pid, started = state.get("Pid"), state.get("StartedAt")
    return (pid, started) if isinstance(pid, int) and pid > 0 and isinstance(started, str) else None


def _was_there(process: PeerProcess, at: str) -> bool:
    """Before that moment. A machine's clock that was set since then tells nothing, and mostly says no."""
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    try:
        then = datetime.datetime.fromisoformat(at).timestamp()
    except ValueError:
        return False
    return booted + process.started / os.sysconf("SC_CLK_TCK") <= then + _TICK
