"""A service of type NodePort or LoadBalancer is open to everybody who reaches a node, or the internet."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.access import Access, Opening
from ...model.control import Control, Subject
from ...model.finding import Evidence, Judgement, Outcome, Remedy, passed
from ...model.levels import Level, Severity

_SERVICE = (
    "{{apiVersion: v1, kind: Service, metadata: {{name: shop{more}}}, spec: {{ports: [{{port: {port}}}], {spec}}}}}"
)

control = Control(
    id="access/exposed-services",
    title="Services are reached through the edge, or from chosen addresses only",
    fault="{who} [is|are] open to every address",
    rationale="A NodePort opens a port on every node, past the edge with its TLS and its log. A load balancer without "
    "`loadBalancerSourceRanges` is open to all. `externalIPs` takes over traffic to addresses that may belong to somebody else.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.network",
    subject=Subject.ACCESS,
    remedy=Remedy(
        "Make it a ClusterIP behind an Ingress or Gateway; give a load balancer `loadBalancerSourceRanges`. A web server that "
        "is meant to be open: say so in an exception.",
        "clients that came that way must take the other",
    ),
    check_yourself="kubectl get services -A | grep -v ClusterIP",
    bad={
        "kubernetes": [
            _SERVICE.format(more="", port=5432, spec="type: NodePort"),
            _SERVICE.format(more="", port=443, spec="type: LoadBalancer"),
            _SERVICE.format(more="", port=80, spec="externalIPs: [192.0.2.7]"),
            _SERVICE.format(more="", port=22, spec="type: LoadBalancer, loadBalancerSourceRanges: [0.0.0.0/0]"),
        ]
    },
    good={
        "kubernetes": [
            _SERVICE.format(more="", port=5432, spec=""),
            _SERVICE.format(more="", port=443, spec="type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.0/24]"),
            _SERVICE.format(
                more=", annotations: {networking.gke.io/load-balancer-type: Internal}",
                port=80,
                spec="type: LoadBalancer",
            ),
        ]
    },
)

_EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})
_WEB = frozenset({80, 443})


@control.judge
def exposed_services(access: Access) -> Iterator[Judgement]:
    if access.kind != "service":
        return
    faults = [(severity, opening) for opening in access.openings if (severity := _severity(opening)) is not None]
    if not faults:
        yield passed("reached from inside the cluster, or from chosen addresses", access.source)
        return
    faults.sort(key=lambda found: found[0].rank)
    evidence = tuple(
        Evidence(f"{opening.how}: {opening.says}{_ports(opening)}", opening.source) for _, opening in faults
    )
    yield Judgement(Outcome.FAIL, evidence, severity=faults[0][0])


def _severity(opening: Opening) -> Severity | None:
    if opening.how == "externalIPs":
        return Severity.HIGH
    if opening.internal or (opening.sources and not _EVERYWHERE.intersection(opening.sources)):
        return None
    web_only = opening.how == "LoadBalancer" and opening.ports and set(opening.ports) <= _WEB
    return Severity.LOW if web_only else Severity.MEDIUM


def _ports(opening: Opening) -> str:
    return f" (to port {', '.join(map(str, opening.ports))})" if opening.ports else ""
