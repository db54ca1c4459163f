"""In the host's UTS namespace a container with the capability for it renames the host."""

from __future__ import annotations

from ...model.compose_fix import ComposeFix, remove_key
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._platforms import CONTAINERS

control = Control(
    id="workload/uts-namespace",
    title="Containers have a host name of their own",
    fault="{who} [uses|use] the host's UTS namespace",
    rationale="Shared, the host's name is seen from inside and, with SYS_ADMIN, changed from there.",
    level=Level.RESTRICTED,
    severity=Severity.LOW,
    demand="1.host-access",
    subject=Subject.UNIT,
    platforms=CONTAINERS,
    references=(cis("1.6.0", "5.21"), cis("1.8.0", "5.21"), nist("4.4.3"), owasp("D04")),
    remedy=Remedy("Drop `uts: host`; set `hostname:` where the name matters.", "recreates the container"),
    fixes=(
        ComposeFix(
            says="takes `uts: host` away",
            may_break="programs that know the host by its name",
            changes=(remove_key("uts"),),
        ),
    ),
    check_yourself="docker inspect -f '{{.HostConfig.UTSMode}}' {name}",
    bad={"compose": "services: {web: {image: shop, uts: host}}", "container": {"HostConfig": {"UTSMode": "host"}}},
    good={"compose": "services: {web: {image: shop}}", "container": {"HostConfig": {"UTSMode": ""}}},
    unclear={"container": {"HostConfig": {"UTSMode": 1}}},
)


@control.judge
def uts_namespace(unit: Unit) -> Judgement:
    field = unit.namespaces.uts
    if isinstance(field, Unknown):
        return unknown(field.reason, field.source, tell=field.tell)
    if isinstance(field, Set) and field.value == "host":
        return failed("uses the host's UTS namespace", field.source)
    return passed("has a UTS namespace of its own", field.source)
