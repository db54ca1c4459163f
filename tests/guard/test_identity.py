"""Who connected, by what the kernel shows of a process and of a container's first one: in trees of /proc made here, of
processes that really run, for an identity holds only while its process does."""

from __future__ import annotations

import datetime
import fcntl
import itertools
import os
import resource
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dockworthy.guard.identity import processes
from dockworthy.guard.identity.identify import identity_of
from dockworthy.guard.identity.peer import Peer
from dockworthy.guard.identity.processes import read_process

ID, OTHER = "a" * 64, "b" * 64
PLACES = {
    "version 2": f"0::/docker/{ID}\n",
    "version 2 with systemd": f"0::/system.slice/docker-{ID}.scope\n",
    "version 1": f"5:devices:/docker/{ID}\n4:memory:/docker/{ID}\n1:name=systemd:/docker/{ID}\n0::/\n",
    "version 1 with systemd": f"4:memory:/x.slice/docker-{ID}.scope\n1:name=systemd:/x.slice/docker-{ID}.scope\n",
    "both versions": f"4:memory:/docker/{ID}\n0::/docker/{ID}\n",
    "a guard in a group namespace of its own": f"0::/../docker-{ID}.scope\n",
    "an engine in a container": f"0::/docker/{OTHER}/docker/{ID}\n",
    "a service manager in the container": f"0::/docker/{ID}/init.scope\n",
}
SPOOFS = ("/user.slice/user@1000.service/{}", f"{{}}/{ID}", "/x{}", "{}x", f"{{}}/../../docker/{ID}", "/docker{}")
HOST, THEIRS, ELSEWHERE = "mnt:[1]", "mnt:[2]", "mnt:[3]"


@dataclass
class Engine:
    """`later` is what it says of the container from the second time on."""

    found: dict[str, Mapping[str, Any]]
    later: dict[str, Mapping[str, Any]] | None = None
    asked: list[str] = field(default_factory=list)

    async def container(self, reference: str) -> Mapping[str, Any] | None:
        self.asked.append(reference)
        known = self.later if self.later is not None and self.asked.count(reference) > 1 else self.found
        return known.get(reference)

    async def running(self) -> Mapping[str, Mapping[str, Any]]:
        return self.found


@dataclass
class Machine:
    proc: Path
    sleeping: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def process(self, cgroup: str, mounts: str = HOST, pids: str = "pid:[1]", *, ago: float = 60) -> int:
        """It was started `ago` seconds before now."""
        process = subprocess.Popen(["sleep", "3600"], stdin=subprocess.DEVNULL)
        self.sleeping.append(process)
        self.shows(process.pid, cgroup, mounts, pids, ago=ago)
        return process.pid

    def shows(self, pid: int | str, cgroup: str, mounts: str, pids: str, *, ago: float = 60) -> None:
        here = self.proc / str(pid)
        (here / "ns").mkdir(parents=True, exist_ok=True)
        ticks = int((time.clock_gettime(time.CLOCK_BOOTTIME) - ago) * os.sysconf("SC_CLK_TCK"))
        (here / "stat").write_text(f"{pid} (a ) name) S {'0 ' * 18}{ticks} 0 0\n")
        (here / "cgroup").write_text(cgroup)
        for kind, name in (("mnt", mounts), ("pid", pids)):
            (here / "ns" / kind).unlink(missing_ok=True)
            (here / "ns" / kind).symlink_to(name)

    def peer(self, pid: int, *ids: str) -> Peer:
        read = read_process(pid, self.proc)
        mounts = read.mounts if read.mounts != HOST else ""
        foreign = "" if read.pids == "pid:[1]" else "it runs in a process namespace of its own"
        return Peer(pid=pid, uid=0, containers=ids, foreign=foreign, mounts=mounts, process=read)

    def end(self, pid: int) -> None:
        process = next(each for each in self.sleeping if each.pid == pid)
        process.kill()
        process.wait()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    machine.shows("self", "0::/\n", HOST, "pid:[1]")
    yield machine
    for process in machine.sleeping:
        process.kill()
        process.wait()


def watcher(pid: int, *, started: float = 59, running: bool = True) -> dict[str, Any]:
    """A container whose engine says that it runs since so many seconds."""
    at = datetime.datetime.fromtimestamp(time.time() - started, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f123Z")
    return {"Id": ID, "Name": "/watcher", "State": {"Running": running, "Pid": pid, "StartedAt": at}}


async def name_of(machine: Machine, peer: Peer, engine: Engine) -> str:
    identity = await identity_of(peer, engine, machine.proc)
    assert not identity.is_root
    return identity.name


@pytest.mark.parametrize("place", PLACES)
async def test_who_shares_its_groups_with_the_first_process_is_the_container(machine: Machine, place: str) -> None:
    first = machine.process(PLACES[place], THEIRS, "pid:[2]")
    inside = machine.process(PLACES[place], ELSEWHERE, "pid:[2]")
    engine = Engine({ID: watcher(first)})
    assert await name_of(machine, machine.peer(inside, OTHER, ID), engine) == "container watcher"


@pytest.mark.parametrize("cgroup", ["0::/\n", f"0::/docker/{ID}/below\n", "0::/system.slice/x.service\n"])
async def test_who_sees_the_same_mounts_is_the_container(machine: Machine, cgroup: str) -> None:
    first = machine.process(PLACES["version 2"], THEIRS, "pid:[2]")
    inside = machine.process(cgroup, THEIRS, "pid:[2]")
    ids = (ID,) if ID in cgroup else ()
    assert await name_of(machine, machine.peer(inside, *ids), Engine({ID: watcher(first)})) == "container watcher"


@pytest.mark.parametrize("place", PLACES)
async def test_a_name_of_a_group_makes_nobody_a_container(machine: Machine, place: str) -> None:
    first = machine.process(PLACES[place], THEIRS, "pid:[2]")
    outside = machine.process("0::/\n")
    lines = [line.rpartition(":") for line in PLACES[place].splitlines()]
    for spoof in SPOOFS:
        cgroup = "".join(f"{before}:{spoof.format(path)}\n" for before, _, path in lines)
        for mounts, pids in itertools.product((HOST, ELSEWHERE), ("pid:[1]", "pid:[9]")):
            machine.shows(outside, cgroup, mounts, pids)
            said = await name_of(machine, machine.peer(outside, OTHER, ID), Engine({ID: watcher(first)}))
            assert "can't be identified" in said, (spoof, mounts, pids)


async def test_one_hierarchy_of_several_is_not_enough(machine: Machine) -> None:
    """On version 1 a user may be given a part of systemd's tree alone."""
    first = machine.process(PLACES["version 1"], THEIRS, "pid:[2]")
    outside = machine.process(PLACES["version 1"].replace(f"devices:/docker/{ID}", "devices:/"), ELSEWHERE)
    assert "can't be identified" in await name_of(machine, machine.peer(outside, ID), Engine({ID: watcher(first)}))


@pytest.mark.parametrize("mounts", [HOST, ELSEWHERE])
async def test_a_number_that_was_given_anew_is_not_the_containers(
    machine: Machine, mounts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The container has ended, its number is a stranger's, and the engine has not heard of it yet."""
    monkeypatch.setattr(processes, "_LATE", 0.0)
    spoof = f"0::/user.slice/{ID}\n"
    stranger = machine.process(spoof, mounts, ago=1)
    peer = machine.peer(machine.process(spoof, mounts), ID)
    found = watcher(stranger, started=3600)
    for later in ({}, {ID: watcher(stranger, running=False)}, {ID: watcher(stranger, started=1)}):
        said = await name_of(machine, peer, Engine({ID: found}, later))
        assert "can't be identified" in said


async def test_a_clock_that_was_set_ends_no_container(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_LATE", 0.0)
    first = machine.process(PLACES["version 2"], THEIRS, "pid:[2]", ago=60)
    inside = machine.process(PLACES["version 2"], THEIRS, "pid:[2]")
    engine = Engine({ID: watcher(first, started=30 * 365 * 86400)})
    assert await name_of(machine, machine.peer(inside, ID), engine) == "container watcher"
    assert engine.asked.count(ID) == 2, "the engine is asked once more"


async def test_who_ended_or_moved_before_asking_is_nobody(machine: Machine) -> None:
    """Its number and its namespace's may be others' by then: who connected first and passed the connection on."""
    first = machine.process(PLACES["version 2"], THEIRS, "pid:[2]")
    engine = Engine({ID: watcher(first)})
    ended, moved, anew = (machine.peer(machine.process("0::/\n", THEIRS, "pid:[2]")) for _ in range(3))
    machine.end(ended.pid)
    machine.shows(moved.pid, PLACES["version 2"], THEIRS, "pid:[2]")
    machine.shows(anew.pid, "0::/\n", THEIRS, "pid:[2]", ago=30)
    for peer in (ended, moved, anew):
        assert "has ended, or moved" in await name_of(machine, peer, engine)


@pytest.mark.parametrize("state", [None, {}, {"Running": True, "Pid": 0}, {"Running": True, "Pid": "1"}, "odd"])
async def test_a_container_that_does_not_run_is_nobody(machine: Machine, state: Any) -> None:
    peer = machine.peer(machine.process(PLACES["version 2"], THEIRS, "pid:[2]"), ID)
    said = await name_of(machine, peer, Engine({ID: {"Id": ID, "Name": "/watcher", "State": state}}))
    assert "can't be identified" in said


def test_a_process_is_known_by_a_descriptor_of_any_number() -> None:
    """select(2) takes none of 1024 and more: a guard of many connections has them."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 2048), before[1]))
    own = os.pidfd_open(os.getpid())
    try:
        high = fcntl.fcntl(own, fcntl.F_DUPFD_CLOEXEC, 1500)
        try:
            assert read_process(os.getpid(), Path("/proc"), high).pid == os.getpid()
        finally:
            os.close(high)
    finally:
        os.close(own)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
