"""A deployed folder in the hands of somebody who knows Compose alone: what goes on serving, and what is said."""

from __future__ import annotations

import asyncio

import pytest

from deploy.edge.clients import ask
from deploy.edge.conftest import EdgeHere
from deploy.edge.shop_app import COMMAND
from deploy.shops import Shop
from deploy.test_deploy_faults import until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

HOST = "by-hand.example.com"


def test_what_compose_made_anew_is_named_and_joins_the_edge_with_the_next_deploy(here: EdgeHere, shop: Shop) -> None:
    shop.image, shop.state = here.image, here.state
    edge = {"http": here.http, "https": here.https, "tls": "off"}
    routes = [{"host": HOST, "service": "web", "port": 8000, "health": "/health"}]
    settings = {"observe": "0s", "edge": edge, "routes": routes, "objectives": {"failed_requests": 1000}}
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": {**settings, "healthy_within": "60s"}})
    web = shop.service(*COMMAND, environment={"NAME": "v1"}, init=False, healthcheck={"disable": True})
    shop.compose({"web": web})

    def status() -> int:
        return asyncio.run(ask(here.http, HOST)).status

    def said(*command: str) -> str:
        done = shop.dockworthy(*command)
        assert done.returncode == 1, done.stdout + done.stderr
        return " ".join(done.stdout.split())

    try:
        shop.deploy()
        assert status() == 200 and shop.dockworthy("releases", "status").returncode == 0
        shop.docker_compose("restart", "--timeout", "1")
        shop.docker_compose("stop", "--timeout", "1")
        shop.docker_compose("start")
        until(lambda: status() == 200)  # it is on the edge's network as before

        for words in (("up", "--detach"), ("up", "--detach", "--force-recreate"), ("down",)):
            shop.docker_compose(*words, "--timeout", "1")
            if words == ("down",):
                shop.docker_compose("up", "--detach")
            ((name, made),) = shop.containers("web").items()
            assert f"{name} is not at the edge" in said("releases", "status")
            until(lambda: "the edge knows none of them" in said("edge", "status"))  # when HAProxy has seen it gone
            assert "let web join the edge, without making it anew" in shop.deploy("--dry-run").stdout
            shop.deploy()
            assert shop.containers("web") == {name: made} and status() == 200
    finally:
        here.do(lambda runner, _: runner.remove(shop.name))
