"""Engines of different versions behave differently: which one a task meets is chance."""

from __future__ import annotations

from collections import Counter

from ...model.control import Control, Subject
from ...model.engine import Cluster
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.json_parts import part
from ...model.levels import Level, Severity
from ._examples import node, swarm, worker
from ._swarm import gap

control = Control(
    id="cluster/same-versions",
    title="All nodes of the swarm run the same engine",
    fault="Nodes of the swarm run different engines",
    rationale="A mixed swarm is meant for the hour of an upgrade. After that it means that one node was forgotten, with its "
    "holes.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.current",
    subject=Subject.CLUSTER,
    remedy=Remedy("Drain the older nodes one by one and upgrade them.", "their tasks restart on other nodes"),
    check_yourself="docker node ls --format '{{.Hostname}} {{.EngineVersion}}'",
    bad={"snapshot": swarm(node("m", "manager"), node("w", version="27.3.1"))},
    good={"snapshot": swarm(node("m", "manager"), node("w"))},
    unclear={"snapshot": [worker(), swarm(node("m", "manager"), node("w", version=None))]},
)


@control.judge
def same_versions(cluster: Cluster) -> Judgement:
    if not isinstance(cluster.nodes, Set):
        return gap(cluster.nodes)
    versions = Counter(str(part(n, "Description", "Engine", "EngineVersion") or "") for n in cluster.nodes.value)
    place = cluster.nodes.source
    known = sorted(version for version in versions if version)
    if len(known) > 1:
        says = ", ".join(f"{versions[version]} with {version}" for version in known)
        return failed(f"engines differ: {says}", place)
    if "" in versions or not known:
        return unknown("a node does not tell its engine's version", place, tell="docker node ls")
    return passed(f"all nodes run {known[0]}", place)
