"""The list of hosts: each with its answer and role, and one that can't be reached beside the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from dockworthy.hosts.listing import role_in
from dockworthy.model.field import Set, Source, Unset
from dockworthy.model.host import Host
from dockworthy.model.hosts import HostStanding
from dockworthy.model.result import Answer
from dockworthy.model.snapshot import EngineFacts, Snapshot, Tool
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
    assert role_in(Snapshot(taken="", tool=Tool("dockworthy", "0"), host=Host(), engine=engine)) == role


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
    assert "while its engine is away, nothing on it answers" in told(one)
    alone = HostStanding(name="shop", address="ssh://a", answer=Answer.YES, has_edge=True)
    assert "edge" not in told(alone) and "engine is away" not in told(alone)


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
