"""The edge is no task: who drains the node on which it runs is told that it stays there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dockworthy.cli.hosts.nodes import _drain
from dockworthy.engine.connection import Connection
from dockworthy.hosts.edge_places import edge_places
from dockworthy.model.hosts import EdgePlaces, SwarmNode
from dockworthy.report.hosts import edge_stays_in_words
from engine.fake import FakeEngine, fake_engine

NODES = [SwarmNode(id=f"id{number}", name=f"shop{number}") for number in (1, 2, 3)]
EDGE = [{"Id": "e", "State": "running", "Names": ["/dockworthy-edge-proxy"]}]


def answers(number: int, *, edge: bool) -> dict[str, object]:
    swarm = {
        "LocalNodeState": "active",
        "NodeID": f"id{number}",
        "ControlAvailable": number == 1,
        "NodeAddr": "10.0.0.1",
    }
    node = {"ID": "id1", "Spec": {"Role": "manager"}, "Status": {"State": "ready"}, "ManagerStatus": {}}
    return {
        "/info": {"ID": f"e{number}", "Name": f"shop{number}", "Swarm": swarm},
        "/containers/json": EDGE if edge else [],
        "/nodes": [{**node, "Description": {"Hostname": "shop1"}}],
        "/services": [],
        "/tasks": [],
    }


def ways(*engines: FakeEngine) -> dict[str, str]:
    return {f"shop{number}": engine.endpoint for number, engine in enumerate(engines, 1)}


async def test_each_engine_is_asked_and_one_that_does_not_answer_is_named(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    async with (
        fake_engine(folders[0], answers(1, edge=False)) as one,
        fake_engine(folders[1], answers(2, edge=True)) as two,
        Connection(one.endpoint) as manager,
    ):
        known = {**ways(one, two), "shop3": f"unix://{tmp_path}/none.sock"}
        assert await edge_places(manager, NODES, known) == EdgePlaces(on=("shop2",), unknown=("shop3",))


def test_the_words() -> None:
    alone = edge_stays_in_words("shop1", EdgePlaces(on=("shop1",)))
    assert "stays on shop1 alone" in alone and "deploy.edge.hosts" in alone and "could not be asked" not in alone
    assert "(shop3 could not be asked)" in edge_stays_in_words("shop1", EdgePlaces(on=("shop1",), unknown=("shop3",)))
    beside = edge_stays_in_words("shop1", EdgePlaces(on=("shop1", "shop2")))
    assert "shop2 has it, too" in beside and "alone" not in beside
    assert edge_stays_in_words("shop2", EdgePlaces(on=("shop1",))) == ""
    assert "is unknown" in edge_stays_in_words("shop2", EdgePlaces(unknown=("shop2",)))


def test_the_plan_of_a_drain_and_its_end_say_that_the_edge_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def run() -> int:
        async with fake_engine(tmp_path, answers(1, edge=True)) as one:
            return await _drain(
                one.endpoint, "shop1", ways(one), force=False, seconds=1.0, yes=True, dry_run=True, sudo=False
            )

    assert asyncio.run(run()) == 0
    told = " ".join(capsys.readouterr().err.split())
    assert "no task runs there - the edge stays on shop1 alone" in told
