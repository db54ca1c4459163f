"""The kernel ended a container because its memory was used up."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._platforms import CONTAINERS
from ._states import not_told

control = Control(
    id="workload/oom-killed",
    title="No container was ended for want of memory",
    fault="{who} ran out of memory and [was|were] killed",
    rationale="A program that reaches its memory limit is ended in the middle of its work: its limit is too low for it, "
    "or it leaks.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="6.efficient",
    subject=Subject.UNIT,
    needs_running=True,
    platforms=CONTAINERS,
    references=(nist("4.4.4"), owasp("D07")),
    remedy=Remedy(
        "Watch its memory over a day: raise the limit above its peak, or mend the leak.",
        "`docker update --memory` needs no restart",
    ),
    check_yourself="docker inspect -f '{{.State.OOMKilled}} {{.HostConfig.Memory}}' {name}",
    bad={"container": {"State": {"OOMKilled": True}}},
    good={"container": {"State": {"OOMKilled": False}}},
    unclear={"container": {"State": {"Status": None}}},
)


@control.judge
def oom_killed(unit: Unit) -> Judgement:
    for container in unit.containers:
        field = container.state
        if not isinstance(field, Set):
            return not_told(field)
        if field.value.oom_killed:
            return failed("the kernel ended a process of it for want of memory", field.source)
    return passed("was not ended for want of memory", unit.source)
