"""Old containers go on running without requests for a while, so that a rollback is short (`deploy --standby 10m`).

A file on the host, `STATE/releases/PROJECT/standby.NAME`, holds the second (of the host's clock) at which that ends,
and the containers' ids; a small process there removes them in time. Whoever renames the file first has them: the
process, or a deploy that brings them back.

A container without requests is one that is not on the edge's network: neither a restart of the engine or the edge, nor
new routes, nor another deploy puts it back there.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shlex
from collections.abc import Collection, Sequence
from typing import Any

from ...engine.connection import Connection
from ...engine.faults import NoSuchObject
from ...engine.host_shell import HostShell
from ...errors import DockworthyError, EngineError, HostError
from ...host_scripts import HostScript
from ...interruption import to_its_end
from ...model.rollout import EDGE_NETWORK, Desired, Standby, Task, TaskState
from ...model.saying import Say
from ..edge.rotation import Rotation
from ..store.host_files import ASIDE, failed
from .containers import STOP_SECONDS, edge_name_of, join_edge, leave_edge
from .running import read_task
from .target import StepFailed

_END = HostScript(__package__, "end_standby.sh")
"""One that is over and still there when the machine is back is found by the next deploy."""
_READ = HostScript(__package__, "read_standby_marks.sh")
_KEEP = HostScript(__package__, "keep_standby_mark.sh")


class StandbyMarks:
    """`folder` is the host's own of this project, `socket` the engine's on the host. All of it raises HostError."""

    def __init__(self, shell: HostShell, folder: str, socket: str) -> None:
        self._shell = shell
        self._folder = folder
        self._socket = socket

    async def read(self) -> tuple[Standby, ...]:
        """Those whose time is over, too: their `left` is not above 0."""
        done = await self._shell.run(_READ.with_arguments(self._folder))
        lines = [line.split() for line in done.output.splitlines()]
        return tuple(Standby(mark=mark, left=float(left), tasks=tuple(ids)) for mark, left, *ids in lines)

    async def keep(self, containers: Sequence[str], seconds: float) -> bool:
        """From now on, for so long. Returns whether somebody on the host will remove them then: without docker's
        command line and curl only the next deploy does."""
        mark = f"{self._folder}/standby.{secrets.token_hex(4)}"
        left = max(1, round(seconds))
        done = await self._shell.run(_KEEP.with_arguments(mark, ASIDE, left, self._socket, _END.bare, *containers))
        if done.status:
            raise failed(done, self._shell.name, f"{self._folder}/standby can't be written")
        return "guarded" in done.output

    async def take(self, standing_by: Collection[Standby]) -> bool:
        """They are the caller's from now on, whatever becomes of the time. False where it was over just before."""
        folder = shlex.quote(self._folder)
        for each in standing_by:
            mark = shlex.quote(each.mark)
            done = await self._shell.run(f"cd {folder} && mv {mark} {ASIDE}{mark} && rm -f {ASIDE}{mark}")
            if done.status:
                return False
        return True

    async def forget(self, standing_by: Collection[Standby]) -> None:
        """Their containers are gone."""
        words = " ".join(shlex.quote(each.mark) for each in standing_by)
        done = await self._shell.run(f"cd {shlex.quote(self._folder)} && rm -f {words}")
        if done.status:
            raise HostError(f"{self._shell.name}: {self._folder} can't be written: {done.words}")


STANDBY_ENDING = "-standby"
"""The end of the names of containers that stand by, so that `docker compose ps` shows it."""

_ARRIVES = 10.0
"""Seconds in which containers that come back must get requests again."""


class StandBy:
    """The standby containers of one project. `seconds`: how long old ones run on once a release is kept."""

    def __init__(
        self, engine: Connection, marks: StandbyMarks, rotation: Rotation, desired: Desired, seconds: float, say: Say
    ) -> None:
        self._engine = engine
        self._marks = marks
        self._rotation = rotation
        self._desired = desired
        self._seconds = seconds
        self._say = say
        self._known: tuple[Standby, ...] = ()
        self._found: tuple[Standby, ...] | None = None
        """What `settled` read just now."""

    async def read(self) -> tuple[Standby, ...]:
        """Who stands by, as it is noted on the host."""
        found, self._found = self._found, None
        self._known = await self._marks.read() if found is None else found
        return self._known

    async def settled(self) -> None:
        """Takes back what an earlier run told the edge, and removes containers whose time is over, if nobody has."""
        with contextlib.suppress(HostError):  # no edge runs
            await self._rotation.restore()
            await self._rotation.mend()
        found = await self._marks.read()
        if over := [each for each in found if each.left <= 0]:
            self._say("containers that stood by are removed: their time is over")
            for container in (task for each in over for task in each.tasks):
                await self._end(container)
            await self._marks.forget(over)
        self._found = tuple(each for each in found if each not in over)

    async def may_put(self, service: str, containers: Sequence[str]) -> bool:
        """Takes them out of rotation. Returns False where that can't be done: it is no reason to fail a release that
        works."""
        try:
            await self.put(service, containers)
        except DockworthyError as error:
            self._say(f"{service}: its old containers are stopped, as they can't stand by: {error.says}")
            return False
        return True

    async def put(self, service: str, containers: Sequence[str]) -> None:
        """Takes them out of rotation once their requests are answered. Where that fails they are put back into it.
        Raises HostError, EngineError."""
        tasks = await self._tasks(containers)
        addresses = _at_edge(tasks)
        try:
            await self._out(service, addresses, [task.id for task in tasks])
        except BaseException:
            with contextlib.suppress(DockworthyError):  # interrupted, the new ones go next: these must serve by then
                await to_its_end(self.bring_back(service, containers, within=_ARRIVES))
            raise
        for task in tasks:
            await self._rename(task, f"{task.name.removesuffix(STANDBY_ENDING)}{STANDBY_ENDING}")

    async def keep(self, containers: Sequence[str]) -> None:
        """The release is kept: their time begins. Where that can't be written on the host they are removed at once."""
        try:
            guarded = await self._marks.keep(containers, self._seconds)
        except HostError as error:
            self._say(f"nothing is kept running: {error.says}")
            for container in containers:
                await self._end(container)
            return
        if not guarded:
            self._say(
                "the next deploy removes what stands by: nothing on the host can do it in time (no docker, no curl)"
            )

    async def take(self, containers: Collection[str]) -> bool:
        """Takes them from the process that removes them in time. Returns False where their time was over just
        before."""
        wanted = [each for each in self._known if set(each.tasks) & set(containers)]
        self._known = tuple(each for each in self._known if each not in wanted)
        return await self._marks.take(wanted)

    async def bring_back(self, service: str, containers: Sequence[str], *, within: float) -> None:
        """Puts them back into rotation. Raises StepFailed where they get no requests in time, or fail their check."""
        await self._in(service, containers)
        await self._arrived(service, containers, within=within)

    async def _arrived(self, service: str, containers: Sequence[str], *, within: float) -> None:
        addresses = _at_edge(await self._tasks(containers))
        if len(addresses) < len(containers) or not await self._rotation.arrived(service, addresses, within=within):
            raise StepFailed(service, f"the old containers of {service}, which ran on, do not serve any more")

    async def relieve(
        self, service: str, back: Sequence[str], gone: Sequence[str], *, within: float
    ) -> Collection[str]:
        """Lets `back` get requests again, then `gone` no more, and waits until `gone` have answered theirs. The caller
        stops `gone`, and then calls `freed` with the addresses that this returns. Raises StepFailed; `gone` then serve
        as before."""
        if not await self.take(back):
            says = f"the time of {service}'s old containers was over just now"
            raise StepFailed(service, says, hint="dockworthy rollback again: it starts them again")
        addresses = _at_edge(await self._tasks(gone))
        try:
            await self._in(service, back)
            with contextlib.suppress(HostError):
                if await self._rotation.exchange(service, addresses, _at_edge(await self._tasks(back))):
                    return addresses
            await self._arrived(service, back, within=within)
        except BaseException:
            with contextlib.suppress(DockworthyError):
                await to_its_end(self.put(service, back))
            raise
        with contextlib.suppress(HostError):  # an edge that does not answer holds nobody up
            await self._rotation.leave(service, addresses, within=await self._patience(gone))
        return addresses

    async def freed(self, service: str, addresses: Collection[str]) -> None:
        with contextlib.suppress(HostError):
            await self._rotation.free(service, addresses)

    async def _patience(self, containers: Sequence[str]) -> float:
        """Seconds for which their requests are waited for: as long as they are given to stop."""
        facts = [await self._engine.get(f"/containers/{each}/json") for each in containers]
        return max((float(_stop_timeout(each)) for each in facts), default=0.0)

    async def _out(self, service: str, addresses: Collection[str], containers: Sequence[str]) -> None:
        await self._rotation.leave(service, addresses, within=await self._patience(containers))
        await self._rotation.cut(service, addresses)
        await asyncio.gather(*(leave_edge(self._engine, each) for each in containers))
        await self._rotation.free(service, addresses)

    async def _in(self, service: str, containers: Sequence[str]) -> None:
        """Puts them on the edge's network under the service's name there, started where they do not run, with their old
        names."""
        await asyncio.gather(*(self._join(service, task) for task in await self._tasks(containers)))
        with contextlib.suppress(HostError):  # an edge that is on its way up has forgotten what it was told
            await self._rotation.restore()

    async def _join(self, service: str, task: Task) -> None:
        naming = self._rename(task, task.name.removesuffix(STANDBY_ENDING))
        if EDGE_NETWORK in task.addresses:
            await naming
        else:
            await asyncio.gather(join_edge(self._engine, edge_name_of(self._desired, service), task.id), naming)
        if task.state is not TaskState.RUNNING:
            await self._engine.send("POST", f"/containers/{task.id}/start", answer=False)

    async def _rename(self, task: Task, name: str) -> None:
        """Only people read the name: that it can't be given is no reason to fail."""
        if task.name != name:
            with contextlib.suppress(EngineError):
                await self._engine.send("POST", f"/containers/{task.id}/rename?name={name}", answer=False)

    async def _tasks(self, containers: Sequence[str]) -> list[Task]:
        found = await asyncio.gather(*(read_task(self._engine, each) for each in containers))
        return [task for task in found if task is not None]

    async def _end(self, container: str) -> None:
        """Stops and removes it; the process on the host may be about to do the same."""
        with contextlib.suppress(NoSuchObject):
            await self._engine.send("POST", f"/containers/{container}/stop", answer=False, seconds=STOP_SECONDS)
            with contextlib.suppress(EngineError):
                await self._engine.send("DELETE", f"/containers/{container}?force=true", answer=False)


def _at_edge(tasks: Sequence[Task]) -> set[str]:
    return {address for task in tasks if (address := task.addresses.get(EDGE_NETWORK))}


def _stop_timeout(facts: dict[str, Any]) -> int:
    """The engine gives 10 s where nothing is written."""
    timeout = facts["Config"].get("StopTimeout")
    return 10 if timeout is None else int(timeout)
