"""Under a cgroup of one's own choice the limits that the engine's group sets no longer hold."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._life import orchestrator
from ._platforms import CONTAINERS

control = Control(
    id="workload/cgroup-parent",
    title="Containers stay below the engine's own cgroup",
    fault="{who} [runs|run] outside of the engine's own cgroup",
    rationale="What the host allows all containers together is set on the engine's cgroup: a container that is moved "
    "elsewhere has left these limits behind.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="6.efficient",
    subject=Subject.UNIT,
    platforms=CONTAINERS,
    references=(cis("1.6.0", "5.25"), cis("1.8.0", "5.25"), nist("4.4.3")),
    remedy=Remedy(
        "Drop `cgroup_parent`; where all containers belong into a slice, say so once in daemon.json.",
        "recreates the container",
    ),
    check_yourself="docker inspect -f '{{.HostConfig.CgroupParent}}' {name}",
    bad={"container": {"HostConfig": {"CgroupParent": "/big"}}},
    good={"container": {"HostConfig": {"CgroupParent": ""}}},
    unclear={"container": {"HostConfig": {"CgroupParent": 1}}},
)


@control.judge
def cgroup_parent(unit: Unit) -> Judgement:
    placed_by = orchestrator(unit)
    if placed_by:
        return not_applicable(f"{placed_by} places it", unit.source)
    for container in unit.containers:
        field = container.cgroup_parent
        if isinstance(field, Unknown):
            return unknown(field.reason, field.source, tell=field.tell)
        if isinstance(field, Set):
            return failed(f"runs below the cgroup {field.value}", field.source)
    return passed("runs below the engine's own cgroup", unit.source)
