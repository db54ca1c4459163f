"""A container whose files can't be written stays what its image is."""

from __future__ import annotations

from ...model.compose_fix import ComposeFix, set_key
from ...model.control import Control, Subject, cis, nist, owasp
from ...model.dialect import Platform
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, not_applicable
from ...model.levels import Level, Severity
from ...model.workload import Container, ContainerRole, Unit
from ._containers import Fault, judge_containers
from ._platforms import checked_by

control = Control(
    id="workload/writable-root",
    title="Containers' root file systems are read-only",
    fault="{who} [has|have] a writable root file system",
    rationale="An intruder has nowhere to leave a program, and nobody repairs a container by hand: what must be written "
    "goes to a volume or a tmpfs, and is known.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="2.immutable",
    subject=Subject.UNIT,
    references=(cis("1.6.0", "5.13"), cis("1.8.0", "5.13"), nist("4.4.4"), owasp("D09")),
    remedy=Remedy(
        "Set `read_only: true`; mount a tmpfs where the program writes (/tmp, /run), a volume for data.",
        "recreates the container; `docker diff` of a running one shows where it writes",
    ),
    fixes=(
        ComposeFix(
            says="sets `read_only: true`",
            may_break="a program that writes outside its volumes: each such folder needs a `tmpfs` or a volume",
            changes=(set_key("read_only", to=True),),
        ),
    ),
    check_yourself="docker inspect -f '{{.HostConfig.ReadonlyRootfs}}' {name}",
    bad={
        "compose": ["services: {web: {image: shop}}", "services: {web: {image: shop, read_only: false}}"],
        "container": [
            {"HostConfig": {"ReadonlyRootfs": False}},
            {"HostConfig": {"ReadonlyRootfs": False, "Tmpfs": {"/tmp": ""}}},
        ],
        "service": {"Spec": {"TaskTemplate": {"ContainerSpec": {"ReadOnly": False}}}},
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a}]}}",
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {readOnlyRootFilesystem: false}}]}}",
        ],
    },
    good={
        "compose": "services: {web: {image: shop, read_only: true, tmpfs: [/tmp]}}",
        "container": {"HostConfig": {"ReadonlyRootfs": True}},
        "service": {},
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {readOnlyRootFilesystem: true}}]}}",
            "{kind: Pod, spec: {ephemeralContainers: [{name: d}],"
            " containers: [{name: a, securityContext: {readOnlyRootFilesystem: true}}]}}",
        ],
    },
    unclear={
        "compose": "services: {web: {image: shop, read_only: '${READ_ONLY}'}}",
        "container": {"HostConfig": {"ReadonlyRootfs": "yes"}},
    },
)

_COMMANDS = {
    Platform.SWARM: "docker service inspect -f '{{.Spec.TaskTemplate.ContainerSpec.ReadOnly}}' {name}",
    Platform.KUBERNETES: "kubectl get {kind} {name} -o yaml | grep -n readOnlyRootFilesystem",
}


@control.judge
def writable_root(unit: Unit) -> Judgement:
    if unit.is_windows:
        return not_applicable("Windows has no read-only root", unit.source)
    staying = list(unit.by_role(ContainerRole.MAIN, ContainerRole.SIDECAR, ContainerRole.INIT))
    judged = judge_containers(unit, _fault, good="the root file system is read-only", containers=staying)
    return checked_by(judged, unit, _COMMANDS)


def _fault(container: Container) -> Fault | Unknown | None:
    field = container.read_only_root
    if isinstance(field, Unknown):
        return field
    if isinstance(field, Set) and field.value:
        return None
    return Fault("its root file system is writable", field.source)
