"""A node is changed by its version; and what a failed join says holds no token."""

from __future__ import annotations

import copy
from typing import Any, cast

import pytest

from dockworthy.engine.connection import Connection
from dockworthy.errors import EngineError, HostError
from dockworthy.hosts.adding import join
from dockworthy.hosts.nodes import available, change
from dockworthy.model.hosts import NodeRole

TOKEN = "SWMTKN-1-secret"


class Manager:
    """Answers as a manager does; somebody else changes the node before each of the first `quicker` updates."""

    def __init__(self, quicker: int = 0) -> None:
        self.node: dict[str, Any] = {"Version": {"Index": 1}, "Spec": {"Availability": "active", "Labels": {}}}
        self.quicker = quicker
        self.sent: list[str] = []

    async def get(self, path: str) -> Any:
        if path == "/swarm":
            return {"JoinTokens": {"Worker": TOKEN, "Manager": f"{TOKEN}-manager"}}
        if path == "/info":
            return {"Swarm": {"LocalNodeState": "pending", "RemoteManagers": [{"Addr": "192.0.2.1:2377"}]}}
        return copy.deepcopy(self.node)

    async def send(self, method: str, path: str, body: Any = None, **_: Any) -> None:
        self.sent.append(path)
        if path == "/swarm/join":
            raise EngineError(f"could not join with {body['JoinToken']}: connection refused")
        if "/nodes/" not in path:
            return
        if self.quicker:
            self.quicker -= 1
            self.node["Version"]["Index"] += 1
            self.node["Spec"]["Labels"] = {"by": "another"}
        if f"version={self.node['Version']['Index']}" not in path:
            raise EngineError("rpc error: code = Unknown desc = update out of sequence")
        self.node["Spec"] = body
        self.node["Version"]["Index"] += 1


def connection(manager: Manager) -> Connection:
    return cast(Connection, manager)


async def test_what_somebody_else_changed_meanwhile_stays() -> None:
    manager = Manager(quicker=2)
    assert await change(connection(manager), "n", available("drain"))
    assert manager.node["Spec"] == {"Availability": "drain", "Labels": {"by": "another"}}
    assert len(manager.sent) == 3
    assert not await change(connection(manager), "n", available("drain"))


async def test_it_ends_where_somebody_changes_it_all_the_time() -> None:
    with pytest.raises(EngineError, match="by somebody else all the time"):
        await change(connection(Manager(quicker=99)), "n", available("drain"))


async def test_a_failed_join_says_what_must_be_open_and_no_token() -> None:
    host = Manager()
    with pytest.raises(HostError) as failed:
        await join(connection(Manager()), connection(host), NodeRole.MANAGER, "192.0.2.2")
    assert host.sent == ["/swarm/leave?force=1", "/swarm/join"], "one that was cut off is begun anew"
    assert "SWMTKN" not in failed.value.says and "connection refused" in failed.value.says
    assert "192.0.2.1:2377" in failed.value.hint and "7946/udp" in failed.value.hint
