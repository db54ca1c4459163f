"""Who may take a task, and how dockworthy.yaml says that it is reached."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.composed import composed
from dockworthy.deploy.targets.swarm.node_images import wanted_images
from dockworthy.deploy.targets.swarm.node_ways import NodeWay
from dockworthy.deploy.targets.swarm.placement import made_room
from dockworthy.errors import UsageError
from dockworthy.model.release import ShippedService
from dockworthy.model.rollout import Desired, RolloutStep, StepKind

ID = "sha256:" + "a" * 64


def node(id: str, *, state: str = "ready", availability: str = "active", **labels: str) -> dict[str, Any]:
    named = {name.replace("_", "."): value for name, value in labels.items()}
    return {
        "ID": id,
        "Description": {"Hostname": f"host-{id}"},
        "Status": {"State": state, "Addr": f"10.0.0.{id[1:]}"},
        "Spec": {"Labels": named, "Availability": availability, "Role": "worker"},
    }


def wanted(nodes: list[dict[str, Any]], *kinds: StepKind, hosts: dict[str, str] | None = None, **web: Any) -> list[Any]:
    shipped = ShippedService(reference="shop:1", image=ID, image_id=ID, spec_hash="1")
    desired = Desired(
        project="p", spec=composed(services={"web": web, "api": {}}), services={"web": shipped, "api": shipped}
    )
    steps = [RolloutStep(kind=kind, subject="web", says="") for kind in kinds]
    return [*wanted_images(desired, steps, nodes, here="n1", hosts=hosts or {})]


def test_those_that_tasks_may_come_to() -> None:
    nodes = [node("n1"), node("n2"), node("n3", state="down"), node("n4", availability="drain"), node("n5", zone="a")]
    (found,) = wanted(nodes, StepKind.REPLACE)
    assert [taker.id for taker in found.takers] == ["n2", "n5"] and found.services == ("web",) and found.by_id
    in_zone = {"placement": {"constraints": ["node.labels.zone==a"]}}
    (found,) = wanted(nodes, StepKind.SCALE, deploy=in_zone)
    assert [taker.id for taker in found.takers] == ["n5"]
    assert wanted(nodes, StepKind.CREATE, deploy={"placement": {"constraints": ["node.id==n1"]}}) == []
    assert wanted(nodes, StepKind.REMOVE, StepKind.CLEAR) == wanted(nodes) == []


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ({}, NodeWay(id="n2", name="blue")),
        ({"blue": "ssh://root@blue", "host-n2": "ssh://x"}, NodeWay(id="n2", name="blue", endpoint="ssh://root@blue")),
        ({"host-n2": "ssh://root@b"}, NodeWay(id="n2", name="blue", endpoint="ssh://root@b")),
        ({"b": "ssh://root@10.0.0.2:2222"}, NodeWay(id="n2", name="blue", endpoint="ssh://root@10.0.0.2:2222")),
        ({"b": "ssh://host-n2"}, NodeWay(id="n2", name="blue", endpoint="ssh://host-n2")),
        ({"b": "ssh://10.0.0.3"}, NodeWay(id="n2", name="blue")),
    ],
)
def test_the_way_to_one(hosts: dict[str, str], expected: NodeWay) -> None:
    nodes = [node("n1"), node("n2", dockworthy_host="blue")]
    (found,) = wanted(nodes, StepKind.CREATE, hosts=hosts)
    assert found.takers == (expected,)


@pytest.mark.parametrize(
    ("deploy", "old_first"),
    [
        ({"replicas": 3, "placement": {"max_replicas_per_node": 1}}, True),
        ({"replicas": 3, "placement": {"max_replicas_per_node": 2}}, False),
        ({"replicas": 1, "placement": {"max_replicas_per_node": 1}}, False),
        ({"replicas": 1, "placement": {"max_replicas_per_node": 1, "constraints": ["node.id==n2"]}}, True),
        ({"replicas": 9}, False),
    ],
)
def test_where_nodes_have_no_room_for_both_the_old_ones_go_first(deploy: dict[str, Any], old_first: bool) -> None:
    nodes = [node("n1"), node("n2"), node("n3"), node("n4", availability="drain")]
    spec, notes = made_room(composed(services={"web": {"deploy": deploy}, "api": {}}), nodes)
    order = spec.services["web"].deploy.update_order
    assert (order == "stop-first") is old_first is bool(notes) and spec.services["api"].to_json() == {}


@pytest.mark.parametrize(
    ("service", "says"),
    [
        ({"ports": [{"mode": "host", "published": "8080"}], "deploy": {"replicas": 4}}, "port 8080 of a node"),
        ({"deploy": {"replicas": 4, "placement": {"max_replicas_per_node": 1}}}, "max_replicas_per_node is 1"),
        ({"ports": [{"mode": "host", "published": "8080"}], "deploy": {"replicas": 3}}, ""),
        ({"deploy": {"replicas": 4}}, ""),
    ],
)
def test_more_tasks_than_nodes_have_room_for_are_refused(service: dict[str, Any], says: str) -> None:
    nodes = [node("n1"), node("n2"), node("n3"), node("n4", availability="drain")]
    if not says:
        made_room(composed(services={"web": service}), nodes)
        return
    with pytest.raises(UsageError) as raised:
        made_room(composed(services={"web": service}), nodes)
    assert "web is to run 4 times" in raised.value.says and says in raised.value.says
    assert "nodes that may take it (3) have room for 3" in raised.value.says and "hosts add" in raised.value.hint
