"""Where the engine maps root in containers to nobody on the host, a container can still opt out."""

from __future__ import annotations

from ...model.compose_fix import ComposeFix, remove_key
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._platforms import CONTAINERS

control = Control(
    id="workload/user-namespace",
    title="No container opts out of the engine's user namespace",
    fault="{who} [opts|opt] out of the engine's user namespace",
    rationale="With `userns: host` root in the container is root on the host, though the engine was set up so that it "
    "is not.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="1.privileges",
    subject=Subject.UNIT,
    platforms=CONTAINERS,
    references=(cis("1.6.0", "5.31"), cis("1.8.0", "5.31"), nist("4.4.3"), owasp("D01")),
    remedy=Remedy("Drop `userns_mode: host`.", "recreates the container; files in its volumes may need another owner"),
    fixes=(
        ComposeFix(
            says="takes `userns_mode: host` away",
            may_break="files in its volumes that belong to the host's own ids, and what needs root of the host",
            changes=(remove_key("userns_mode"),),
        ),
    ),
    check_yourself="docker inspect -f '{{.HostConfig.UsernsMode}}' {name}; docker info -f '{{.SecurityOptions}}'",
    bad={
        "compose": "services: {web: {image: shop, userns_mode: host}}",
        "snapshot": {
            "engine": {
                "info": {"SecurityOptions": ["name=seccomp,profile=builtin", "name=userns"]},
                "containers": [{"inspect": {"HostConfig": {"UsernsMode": "host"}}}],
            }
        },
    },
    good={
        "snapshot": {
            "engine": {
                "info": {"SecurityOptions": ["name=seccomp,profile=builtin", "name=userns"]},
                "containers": [{"inspect": {"HostConfig": {"UsernsMode": ""}}}],
            }
        }
    },
    unclear={"container": {"HostConfig": {"UsernsMode": 7}}},
)


@control.judge
def user_namespace(unit: Unit) -> Judgement:
    field = unit.namespaces.user
    if isinstance(field, Unknown):
        return unknown(field.reason, field.source, tell=field.tell)
    if "userns" not in unit.dialect.gates:
        return not_applicable("the engine does not remap users", field.source)
    if isinstance(field, Set) and field.value == "host":
        return failed("opts out of the engine's user namespace", field.source)
    return passed("its users are remapped", field.source)
