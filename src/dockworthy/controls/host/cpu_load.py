"""More work than processors over a quarter of an hour is no peak: it is too small a host."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, owasp
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import not_seen, on_host
from ._fields import not_known


def _load(quarter: float, cpus: int = 4) -> dict[str, Any]:
    return on_host(load=[quarter, quarter, quarter], cpus=cpus)


control = Control(
    id="host/cpu-load",
    title="The processors keep up with the work",
    fault="The processors do not keep up with the work",
    rationale="A load above the number of processors for fifteen minutes means that everything waits, health checks "
    "too: they time out, containers are restarted, and that is more work.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="6.efficient",
    subject=Subject.HOST,
    references=(owasp("D07"),),
    remedy=Remedy(
        "See who takes it (`docker stats`), limit or move it, or add processors.", "depends on what is moved"
    ),
    check_yourself="uptime; nproc; docker stats --no-stream",
    bad={"snapshot": _load(9.5)},
    good={"snapshot": _load(1.2)},
    unclear={"snapshot": on_host(load=not_seen(), cpus=4)},
)


@control.judge
def cpu_load(host: Host) -> Judgement:
    if not isinstance(host.load, Set):
        return not_known(host.load, what="the load")
    if not isinstance(host.cpus, Set):
        return not_known(host.cpus, what="the number of processors")
    quarter, cpus = host.load.value[2], host.cpus.value
    says = f"load {quarter:.1f} over 15 minutes, {cpus} processors"
    return (failed if quarter > cpus else passed)(says, host.load.source)
