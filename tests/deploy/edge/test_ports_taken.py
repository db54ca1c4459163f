"""Whose a port is, where the edge itself is just being started again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from dockworthy.deploy.edge.conflicts import refuse_taken
from dockworthy.engine.host_shell import ScriptDone
from dockworthy.engine.site import Site
from dockworthy.errors import UsageError

_EDGE = {
    "Names": ["/dockworthy-edge-proxy-1"],
    "Labels": {"com.docker.compose.project": "dockworthy-edge"},
    "Ports": [{"PublicPort": 80, "Type": "tcp"}],
}


def site(*answers: list[dict[str, Any]]) -> Site:
    """`answers`: the containers that run, each time the engine is asked. docker-proxy listens."""
    told = iter(answers)

    async def get(_: str) -> list[dict[str, Any]]:
        return next(told)

    async def run(_: str) -> ScriptDone:
        return ScriptDone(0, 'LISTEN 0 4096 0.0.0.0:80 0.0.0.0:* users:(("docker-proxy",pid=7,fd=4))', "")

    fake = SimpleNamespace(name="here", engine=SimpleNamespace(get=get), shell=SimpleNamespace(run=run))
    return cast(Site, fake)


async def test_the_edge_that_came_back_meanwhile_is_no_stranger() -> None:
    await refuse_taken(site([], [_EDGE]), (80, None))
    with pytest.raises(UsageError, match=r"port 80 is taken by docker-proxy \(process 7\)"):
        await refuse_taken(site([], []), (80, None))
