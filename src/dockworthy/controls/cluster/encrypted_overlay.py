"""An overlay network sends every packet between hosts in the clear unless it was told to encrypt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.engine import Cluster, Network
from ...model.field import Set, Source
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed
from ...model.levels import Level, Severity
from ._examples import node, swarm

_NODES = (node("m", "manager"), node("w"))


def _overlay(**options: str) -> dict[str, Any]:
    return {"networks": [{"Name": "shop", "Driver": "overlay", "Scope": "swarm", "Options": options}]}


control = Control(
    id="cluster/encrypted-overlay",
    title="Overlay networks are encrypted",
    fault="{n} [overlay network is|overlay networks are] not encrypted",
    rationale="Passwords, queries and answers between services of different hosts can be read and changed by whoever is "
    "on the network between the hosts.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="6.orchestrators",
    subject=Subject.CLUSTER,
    references=(cis("1.6.0", "7.3"), cis("1.8.0", "7.3"), nist("4.3.3"), owasp("D03")),
    remedy=Remedy(
        'Make the network again with `--opt encrypted` (`driver_opts: {encrypted: "true"}`), or join the hosts through an '
        "encrypted network of their own (WireGuard).",
        "recreates the services on the network; some CPU for each packet",
    ),
    check_yourself="docker network inspect -f '{{.Name}} {{json .Options}}' $(docker network ls -q --filter driver=overlay)",
    bad={"snapshot": [swarm(*_NODES, **_overlay()), swarm(*_NODES, **_overlay(encrypted="false"))]},
    good={"snapshot": [swarm(*_NODES, **_overlay(encrypted="")), swarm(*_NODES, **_overlay(encrypted="true"))]},
)


@control.judge
def encrypted_overlay(cluster: Cluster) -> Iterator[Judgement]:
    if isinstance(cluster.nodes, Set) and len(cluster.nodes.value) < 2:
        yield not_applicable("one node: nothing travels between hosts", cluster.nodes.source)
        return
    overlays = [network for network in cluster.networks if network.driver == "overlay"]
    if not overlays:
        yield not_applicable("no overlay network is here", Source("GET /networks"))
    yield from map(_judge, overlays)


def _judge(network: Network) -> Judgement:
    place, about = Source(network.source.where, f"{network.name}.Options"), f"network/{network.name}"
    written = network.options.get("encrypted")
    if written is not None and written.lower() not in ("false", "0", "f"):
        return passed("encrypted", place, about=about)
    return failed("not encrypted: its packets travel in the clear between hosts", place, about=about)
