"""A release that comes up and is sick a moment later goes back, and it is said why."""

from __future__ import annotations

import pytest

from .shops import Shop

pytestmark = pytest.mark.engine


def test_a_container_that_ends_while_it_is_observed_is_taken_back(shop: Shop) -> None:
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": {"observe": "1s"}})
    shop.compose({"web": shop.service(), "db": shop.service()})
    shop.deploy()
    before = shop.containers()
    shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": {"observe": "1m"}})
    shop.compose({"web": shop.service("sh", "-c", "sleep 3; exit 3"), "db": shop.service()})
    done = shop.deploy(status=18)
    assert "ended with status 3" in " ".join(done.stdout.split())
    assert shop.containers() == before
    kept, back = shop.releases()
    assert (kept["state"], kept["observation"]["broken"]) == ("kept", [])
    assert kept["observation"]["seconds"] >= 1 and kept["observation"]["requests"] is None
    assert back["state"] == "rolled_back" and "ended with status 3" in back["why"]
    assert back["observation"]["seconds"] < 60
