"""The masks over /proc keep the kernel's own knobs and memory from a container."""

from __future__ import annotations

from ...model.compose_fix import ComposeFix
from ...model.control import Control, Subject, nist, pss
from ...model.dialect import Version
from ...model.field import Set
from ...model.finding import Judgement, Remedy, passed
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import judge_containers
from ._proc_mount import unmasked
from ._written_options import without_option

control = Control(
    id="workload/proc-mount",
    title="The default masks over /proc and /sys are in place",
    fault="{who} [runs|run] without the masks over /proc and /sys",
    rationale="Without the masks a container reads /proc/kcore and writes /proc/sys of the host's kernel.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="1.host-access",
    follows_from=("workload/privileged",),
    also_for=("1.privileges",),
    subject=Subject.UNIT,
    references=(pss("procMount"), nist("4.4.3")),
    remedy=Remedy("Drop `procMount: Unmasked` or `systempaths=unconfined`.", "recreates the container"),
    fixes=(
        ComposeFix(
            says="takes `systempaths=unconfined` away",
            may_break="programs that mount a /proc of their own, as builders of images and nested containers do",
            changes=without_option("systempaths", "unconfined"),
        ),
    ),
    check_yourself="docker inspect -f '{{.HostConfig.MaskedPaths}}' {name}",
    bad={
        "compose": "services: {web: {image: shop, security_opt: ['systempaths=unconfined']}}",
        "kubernetes": "{kind: Pod, spec: {containers: [{name: a, securityContext: {procMount: Unmasked}}]}}",
        "container": [
            {"HostConfig": {"MaskedPaths": [], "ReadonlyPaths": []}},
            {"HostConfig": {"MaskedPaths": ["/proc/kcore"], "ReadonlyPaths": []}},
        ],
    },
    good={
        "compose": "services: {web: {image: shop}}",
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {procMount: Default}}]}}",
            "{kind: Pod, spec: {hostUsers: false, containers: [{name: a, securityContext: {procMount: Unmasked}}]}}",
        ],
        "container": {},
    },
)


_USER_NAMESPACES_COUNT = Version(1, 35)


@control.judge
def proc_mount(unit: Unit) -> Judgement:
    user = unit.namespaces.user
    relaxed = unit.dialect.is_kubernetes and unit.dialect.version >= _USER_NAMESPACES_COUNT
    if relaxed and isinstance(user, Set) and user.value == "private":
        return passed("hostUsers: false: the pod's own user namespace stands in for the masks", user.source)
    return judge_containers(unit, unmasked, good="the default masks over /proc are in place")
