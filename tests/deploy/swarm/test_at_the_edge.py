"""A swarm's services behind the edge: it reaches them by their overlay, and a release that answers 500 goes back."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from deploy.edge.shop_app import COMMAND, make_app_image
from deploy.edge.test_deploy_at_the_edge import SICK
from deploy.edge.test_external_proxy import HEALTH
from machines.engines import OwnEngine
from patience import patience, within

from .stacks import Stack

pytestmark = pytest.mark.engine

HOST = "swarm.example.com"
_ASK = """
import http.client, sys
asked = http.client.HTTPConnection("127.0.0.1", 80)
asked.request("GET", "/", headers={"Host": sys.argv[1]})
print(asked.getresponse().read().decode(), end="")
"""


def answer(swarm: OwnEngine) -> str:
    """Of the page, asked where the swarm's host is."""
    command = [*swarm.inside, sys.executable, "-c", _ASK, HOST]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=patience(30)).stdout


@pytest.mark.timeout(240)
@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed (sudo ./test installs it)")
def test_served_replaced_and_taken_back(shop: Stack, swarm: OwnEngine) -> None:
    shop.image = make_app_image(swarm)
    routes = [{"host": HOST, "service": "web", "port": 8000, "health": "/health"}]
    settings = {"observe": "2s", "edge": {"http": 80, "tls": "off"}, "routes": routes, "healthy_within": within(30)}
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})
    more = {"init": False, "healthcheck": HEALTH}  # a swarm ends the old ones as soon as new ones are healthy
    try:
        for name in ("v1", "v2"):
            shop.compose({"web": shop.service(*COMMAND, environment={"NAME": name}, **more)})
            shop.deploy()
            assert answer(swarm).startswith(name)
        shop.compose({"web": shop.service(COMMAND[0], "-I", "-c", SICK, environment={"NAME": "v3"}, **more)})
        done = shop.deploy(status=18)
        assert "web failed" in done.stdout and "a probe: 500 at" in " ".join(done.stdout.split())
        assert answer(swarm).startswith("v2")
        assert [each["state"] for each in shop.releases()] == ["kept", "kept", "rolled_back"]
    finally:
        edge = swarm.docker("ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project=dockworthy-edge")
        for container in edge.stdout.decode().split():
            swarm.docker("rm", "--force", container)
        swarm.docker("network", "rm", "dockworthy-edge-front", check=False)
