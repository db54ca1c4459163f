"""A container that can't be killed for its memory hangs, and without a limit hangs the host."""

from __future__ import annotations

from ...model.compose_fix import ComposeFix, remove_key
from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._graded import failed_as
from ._platforms import WITH_DEVICES

control = Control(
    id="workload/oom-kill-disabled",
    title="The kernel may end a container that runs out of memory",
    fault="{who} may not be killed when memory runs out",
    rationale="With the killer switched off a container at its limit stands still instead of being restarted; without a "
    "limit the host itself runs out of memory and nothing may be ended.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="6.efficient",
    subject=Subject.UNIT,
    platforms=WITH_DEVICES,
    references=(nist("4.4.3"), owasp("D07")),
    remedy=Remedy("Drop `oom_kill_disable`; set a memory limit.", "recreates the container"),
    fixes=(
        ComposeFix(
            says="takes `oom_kill_disable` away",
            may_break="it is ended at its memory limit, where it stood still before",
            changes=(remove_key("oom_kill_disable"),),
        ),
    ),
    check_yourself="docker inspect -f '{{.HostConfig.OomKillDisable}} {{.HostConfig.Memory}}' {name}",
    bad={
        "compose": "services: {web: {image: shop, oom_kill_disable: true}}",
        "container": [
            {"HostConfig": {"OomKillDisable": True}},
            {"HostConfig": {"OomKillDisable": True, "Memory": 0}},
        ],
    },
    good={
        "compose": "services: {web: {image: shop}}",
        "container": [{"HostConfig": {"OomKillDisable": False}}, {"HostConfig": {"OomKillDisable": None}}],
    },
    unclear={"container": {"HostConfig": {"OomKillDisable": "maybe"}}},
)


@control.judge
def oom_kill_disabled(unit: Unit) -> Judgement:
    for container in unit.containers:
        disabled = container.limits.oom_kill_disabled
        if isinstance(disabled, Unknown):
            return unknown(disabled.reason, disabled.source)
        if isinstance(disabled, Set) and disabled.value:
            if isinstance(container.limits.memory, Set):
                return failed_as(Severity.MEDIUM, "it may not be killed at its memory limit", disabled.source)
            return failed_as(
                Severity.CRITICAL, "it may not be killed, and its memory has no known limit", disabled.source
            )
    return passed("it may be killed when memory runs out", unit.source)
