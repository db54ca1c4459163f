"""A host that is added to a new swarm may have the edge of the old one: only a deploy lets it join."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dockworthy.deploy.edge.swarm_network import start_again
from dockworthy.engine.connection import Connection
from dockworthy.hosts.adding import _name_edge_left_over
from engine.fake import fake_engine

EDGE = {"Id": "e", "State": "exited", "Names": ["/dockworthy-edge-proxy"]}


STOPPED = {"HostConfig": {"RestartPolicy": {"Name": "always"}}}


@pytest.mark.parametrize(
    ("state", "facts", "starts"),
    [
        ("exited", STOPPED, True),
        ("created", STOPPED, True),
        ("running", STOPPED, False),
        ("exited", {"HostConfig": {"RestartPolicy": {"Name": "no"}}}, False),
    ],
)
async def test_one_that_did_not_come_back_with_its_engine_is_started(
    state: str, facts: dict[str, Any], starts: bool
) -> None:
    sent: list[str] = []

    async def get(path: str) -> Any:
        if path.startswith("/containers/json"):
            return [{**EDGE, "State": state}]
        return facts if path.startswith("/containers/") else {"Scope": "swarm"}

    async def send(method: str, path: str, **_: Any) -> None:
        sent.append(f"{method} {path}")

    engine = cast(Connection, SimpleNamespace(get=get, send=send))
    assert await start_again(engine) is starts
    assert sent == ["POST /containers/e/start"] * starts


@pytest.mark.parametrize("containers", [[EDGE], []])
async def test_who_adds_it_is_told(containers: list[dict[str, Any]], tmp_path: Path) -> None:
    said: list[str] = []
    async with (
        fake_engine(tmp_path, {"/containers/json": containers}) as fake,
        Connection(fake.endpoint) as engine,
    ):
        await _name_edge_left_over(engine, "shop2", said.append)
    assert [each.startswith("shop2 has an edge from before") for each in said] == [True] * len(containers)
    assert all("`dockworthy deploy`" in each for each in said)
