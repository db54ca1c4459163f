"""What fails on which hosts: one entry a control, the most serious and most widespread first."""

from __future__ import annotations

from msgspec import Struct

from ...model.fault import fault_sentence
from ...model.finding import Finding, Outcome
from ...model.fleet import FleetResult
from ...model.levels import Severity


class CommonFault(Struct, frozen=True):
    control: str
    title: str
    severity: Severity
    hosts: tuple[str, ...]


def common_faults(fleet: FleetResult) -> list[CommonFault]:
    """The severity is that of its most serious finding on any host."""
    found: dict[str, list[Finding]] = {}
    objects: dict[str, set[tuple[str, str]]] = {}
    where: dict[str, dict[str, None]] = {}
    worst: dict[str, Severity] = {}
    for host in fleet.hosts:
        for finding in host.result.findings if host.result else ():
            if finding.outcome is not Outcome.FAIL:
                continue
            found.setdefault(finding.control, []).append(finding)
            objects.setdefault(finding.control, set()).add((host.host, finding.subject))
            where.setdefault(finding.control, {})[host.host] = None
            known = worst.get(finding.control)
            if known is None or finding.severity.rank < known.rank:
                worst[finding.control] = finding.severity
    faults = [
        CommonFault(c, fault_sentence(found[c], len(objects[c])), worst[c], tuple(hosts)) for c, hosts in where.items()
    ]
    return sorted(faults, key=lambda fault: (fault.severity.rank, -len(fault.hosts), fault.control))
