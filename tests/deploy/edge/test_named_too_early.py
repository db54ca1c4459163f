"""A container that is started on a network is named there by the engine's DNS before it can be reached: what the edge
sent to it by then would fail."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from deploy.edge.conftest import EdgeHere
from deploy.edge.test_standby import Kept
from deploy.shops import Shop

pytestmark = pytest.mark.engine


@pytest.fixture
def kept(here: EdgeHere, shop: Shop) -> Iterator[Kept]:
    yield Kept(here, shop)
    here.do(lambda runner, _: runner.remove(shop.name))


@pytest.mark.parametrize("order", ["start-first", "stop-first"])
def test_a_container_comes_to_the_edge_when_it_runs(kept: Kept, order: str) -> None:
    began = str(int(time.time()))
    kept.deploy("v1")
    kept.deploy("v2", deploy={"update_config": {"order": order}})
    (new,) = kept.shop.containers(every=True).values()
    window = ("--since", began, "--until", str(1 + int(time.time())), "--format", "{{json .}}")
    events = [json.loads(line) for line in kept.here.engine.docker("events", *window).stdout.splitlines()]
    (started,) = [each["timeNano"] for each in events if each["Action"] == "start" and each["Actor"]["ID"] == new]
    joined = [
        each["timeNano"]
        for each in events
        if each["Action"] == "connect"
        and each["Actor"]["Attributes"].get("container") == new
        and each["Actor"]["Attributes"]["name"] == "dockworthy-edge"
    ]
    assert len(joined) == 1 and joined[0] > started
    assert kept.answers() == {"v2"}


def test_a_route_comes_and_goes_and_the_container_stays(kept: Kept) -> None:
    kept.deploy("v1")
    before = kept.shop.containers(every=True)
    (id,) = before.values()
    settings = {"observe": "0s", "edge": {"http": kept.here.http, "https": kept.here.https, "tls": "off"}}
    kept.shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})
    said = kept.shop.deploy().stderr
    assert "take web off the edge's network, without recreating it" in said
    assert kept.networks(id) == {f"{kept.shop.name}_default"} and kept.answers() == {"404"}
    back = kept.shop.dockworthy("rollback", "--yes")
    assert back.returncode == 0, back.stderr
    assert kept.answers() == {"v1"} and kept.shop.containers(every=True) == before
    assert "nothing to do" in kept.shop.dockworthy("rollback", "1", "--yes").stdout
