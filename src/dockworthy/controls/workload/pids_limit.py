"""Without a limit one container's fork bomb takes every process id of the host."""

from __future__ import annotations

from collections.abc import Iterable

from ...model.compose_fix import ComposeFix, WrittenService, set_key
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.dialect import Platform
from ...model.field import Unknown, Unset
from ...model.finding import Judgement, Remedy
from ...model.fix import Change
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ._containers import Fault, judge_containers
from ._platforms import ENGINES, checked_by

control = Control(
    id="workload/pids-limit",
    title="The number of processes of every container is limited",
    fault="{who} [has|have] no limit on processes",
    rationale="Process ids are one pool for the whole host: a program that forks without end stops logins, the engine "
    "and every other container.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="6.efficient",
    subject=Subject.UNIT,
    platforms=ENGINES,
    references=(cis("1.6.0", "5.29"), cis("1.8.0", "5.29"), nist("4.4.3"), owasp("D07")),
    remedy=Remedy(
        "Set `pids_limit` (100 is plenty for most, threads count).",
        "`docker update --pids-limit` needs no restart; too low a limit keeps the program from starting threads",
    ),
    fixes=(
        ComposeFix(
            says="limits it to 512 processes and threads",
            may_break="a program with more threads than that can start no further one",
            changes=lambda written: _limited(written),
        ),
    ),
    check_yourself="docker inspect -f '{{.HostConfig.PidsLimit}}' {name}; docker stats --no-stream {name}",
    bad={
        "compose": [
            "services: {web: {image: shop}}",
            "services: {web: {image: shop, deploy: {resources: {limits: {memory: 64m}}}}}",
        ],
        "container": [{"HostConfig": {"PidsLimit": limit}} for limit in (None, 0, -1)],
        "service": {"Spec": {"TaskTemplate": {"Resources": {"Limits": {"Pids": 0}}}}},
    },
    good={
        "compose": [
            "services: {web: {image: shop, pids_limit: 100}}",
            "services: {web: {image: shop, deploy: {resources: {limits: {pids: 100}}}}}",
        ],
        "container": {"HostConfig": {"PidsLimit": 100}},
        "service": {},
    },
    unclear={"container": {"HostConfig": {"PidsLimit": "few"}}},
)


def _limited(written: WrittenService) -> Iterable[Change]:
    """Beside the other limits: Compose refuses `pids_limit` where `deploy.resources.limits` is silent about it."""
    deploy = written.service.get("deploy") or {}
    limits = (deploy.get("resources") or {}).get("limits")
    return (set_key(*(("deploy", "resources", "limits", "pids") if limits else ("pids_limit",)), to=512),)


_COMMANDS = {Platform.SWARM: "docker service inspect -f '{{json .Spec.TaskTemplate.Resources.Limits}}' {name}"}


@control.judge
def pids_limit(unit: Unit) -> Judgement:
    return checked_by(judge_containers(unit, _fault, good="the number of processes is limited"), unit, _COMMANDS)


def _fault(container: Container) -> Fault | Unknown | None:
    field = container.limits.pids
    if isinstance(field, Unknown):
        return field
    return Fault("its number of processes is not limited", field.source) if isinstance(field, Unset) else None
