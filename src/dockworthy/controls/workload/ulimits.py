"""A ulimit raised without end takes away the last limit that a broken program meets."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, not_applicable, unknown
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ._containers import Fault, judge_faults
from ._platforms import CONTAINERS

_MOST_FILES = 1_048_576  # the most that a kernel gives unless its fs.nr_open is raised
_WITHOUT_END = {
    "core": "a crash may fill the disk with its core file",
    "nproc": "its user may start processes without end",
    "nofile": "it may open files without end",
    "sigpending": "it may queue signals without end",
    "msgqueue": "it may fill the kernel's message queues",
}

control = Control(
    id="workload/ulimits",
    title="No container raises its resource limits (ulimits) without end",
    fault="{who} [raises|raise] resource limits (ulimits) without end",
    rationale="Ulimits are the kernel's own limits a process: the engine's defaults suit most programs, and some programs "
    "slow down when the number of open files is huge.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="6.efficient",
    subject=Subject.UNIT,
    platforms=CONTAINERS,
    references=(cis("1.6.0", "5.19"), cis("1.8.0", "5.19"), nist("4.4.3"), owasp("D07")),
    remedy=Remedy("Drop the ulimit, or give it the number that the program needs.", "recreates the container"),
    check_yourself="docker inspect -f '{{json .HostConfig.Ulimits}}' {name}",
    bad={
        "container": [
            {"HostConfig": {"Ulimits": [{"Name": "core", "Soft": -1, "Hard": -1}]}},
            {"HostConfig": {"Ulimits": [{"Name": "nproc", "Soft": 100, "Hard": -1}]}},
            {"HostConfig": {"Ulimits": [{"Name": "NPROC", "Soft": 100, "Hard": -2}]}},
            {"HostConfig": {"Ulimits": [{"Name": "nofile", "Soft": 1073741816, "Hard": 1073741816}]}},
        ]
    },
    good={
        "container": [
            {"HostConfig": {"Ulimits": [{"Name": "nofile", "Soft": 65536, "Hard": 65536}]}},
            {"HostConfig": {"Ulimits": [{"Name": "memlock", "Soft": -1, "Hard": -1}]}},
        ]
    },
)


@control.judge
def ulimits(unit: Unit) -> Judgement:
    for container in unit.containers:
        field = container.limits.ulimits
        if isinstance(field, Unknown):
            return unknown(field.reason, field.source)
        if not isinstance(field, Set):
            return not_applicable("the engine's default ulimits hold", field.source)
    faults = [fault for container in unit.containers for fault in _faults(container)]
    return judge_faults(faults, good="no ulimit is without end", source=unit.source)


def _faults(container: Container) -> Iterator[Fault]:
    field = container.limits.ulimits
    if not isinstance(field, Set):
        return
    for name, (_, hard) in field.value.items():
        endless = hard < 0 or (name == "nofile" and hard >= _MOST_FILES)
        if endless and name in _WITHOUT_END:
            yield Fault(f"ulimit {name}={hard}: {_WITHOUT_END[name]}", field.source)
