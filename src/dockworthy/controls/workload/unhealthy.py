"""A container whose own check says that it does not work."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._platforms import CONTAINERS
from ._states import not_told

control = Control(
    id="workload/unhealthy",
    title="Every container that has a health check is healthy",
    fault="{who} [is|are] unhealthy",
    rationale="The engine only writes down that a container is unhealthy; it goes on running and taking requests until "
    "somebody looks.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="1.monitor",
    subject=Subject.UNIT,
    needs_running=True,
    platforms=CONTAINERS,
    references=(cis("1.6.0", "5.27"), cis("1.8.0", "5.27"), nist("4.4.4")),
    remedy=Remedy(
        "Look at the check's last answers and the logs, mend or restart it.",
        "nothing to look; a restart stops it for seconds",
    ),
    check_yourself="docker inspect -f '{{json .State.Health}}' {name}",
    bad={"container": {"State": {"Health": {"Status": "unhealthy"}}}},
    good={"container": [{"State": {"Health": {"Status": "healthy"}}}, {"State": {"Health": {"Status": "starting"}}}]},
    unclear={"container": {"State": {"Status": None}}},
)


@control.judge
def unhealthy(unit: Unit) -> Judgement:
    for container in unit.containers:
        field = container.state
        if not isinstance(field, Set):
            return not_told(field)
        if not field.value.running:
            return not_applicable("it does not run", field.source)
        if not field.value.health or field.value.health == "none":
            return not_applicable("it has no health check (workload/health-check)", field.source)
        if field.value.health == "unhealthy":
            return failed("its health check fails", field.source)
    return passed("its health check is content", unit.source)
