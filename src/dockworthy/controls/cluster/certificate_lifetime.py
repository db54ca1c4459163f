"""A node's certificate is its identity: the longer it lasts, the longer a stolen one is good."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist
from ...model.engine import Cluster
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ._examples import node, swarm, worker
from ._swarm import gap, spec, swarm_source

_NANOSECONDS_A_DAY = 86_400_000_000_000


def _lasts(days: int) -> dict[str, object]:
    return swarm(node("m", "manager"), spec={"CAConfig": {"NodeCertExpiry": days * _NANOSECONDS_A_DAY}})


control = Control(
    id="cluster/certificate-lifetime",
    title="Node certificates last 90 days at most",
    fault="Node certificates last more than 90 days",
    rationale="Nodes renew their certificates by themselves, so a short life costs nothing, and ends what a thief can do.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="6.orchestrators",
    subject=Subject.CLUSTER,
    references=(cis("1.6.0", "7.7"), cis("1.8.0", "7.7"), nist("4.3.5")),
    remedy=Remedy("Shorten it.", "nothing stops", "docker swarm update --cert-expiry 720h"),
    check_yourself="docker info | grep -A1 'Expiry Duration'",
    bad={"snapshot": _lasts(365)},
    good={"snapshot": [_lasts(90), _lasts(30)]},
    unclear={"snapshot": [worker(), swarm(node("m", "manager"))]},
)

LONGEST = 90
"""Days; the engine's own default."""


@control.judge
def certificate_lifetime(cluster: Cluster) -> Judgement:
    if not isinstance(cluster.swarm, Set):
        return gap(cluster.swarm)
    expiry, place = spec(cluster, "CAConfig", "NodeCertExpiry"), swarm_source("Spec.CAConfig.NodeCertExpiry")
    if not isinstance(expiry, int) or isinstance(expiry, bool):
        return unknown("the swarm does not say how long certificates last", place)
    says = f"node certificates last {expiry / _NANOSECONDS_A_DAY:.0f} days"
    return failed(says, place) if expiry > LONGEST * _NANOSECONDS_A_DAY else passed(says, place)
