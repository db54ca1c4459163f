"""What stands in the way of a takeover is told before anything is changed; and what it makes of plans and services."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.composed import composed
from dockworthy.deploy.planning.causes import lost_networks
from dockworthy.deploy.targets.migration import (
    SwarmsPart,
    as_takeover,
    emptied,
    must_be_joined,
    must_have_files,
    on_networks_of_swarm,
    refilled,
    swarms_part,
)
from dockworthy.deploy.targets.swarm.needs import edge_can_be_had
from dockworthy.engine.connection import Connection
from dockworthy.errors import UsageError
from dockworthy.model.rollout import Desired, Order, RolloutPlan, RolloutStep, Running, StepKind, Task, TaskState

WEB = {"ID": "s1", "Spec": {"Name": "shop_web", "Mode": {"Replicated": {"Replicas": 2}}}}
NODES = [
    {"ID": "n1", "Description": {"Hostname": "shop1"}, "Spec": {}},
    {"ID": "n2", "Description": {"Hostname": "vm"}, "Spec": {"Labels": {"dockworthy.host": "shop2"}}},
]
SPEC = composed(name="shop", services={"web": {"secrets": [{"source": "pw"}]}})


class Engine:
    """Answers as a manager (`manages`) does."""

    def __init__(self, *, nodes: int = 1, services: Any = (WEB,), manages: bool = True) -> None:
        task = {"ServiceID": "s1", "NodeID": f"n{nodes}", "DesiredState": "running"}
        swarm = {"ControlAvailable": manages, "NodeID": "n1"}
        network = {"Name": "shop_default", "Scope": "swarm", "Attachable": True}
        self._answers = {"info": {"Swarm": swarm}, "services": services, "nodes": NODES[:nodes], "tasks": [task],
                         "networks": [network, {"Name": "bridge", "Scope": "local"}]}  # fmt: skip

    async def get(self, path: str) -> Any:
        return self._answers[path.partition("?")[0].strip("/")]


async def part(**engine: Any) -> SwarmsPart:
    return await swarms_part(cast(Connection, Engine(**engine)), "shop")


async def test_what_the_swarm_has_of_it() -> None:
    assert await part() == SwarmsPart(("shop_web",), {"shop_default": True})
    assert await part(manages=False) == SwarmsPart()
    assert await part(services=(), nodes=2) == SwarmsPart((), {"shop_default": True}), "others may have many nodes"


async def test_several_nodes_are_refused_with_what_runs_elsewhere() -> None:
    with pytest.raises(UsageError, match=r"other nodes, too \(shop2\); elsewhere run web on shop2") as raised:
        await part(nodes=2)
    assert "hosts remove" in raised.value.hint
    with pytest.raises(UsageError, match="shop_web has no number of replicas"):
        await part(services=({"ID": "s1", "Spec": {"Name": "shop_web", "Mode": {"Global": {}}}},))


async def test_one_engine_has_one_edge() -> None:
    """The other way round: what a swarm needs of an engine whose edge is Compose's."""

    class Edged(Engine):
        async def get(self, path: str) -> Any:
            return [{"Name": "dockworthy-edge", "Scope": "local"}]

    with pytest.raises(UsageError) as raised:
        await edge_can_be_had(cast(Connection, Edged()))
    assert "docker compose -p dockworthy-edge down" in raised.value.hint
    await edge_can_be_had(cast(Connection, Engine()))


def test_what_only_a_swarm_keeps_is_named() -> None:
    with pytest.raises(UsageError, match=r"only a swarm keeps secret pw \(web\)"):
        must_have_files(composed(SPEC.to_json(), secrets={"pw": {"external": True}}), ["web"])
    must_have_files(composed(SPEC.to_json(), secrets={"pw": {"file": "pw"}}), ["web"])


def test_networks_of_the_swarm_are_joined_where_they_may_be() -> None:
    made = on_networks_of_swarm(composed(SPEC.to_json(), networks={"own": None}), {"shop_default": True})
    assert made.to_json()["networks"] == {"own": None, "default": {"name": "shop_default", "external": True}}
    assert on_networks_of_swarm(SPEC, {"other": True}).to_json()["networks"] == {"default": None}
    must_be_joined(SPEC, {"shop_default": True})
    with pytest.raises(UsageError, match="web is to join shop_default"):
        must_be_joined(SPEC, {"shop_default": False})


@given(st.integers(0, 100), st.dictionaries(st.text(), st.text()))
def test_a_service_that_was_emptied_is_filled_as_it_was(replicas: int, labels: dict[str, str]) -> None:
    spec = {"Name": "s", "Labels": labels, "Mode": {"Replicated": {"Replicas": replicas}}}
    assert emptied(spec)["Mode"] == {"Replicated": {"Replicas": 0}}
    assert refilled(emptied(emptied(spec))) == refilled(spec) == spec


def test_the_plan_says_from_whom() -> None:
    ours = RolloutStep(kind=StepKind.REPLACE, subject="web", says="replace web", tasks=("abc",))
    theirs = RolloutStep(
        kind=StepKind.REPLACE, subject="db", says="replace db", tasks=("s1.1.h.i",), order=Order.STOP_FIRST, gap=1.0,
        causes=("its definition changed", "its network n is gone", "data is written to"),
    )  # fmt: skip
    plan = RolloutPlan(project="shop", number=2, steps=(ours, theirs))
    assert as_takeover(RolloutPlan(project="shop", number=2, steps=(ours,))).notes == ()
    same, changed = as_takeover(plan).steps
    assert same == ours and changed.says == "take db over from swarm: the swarm's first"
    assert changed.causes == ("deploy.target is compose", "data is written to") and (changed.gap or 0) > 1


def test_a_network_that_went_with_the_swarm_is_a_cause() -> None:
    desired = Desired(project="shop", spec=SPEC, services={})
    task = Task(id="a", name="web-1", service="web", spec_hash="h", image_id="i", state=TaskState.RUNNING)
    there = Running(tasks={"web": (task,)}, networks={"bridge": {}, "shop_default": {}})
    gone = Running(tasks={"web": (task,)}, networks={"bridge": {}})
    assert lost_networks("web", desired, there) == ()
    assert lost_networks("web", desired, gone) == ("its network shop_default is gone",)
    assert lost_networks("web", desired, Running(networks={"bridge": {}})) == (), "nothing of it is there"
