"""A sysctl outside the safe set changes the node for everyone on it, or switches a protection off."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...model.compose_fix import ComposeFix, WrittenService, remove_entries, remove_key
from ...model.control import Control, Subject, nist, pss
from ...model.dialect import Dialect, Version
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, unknown
from ...model.fix import Change
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._containers import Fault, judge_faults

control = Control(
    id="workload/sysctls",
    title="Only sysctls that are safe in a namespace are set",
    fault="{who} [sets|set] unsafe sysctls",
    rationale="A sysctl that has no namespace of its own acts on the whole host, and some switch protections off.",
    level=Level.BASELINE,
    severity=Severity.MEDIUM,
    demand="1.host-access",
    subject=Subject.UNIT,
    references=(pss("sysctls"), nist("4.4.3")),
    remedy=Remedy("Drop the sysctl, or set it on the host where it is meant for the host.", "recreates the container"),
    fixes=(
        ComposeFix(
            says="takes sysctls away that act on the whole host",
            may_break="a program that checks the setting when it starts: set it on the host, where it is meant for the host",
            changes=lambda written: _without_unsafe(written),
        ),
    ),
    check_yourself="docker inspect -f '{{.HostConfig.Sysctls}}' {name}",
    bad={
        "compose": "services: {web: {image: shop, sysctls: {vm.overcommit_memory: 1}}}",
        "kubernetes": "{kind: Pod, spec: {securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]}, containers: [{name: a}]}}",
        "container": {"HostConfig": {"Sysctls": {"vm.swappiness": "1"}}},
    },
    good={
        "compose": "services: {web: {image: shop, sysctls: [net.core.somaxconn=1024]}}",
        "kubernetes": "{kind: Pod, spec: {securityContext: {sysctls: [{name: net.ipv4.tcp_rmem, value: '1 2 3'}]}, containers: [{name: a}]}}",
        "container": {"HostConfig": {"Sysctls": {"net.core.somaxconn": "1024", "kernel.msgmax": "8192"}}},
    },
)


def _without_unsafe(written: WrittenService) -> Iterable[Change]:
    dialect, said = written.unit.dialect, written.service.get("sysctls")
    if isinstance(said, dict):
        return [remove_key("sysctls", name) for name in said if not _is_safe(name, dialect)]
    entries = [entry for entry in written.listed("sysctls") if not _is_safe(entry.partition("=")[0], dialect)]
    return remove_entries("sysctls", entries=entries)


_SAFE_SINCE: dict[str, Version] = {
    "kernel.shm_rmid_forced": Version(1, 0),
    "net.ipv4.ip_local_port_range": Version(1, 0),
    "net.ipv4.tcp_syncookies": Version(1, 0),
    "net.ipv4.ping_group_range": Version(1, 0),
    "net.ipv4.ip_unprivileged_port_start": Version(1, 0),
    "net.ipv4.ip_local_reserved_ports": Version(1, 27),
    "net.ipv4.tcp_keepalive_time": Version(1, 29),
    "net.ipv4.tcp_fin_timeout": Version(1, 29),
    "net.ipv4.tcp_keepalive_intvl": Version(1, 29),
    "net.ipv4.tcp_keepalive_probes": Version(1, 29),
    "net.ipv4.tcp_rmem": Version(1, 32),
    "net.ipv4.tcp_wmem": Version(1, 32),
    "net.ipv4.tcp_slow_start_after_idle": Version(1, 37),
    "net.ipv4.tcp_notsent_lowat": Version(1, 37),
}
"""Sysctl -> the first version of the Pod Security Standards that counts it as safe."""

_WALKS = re.compile(r"[./]{2}")
"""A name becomes a path below /proc/sys: one without empty parts stays where it begins."""
_NAMESPACED = ("net.", "kernel.msg", "kernel.sem", "kernel.shm", "fs.mqueue.")
"""On an engine each container has these to itself (opencontainers, runtime-spec): they reach nobody else."""


@control.judge
def sysctls(unit: Unit) -> Judgement:
    field = unit.sysctls
    if isinstance(field, Unknown):
        return unknown(field.reason, field.source, tell=field.tell)
    said = field.value if isinstance(field, Set) else ()
    faults = [Fault(f"sets {s.name}", s.declared_at) for s in said if not _is_safe(s.name, unit.dialect)]
    return judge_faults(faults, good="no sysctl outside the safe set", source=unit.source)


def _is_safe(name: str, dialect: Dialect) -> bool:
    if not dialect.is_kubernetes:
        if _WALKS.search(name):
            return False
        return name.startswith(_NAMESPACED) or name in _SAFE_SINCE
    since = _SAFE_SINCE.get(name)
    return since is not None and since <= dialect.version
