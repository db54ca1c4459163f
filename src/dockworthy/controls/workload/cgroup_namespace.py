"""In the host's cgroup namespace a container sees the control groups of all others."""

from __future__ import annotations

from ...model.compose_fix import ComposeFix, remove_key
from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._platforms import CONTAINERS

control = Control(
    id="workload/cgroup-namespace",
    title="No container opts out of a cgroup namespace of its own",
    fault="{who} [uses|use] the host's cgroup namespace",
    rationale="From the host's cgroup namespace a container sees the groups, limits and ids of every other container; "
    "with a writable /sys/fs/cgroup it changes them.",
    level=Level.RESTRICTED,
    severity=Severity.LOW,
    demand="1.host-access",
    subject=Subject.UNIT,
    platforms=CONTAINERS,
    references=(nist("4.4.3"), owasp("D04")),
    remedy=Remedy("Drop `cgroup: host` (`--cgroupns host`).", "recreates the container"),
    fixes=(
        ComposeFix(
            says="takes `cgroup: host` away",
            may_break="monitors that read the control groups of other containers",
            changes=(remove_key("cgroup"),),
        ),
    ),
    check_yourself="docker inspect -f '{{.HostConfig.CgroupnsMode}}' {name}",
    bad={
        "container": {"HostConfig": {"CgroupnsMode": "host"}},
        "compose": "services: {web: {image: shop, cgroup: host}}",
    },
    good={
        "container": {"HostConfig": {"CgroupnsMode": "private"}},
    },
    unclear={"container": {"HostConfig": {"CgroupnsMode": 1}}},
)


@control.judge
def cgroup_namespace(unit: Unit) -> Judgement:
    field = unit.namespaces.cgroup
    if isinstance(field, Unknown):
        return unknown(field.reason, field.source, tell=field.tell)
    if isinstance(field, Set) and field.value == "host":
        stands_in_a_file = unit.source.line is not None  # which knows no engine: what is asked for is what counts
        if "cgroupns" not in unit.dialect.gates and not stands_in_a_file:
            return not_applicable("the engine gives no container a cgroup namespace by default", field.source)
        return failed("uses the host's cgroup namespace", field.source)
    return passed("has a cgroup namespace of its own", field.source)
