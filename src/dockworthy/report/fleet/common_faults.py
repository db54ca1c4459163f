"""What fails on which hosts: one entry a control, the most serious and most widespread first."""

from __future__ import annotations

from msgspec import Struct

from ...model.finding import Outcome
from ...model.fleet import FleetResult
from ...model.levels import Severity


class CommonFault(Struct, frozen=True):
    control: str
    title: str
    severity: Severity
    hosts: tuple[str, ...]


def common_faults(fleet: FleetResult) -> list[CommonFault]:
    """The severity is that of its most serious finding on any host."""
    where: dict[str, dict[str, None]] = {}
    worst: dict[str, tuple[Severity, str]] = {}
    for host in fleet.hosts:
        for finding in host.result.findings if host.result else ():
            if finding.outcome is not Outcome.FAIL:
                continue
            where.setdefault(finding.control, {})[host.host] = None
            known = worst.get(finding.control)
            if known is None or finding.severity.rank < known[0].rank:
                worst[finding.control] = (finding.severity, finding.title)
    faults = [CommonFault(c, worst[c][1], worst[c][0], tuple(hosts)) for c, hosts in where.items()]
    return sorted(faults, key=lambda fault: (fault.severity.rank, -len(fault.hosts), fault.control))
