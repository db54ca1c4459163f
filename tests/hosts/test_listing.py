"""The list of hosts: each with its answer and role, and one that can't be reached beside the others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from dockworthy.facts.fleet import HostReading
from dockworthy.hosts.listing import role_in, standing_of
from dockworthy.model.field import Set, Source, Unset
from dockworthy.model.host import Host
from dockworthy.model.hosts import HostStanding
from dockworthy.model.levels import Level
from dockworthy.model.policy import ProjectFile
from dockworthy.model.result import Answer
from dockworthy.model.snapshot import EngineFacts, Snapshot, ToolVersion
from dockworthy.report.hosts import render_hosts

SAID = Source("GET /info")
ACTIVE = {"LocalNodeState": "active", "NodeID": "n"}


@pytest.mark.parametrize(
    ("swarm", "node", "role"),
    [
        ({"LocalNodeState": "inactive"}, {}, ""),
        ({"LocalNodeState": "locked"}, {}, "locked"),
        (ACTIVE, {}, "worker"),
        ({**ACTIVE, "ControlAvailable": True}, {"ManagerStatus": {"Reachability": "reachable"}}, "manager"),
        ({**ACTIVE, "ControlAvailable": True}, {"ManagerStatus": {"Leader": True}}, "leader"),
    ],
)
def test_roles(swarm: dict[str, Any], node: dict[str, Any], role: str) -> None:
    nodes = Set(({"ID": "n", **node},), SAID) if swarm.get("ControlAvailable") else Unset(SAID)
    engine = EngineFacts(info=Set({"Swarm": swarm}, SAID), nodes=nodes)
    assert role_in(Snapshot(taken="", tool=ToolVersion("dockworthy", "0"), host=Host(), engine=engine)) == role


def test_what_a_person_sees() -> None:
    shop = HostStanding(
        name="shop",
        address="ssh://a",
        answer=Answer.NOT_YET,
        engine="26.1.5",
        role="leader",
        lacks=("One", "Two"),
        lacking=5,
    )
    gone = HostStanding(name="gone", address="ssh://b", error="nobody listens", hint="is it on?")
    assert render_hosts([shop, gone], width=80, colour=False).splitlines()[:6] == [
        "not yet      shop, ssh://a, engine 26.1.5, leader",
        "             - One",
        "             - Two",
        "             and 3 more controls",
        "not read     gone, ssh://b: nobody listens",
        "             is it on?",
    ]


def test_what_all_of_them_depend_on_is_said() -> None:
    one = HostStanding(name="shop1", address="ssh://a", answer=Answer.YES, role="leader", has_edge=True)
    two = HostStanding(
        name="shop2", address="ssh://b", answer=Answer.YES, role="manager", hint="its swarm has no leader"
    )

    def told(*hosts: HostStanding) -> str:
        return " ".join(render_hosts(hosts, width=200, colour=False).split())

    assert "The edge is on shop1 alone: without that host no route is answered" in told(one, two)
    assert "! its swarm has no leader" in told(one, two)
    lost = HostStanding(name="shop3", address="ssh://c", error="there is no way to shop3 from here")
    assert "The edge is on shop1 alone, as far as could be read (shop3 could not): without" in told(one, lost)
    assert "the only node of its swarm" not in told(one, lost), "three are named, and who knows what shop3 is"
    assert "while its engine is away, nothing on it answers" in told(one)
    alone = HostStanding(name="shop", address="ssh://a", answer=Answer.YES, has_edge=True)
    assert "edge" not in told(alone) and "engine is away" not in told(alone)


def test_a_node_that_takes_no_tasks_is_said_to_with_the_way_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(number: int, *nodes: dict[str, Any]) -> HostReading:
        swarm = {**ACTIVE, "NodeID": f"n{number}", "ControlAvailable": bool(nodes)}
        engine = EngineFacts(info=Set({"Swarm": swarm}, SAID), nodes=Set(nodes, SAID) if nodes else Unset(SAID))
        return HostReading(
            f"ssh://h{number}", Snapshot(taken="", tool=ToolVersion("d", "0"), host=Host(), engine=engine)
        )

    nodes = [{"ID": f"n{number}", "Spec": {"Availability": how}} for number, how in ((1, "active"), (2, "drain"))]
    readings = (read(1, *nodes), read(2))

    async def fleet(*_: object, **__: object) -> tuple[HostReading, ...]:
        return readings

    monkeypatch.setattr("dockworthy.hosts.listing.read_fleet", fleet)
    hosts = {"shop1": "ssh://h1", "shop2": "ssh://h2"}
    told, _ = asyncio.run(standing_of(hosts, level=Level.BASELINE, project=ProjectFile()))
    assert [each.availability for each in told] == ["active", "drain"]
    shown = " ".join(render_hosts(told, width=200, colour=False).split())
    assert shown.count("! it is drained, and takes no tasks: `dockworthy hosts resume shop2` takes it back") == 1


@pytest.mark.engine
def test_one_that_is_gone_keeps_nobody_waiting(
    engine: str, tmp_path: Path, run_dockworthy: Callable[..., CompletedProcess[str]]
) -> None:
    project = tmp_path / "dockworthy.yaml"
    project.write_text(f"hosts:\n  here: {engine}\n  gone: ssh://root@127.0.0.1:1\n")
    done = run_dockworthy("hosts", "--policy", str(project), "--format", "json", timeout=100)
    told = json.loads(done.stdout)
    here, gone = told["hosts"]
    assert here["error"] == "" and here["engine"] and here["lacking"] >= len(here["lacks"]) > 0
    assert gone["answer"] is None and gone["error"]
    assert done.returncode == 1 and told["answer"] == here["answer"]


def test_without_hosts_it_says_what_to_write(
    tmp_path: Path, run_dockworthy: Callable[..., CompletedProcess[str]]
) -> None:
    (tmp_path / "dockworthy.yaml").write_text("{}\n")
    done = run_dockworthy("hosts", "--policy", str(tmp_path / "dockworthy.yaml"))
    assert done.returncode == 2 and "dockworthy.yaml names no hosts" in done.stderr
