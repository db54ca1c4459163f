"""A host that is added to a new swarm may have the edge of the old one: only a deploy lets it join."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dockworthy.engine.connection import Connection
from dockworthy.hosts.adding import _name_edge_left_over
from engine.fake import fake_engine

EDGE = {"Id": "e", "State": "exited", "Names": ["/dockworthy-edge-proxy"]}


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
