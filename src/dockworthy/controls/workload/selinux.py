"""A custom SELinux label takes a container out of the separation that SELinux gives."""

from __future__ import annotations

from collections.abc import Iterable

from ...model.compose_fix import ComposeFix, WrittenService, remove_entries
from ...model.control import Control, Subject, cis, nist, owasp, pss
from ...model.dialect import Dialect, Version
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, not_applicable, unknown
from ...model.fix import Change
from ...model.levels import Level, Severity
from ...model.workload import SELinux, Unit
from ._containers import Fault, judge_faults
from ._written_options import parted

control = Control(
    id="workload/selinux",
    title="SELinux separates the container as the platform means it to",
    fault="{who} [loosens|loosen] SELinux separation",
    rationale="A type outside the container types, or a user or role of its own, makes SELinux treat the container as "
    "something else than a container.",
    level=Level.BASELINE,
    severity=Severity.MEDIUM,
    demand="1.host-access",
    also_for=("1.privileges",),
    subject=Subject.UNIT,
    references=(pss("seLinuxOptions"), cis("1.6.0", "5.3"), cis("1.8.0", "5.3"), nist("4.4.3"), owasp("D04")),
    remedy=Remedy("Drop the SELinux user, role and type, or use a container type.", "recreates the container"),
    fixes=(
        ComposeFix(
            says="takes the SELinux user, role and type away",
            may_break="access to the host's files that the label was set for",
            changes=lambda written: _default_label(written),
        ),
    ),
    check_yourself="docker inspect -f '{{.HostConfig.SecurityOpt}}' {name}",
    bad={
        "compose": "services: {web: {image: shop, security_opt: ['label:disable']}}",
        "kubernetes": [
            "{kind: Pod, spec: {securityContext: {seLinuxOptions: {type: spc_t}}, containers: [{name: a}]}}",
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {seLinuxOptions: {user: sysadm_u}}}]}}",
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {seLinuxOptions: {role: sysadm_r}}}]}}",
        ],
    },
    good={
        "compose": "services: {web: {image: shop, security_opt: ['label:level:s0:c1,c2']}}",
        "kubernetes": [
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {seLinuxOptions: {type: container_t, level: 's0:c1'}}}]}}",
            "{kind: Pod, spec: {containers: [{name: a, securityContext: {seLinuxOptions: {type: container_engine_t}}}]}}",
        ],
    },
)


def _default_label(written: WrittenService) -> Iterable[Change]:
    """`label:type:spc_t`, `label=disable`: the engine takes both signs."""
    labels = [(entry, parted(entry)) for entry in written.listed("security_opt")]
    gone = [e for e, (name, value) in labels if name == "label" and not value.startswith("level")]
    return remove_entries("security_opt", entries=gone)


_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t"})
_ENGINE_TYPE_SINCE = Version(1, 31)


@control.judge
def selinux(unit: Unit) -> Judgement:
    setters = [("the pod", unit.context.selinux)] if unit.dialect.is_kubernetes else []
    setters += [(container.name, container.context.selinux) for container in unit.containers]
    for _, field in setters:
        if isinstance(field, Unknown):
            return unknown(field.reason, field.source, tell=field.tell)
    if not unit.dialect.is_kubernetes and "selinux" not in unit.dialect.gates:
        return not_applicable("the engine does not use SELinux on this host", unit.source)
    faults = [
        Fault(f"{who}: {fault}", field.source)
        for who, field in setters
        if isinstance(field, Set) and (fault := _fault(field.value, unit.dialect))
    ]
    return judge_faults(faults, good="no SELinux option outside the allowed ones", source=unit.source)


def _fault(options: SELinux, dialect: Dialect) -> str:
    engine_type = not dialect.is_kubernetes or dialect.version >= _ENGINE_TYPE_SINCE
    if options.disabled:
        return "SELinux separation is switched off"
    if options.type not in _TYPES and not (engine_type and options.type == "container_engine_t"):
        return f"SELinux type {options.type}"
    if options.user or options.role:
        return f"SELinux {'user ' + options.user if options.user else 'role ' + options.role}"
    return ""
