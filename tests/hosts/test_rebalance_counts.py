"""A node that does not answer is not counted when tasks are spread, and whoever spreads them is told."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from dockworthy.cli.hosts.rebalance import _Moves
from engine.fake import fake_engine

INFO = {"ID": "e", "Swarm": {"LocalNodeState": "active", "NodeID": "id1", "ControlAvailable": True}}


def node(number: int, state: str) -> dict[str, Any]:
    return {"ID": f"id{number}", "Spec": {"Role": "manager"}, "Status": {"State": state}, "ManagerStatus": {},
            "Description": {"Hostname": f"shop{number}"}}  # fmt: skip


@pytest.mark.parametrize("state", ["ready", "down", "unknown"])
def test_who_is_not_counted_is_named(state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nodes = [node(1, "ready"), node(2, state)]
    answers = {"/info": INFO, "/nodes": nodes, "/services": [], "/tasks": []}

    async def run() -> int:
        async with fake_engine(tmp_path, answers) as manager:
            return await _Moves({}, manager.endpoint, seconds=1.0, sudo=False).run((), yes=True, dry_run=False)

    assert asyncio.run(run()) == 0
    told = " ".join(capsys.readouterr().err.split())
    if state == "ready":
        assert "all that can move is spread evenly: nothing to do" in told and "counted" not in told
    else:
        assert "shop2 is down or unknown to the managers, and not counted" in told
        assert "spread evenly on the nodes that are ready: nothing to do" in told
