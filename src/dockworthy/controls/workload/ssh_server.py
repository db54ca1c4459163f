"""An SSH server inside a container is a second door, with keys and passwords that nobody looks after."""

from __future__ import annotations

import posixpath

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ..programs import RUNNING, process
from ._life import state_of
from ._platforms import CONTAINERS

control = Control(
    id="workload/ssh-server",
    title="No SSH server runs inside a container",
    fault="{who} [runs|run] an SSH server",
    rationale="`docker exec` and the logs do what SSH is wanted for, under the engine's own access control. A server of "
    "its own means keys in the image, users in the container, and changes by hand.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="7.credentials",
    subject=Subject.UNIT,
    needs_running=True,
    platforms=CONTAINERS,
    references=(cis("1.6.0", "5.7"), cis("1.8.0", "5.7"), nist("4.1.2"), owasp("D04")),
    remedy=Remedy("Take the server out of the image; use `docker exec`.", "recreates the container"),
    check_yourself="docker top {name} -eo pid,comm",
    bad={
        "running": [
            {"processes": [process(4242, "sshd")]},
            {"processes": [process(4242, "shop"), process(4300, "dropbear", parent=4242)]},
        ],
        "container": {"Path": "/usr/sbin/sshd", "Args": ["-D"], "State": {"Running": False, "Status": "exited"}},
    },
    good={
        "running": [
            {"processes": [process(4242, "shop")]},
            {"inspect": {"Args": ["--name", "sshd"]}, "processes": [process(4242, "shop")]},
        ],
    },
    unclear={"container": RUNNING},
)

_SERVERS = frozenset({"sshd", "sshd-session", "sshd-auth", "dropbear", "tinysshd"})


@control.judge
def ssh_server(unit: Unit) -> Judgement:
    for container in unit.containers:
        declared = container.command
        if isinstance(declared, Set) and declared.value and posixpath.basename(declared.value[0]) in _SERVERS:
            return failed(f"it starts {declared.value[0]}", declared.source)
        processes = container.processes
        if isinstance(processes, Set):
            return _by_processes(container)
        state = state_of(container)
        if state is not None and not state.running:
            return not_applicable("it does not run", container.state.source)
        gap = processes if isinstance(processes, Unknown) else Unknown("its processes were not read")
        return unknown(gap.reason, gap.source or unit.source, tell=gap.tell)
    return unknown("it has no container", unit.source)


def _by_processes(container: Container) -> Judgement:
    processes = container.processes
    assert isinstance(processes, Set)
    for one in processes.value:
        # The executable's name, never words of a command line: `grep sshd` is no server.
        if posixpath.basename(one.program) in _SERVERS:
            return failed(f"process {one.pid} is {one.program}", processes.source)
    return passed("none of its processes is an SSH server", processes.source)
