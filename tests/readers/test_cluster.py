"""The swarm: on a manager, on a worker, and where there is none."""

from __future__ import annotations

from typing import Any

import pytest
from engine_facts import engine, somewhere_else
from hypothesis import given

from dockworthy.model.field import Set, Source, Unknown, Unset
from dockworthy.readers.machine import read_cluster
from dockworthy.readers.network import read_networks

NOT_A_MANAGER = Unknown("this node is not a swarm manager")
MANAGER: dict[str, Any] = {"Swarm": {"LocalNodeState": "active", "ControlAvailable": True, "NodeID": "n1"}}


def test_a_manager_sees_the_swarm() -> None:
    facts = engine(
        info=MANAGER,
        swarm={"ID": "x"},
        nodes=[{"ID": "n1"}],
        services=[{"ID": "s1"}],
        networks=[{"Name": "shop", "Driver": "overlay"}],
    )
    networks = read_networks(facts)
    seen = read_cluster(facts, networks)
    assert seen is not None and seen.manager
    assert seen.state == Set("active", Source("GET /info", "Swarm.LocalNodeState"))
    assert (seen.nodes, seen.services, seen.networks) == (facts.nodes, facts.services, networks)


def test_a_worker_is_in_a_swarm_that_it_cannot_see() -> None:
    info = {"Swarm": {"LocalNodeState": "active", "ControlAvailable": False}}
    seen = read_cluster(engine(info=info, swarm=NOT_A_MANAGER, nodes=NOT_A_MANAGER), ())
    assert seen is not None and not seen.manager
    assert seen.nodes == NOT_A_MANAGER


@pytest.mark.parametrize("state", ["locked", "pending", "error"])
def test_a_node_that_takes_no_part_is_still_in_a_swarm(state: str) -> None:
    seen = read_cluster(engine(info={"Swarm": {"LocalNodeState": state}}, swarm=NOT_A_MANAGER), ())
    assert seen is not None and isinstance(seen.state, Set) and seen.state.value == state


@pytest.mark.parametrize(
    ("info", "swarm"),
    [
        ({"Swarm": {"LocalNodeState": "inactive"}}, Unset(Source("GET /swarm"))),
        ({"Swarm": {"LocalNodeState": ""}}, Unset(Source("GET /swarm"))),
        ({}, NOT_A_MANAGER),
        (Unknown("no engine"), Unknown("no engine")),
    ],
)
def test_no_swarm_or_none_that_is_known(info: Any, swarm: Any) -> None:
    assert read_cluster(engine(info=info, swarm=swarm), ()) is None


def test_a_swarm_is_known_by_its_own_answer_where_info_is_silent() -> None:
    seen = read_cluster(engine(info=Unknown("refused"), swarm={"ID": "x"}), ())
    assert seen is not None and seen.manager


@given(somewhere_else({"info": MANAGER, "swarm": {"ID": "x"}}))
def test_any_json_anywhere_gives_a_swarm_or_none(odd: Any) -> None:
    info = odd["info"] if isinstance(odd["info"], dict) else {}
    swarm = odd["swarm"] if isinstance(odd["swarm"], dict) else {}
    seen = read_cluster(engine(info=info, swarm=swarm), ())
    assert seen is None or isinstance(seen.manager, bool)
