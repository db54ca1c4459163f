"""A certificate that runs out is an outage with a date."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...model.control import Control, Subject
from ...model.field import Set, Source, Unset
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.host import Certificate
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ...model.moments import whole_days_between
from ..examples import not_seen, on_host
from ._fields import HOST, not_known

_LEAST = 30
_OF_SWARM = "swarm-node.crt"
_LEAST_OF_SWARM = 7
"""Days. A swarm renews its nodes' certificates by itself, long before this."""


def _ends(day: str, path: str = "/etc/docker/server.pem") -> dict[str, Any]:
    return on_host(certificates=[{"path": path, "subject": "CN=example", "not_after": f"{day}T00:00:00Z"}])


control = Control(
    id="host/certificates",
    title="No certificate of the engine runs out within 30 days",
    fault="{n} [certificate of the engine runs|certificates of the engine run] out within 30 days",
    rationale="With an expired certificate clients refuse the engine, the engine refuses the registry, or a node "
    "drops out of its swarm: at night, and all at once.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="7.credentials",
    subject=Subject.MACHINE,
    remedy=Remedy(
        "Issue a new one and let a timer do it from now on; a swarm's own: `docker swarm ca --rotate`.",
        "restart of the engine for its own certificate; registries' are read again for each request",
    ),
    check_yourself="openssl x509 -enddate -noout -in FILE",
    bad={"snapshot": [_ends("2026-12-10"), _ends("2025-01-01"), _ends("2026-11-28", f"/x/{_OF_SWARM}")]},
    good={"snapshot": [_ends("2027-06-01"), _ends("2026-12-10", f"/x/{_OF_SWARM}")]},
    unclear={
        "snapshot": [
            on_host(certificates=not_seen()),
            on_host(certificates=[{"path": "/x.pem", "subject": "", "not_after": "", "problem": "it is broken"}]),
        ]
    },
)


@control.judge
def certificates(machine: Machine) -> Judgement | Iterator[Judgement]:
    found = machine.host.certificates
    if isinstance(found, Unset) or (isinstance(found, Set) and not found.value):
        return not_applicable("the engine has no certificates", found.source, about=HOST)
    if not isinstance(found, Set):
        return not_known(found, about=HOST)
    return (_judge(certificate, machine.taken, found.source) for certificate in found.value)


def _judge(certificate: Certificate, now: str, source: Source) -> Judgement:
    about, place = f"{HOST}/{certificate.path.strip('/')}", Source(certificate.path, via=source)
    if certificate.problem:
        return unknown(f"{certificate.path}: {certificate.problem}", place, about=about)
    left = whole_days_between(now, certificate.not_after)
    if left is None:
        return unknown(f"{certificate.path} does not tell until when it holds", place, about=about)
    says = f"{certificate.path} ({certificate.subject}) holds until {certificate.not_after[:10]}"
    if left < 0:
        return failed(f"{says}: it has run out", place, about=about)
    least = _LEAST_OF_SWARM if certificate.path.endswith(_OF_SWARM) else _LEAST
    return failed(f"{says}: {left} days", place, about=about) if left < least else passed(says, place, about=about)
