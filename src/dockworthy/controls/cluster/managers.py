"""A swarm decides by majority: too few managers lose it, an even number gains nothing, too many slow it down."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist
from ...model.engine import Cluster
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.levels import Level, Severity
from ._examples import node, swarm, worker
from ._swarm import gap, managers

_ONE, _TWO, _THREE = ([node(f"m{n}", "manager") for n in range(count)] for count in (1, 2, 3))

control = Control(
    id="cluster/managers",
    title="The swarm has an odd number of managers, three to seven",
    fault="The swarm's number of managers keeps no quorum, or is even",
    rationale="With one manager its loss is the swarm's loss; with two, the loss of either is. An even number survives no "
    "more losses than one less, and each manager holds all keys of the swarm.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="6.orchestrators",
    subject=Subject.CLUSTER,
    references=(cis("1.6.0", "7.1"), cis("1.8.0", "7.1"), nist("4.3.5")),
    remedy=Remedy(
        "Promote or demote nodes to three managers, five for a large swarm.",
        "nothing stops",
        "docker node promote NODE",
    ),
    check_yourself="docker node ls --filter role=manager",
    bad={"snapshot": [swarm(*_ONE, node("w")), swarm(*_TWO), swarm(*(node(f"m{n}", "manager") for n in range(9)))]},
    good={"snapshot": [swarm(*_THREE), swarm(*_ONE)]},
    unclear={"snapshot": worker()},
)

_MOST = 7


@control.judge
def manager_count(cluster: Cluster) -> Judgement:
    if not isinstance(cluster.nodes, Set):
        return gap(cluster.nodes)
    count, nodes, place = len(managers(cluster)), len(cluster.nodes.value), cluster.nodes.source
    if count == 1 and nodes == 1:
        return passed("a swarm of one node: there is nothing to decide by majority", place)
    if count == 1:
        return failed(f"1 manager for {nodes} nodes: without it nothing is scheduled", place)
    if count % 2 == 0:
        return failed(f"{count} managers survive the loss of {max(count // 2 - 1, 0)}, as {count - 1} do", place)
    if count > _MOST:
        return failed(f"{count} managers: each holds all keys, and all must agree on every change", place)
    return passed(f"{count} managers survive the loss of {count // 2}", place)
