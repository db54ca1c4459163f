"""A swarm that began anew makes its tasks again and forgets the edge, which joined its network by hand."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from deploy.edge.shop_app import COMMAND, make_app_image
from hosts.conftest import until
from machines.engines import OwnEngine

from .stacks import Stack
from .test_at_the_edge import HOST, answer

pytestmark = [
    pytest.mark.engine,
    pytest.mark.timeout(240),
    pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed (sudo ./test installs it)"),
]

EDGE = "dockworthy-edge-proxy-1"


def told(swarm: OwnEngine) -> str:
    """Of the edge's network, by the table that the engines of a swarm share."""
    found: Any = json.loads(swarm.docker("network", "inspect", "--verbose", "dockworthy-edge").stdout)[0]
    return str(found.get("Services"))


def test_the_edge_joins_again(shop: Stack, swarm: OwnEngine) -> None:
    shop.image = make_app_image(swarm)
    routes = [{"host": HOST, "service": "web", "port": 8000, "health": "/health"}]
    settings = {"observe": "0s", "edge": {"http": 80, "tls": "off"}, "routes": routes, "healthy_within": "30s"}
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})
    web = shop.service(*COMMAND, environment={"NAME": "v1"}, init=False, healthcheck={"disable": True})
    shop.compose({"web": web})
    try:
        shop.deploy()
        assert EDGE in told(swarm)
        edge = swarm.inspect(EDGE)["Id"]
        swarm.docker("swarm", "init", "--force-new-cluster", "--advertise-addr", "127.0.0.1")
        until(lambda: len(shop.containers("web")) == 1, "the swarm makes its task again")
        assert EDGE not in told(swarm)
        assert "do not know the edge's address" in " ".join(shop.dockworthy("edge", "status").stdout.split())
        assert "the edge joins the swarm's network again" in shop.dockworthy("deploy", "--dry-run").stdout
        assert EDGE not in told(swarm), "a plan changes nothing"
        assert "the edge joins the swarm's network again" in shop.deploy().stderr
        assert EDGE in told(swarm) and swarm.inspect(EDGE)["Id"] == edge
        assert answer(swarm).startswith("v1")
        assert "nothing to do" in shop.deploy().stdout
        assert "address" not in shop.dockworthy("edge", "status").stdout
    finally:
        swarm.docker("rm", "--force", EDGE, check=False)
        swarm.docker("network", "rm", "dockworthy-edge-front", check=False)
