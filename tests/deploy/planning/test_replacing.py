"""What can stand beside its successor, and what can't."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy.deploy.planning.steps import replacing
from dockworthy.model.compose_project import ComposeService
from dockworthy.model.rollout import Order

BIND = {"type": "bind", "source": "/srv/data", "target": "/data"}


@pytest.mark.parametrize(
    ("service", "because"),
    [
        ({"ports": [{"published": "8080", "target": 80}]}, "port 8080 of the host"),
        ({"network_mode": "host"}, "network_mode host"),
        ({"network_mode": "service:web"}, "network_mode service:web"),
        ({"networks": {"inner": {"ipv4_address": "10.1.0.5"}}}, "a fixed address in the network inner"),
        ({"volumes": [BIND]}, "/srv/data is written to"),
        ({"deploy": {"update_config": {"order": "stop-first"}}}, "order is stop-first"),
    ],
)
def test_what_one_container_alone_can_have_goes_first(service: dict[str, Any], because: str) -> None:
    found = replacing(ComposeService.from_json(service))
    assert found.order is Order.STOP_FIRST and because in found.because[0] and found.gap >= 1


@pytest.mark.parametrize(
    "service",
    [
        {},
        {"ports": [{"target": 80}]},
        {"networks": {"default": None}},
        {"volumes": [{**BIND, "read_only": True}, {"type": "tmpfs", "target": "/tmp"}]},
        {"volumes": [BIND], "deploy": {"update_config": {"order": "start-first"}}},
    ],
)
def test_everything_else_stands_beside_its_successor(service: dict[str, Any]) -> None:
    assert replacing(ComposeService.from_json(service)).order is Order.START_FIRST


def test_an_asked_for_order_does_not_make_two_of_what_there_is_one_of() -> None:
    asked = {"deploy": {"update_config": {"order": "start-first"}}}
    assert replacing(ComposeService.from_json({**asked, "ports": [{"published": "80"}]})).order is Order.STOP_FIRST
    assert replacing(ComposeService.from_json(asked), "web").order is Order.STOP_FIRST


@pytest.mark.parametrize(
    ("health", "gap"),
    [
        ({}, 1.0),
        ({"disable": True}, 1.0),
        ({"test": ["CMD", "x"], "interval": "10s"}, 11.0),
        ({"test": ["CMD", "x"], "interval": "10s", "start_interval": "500ms", "start_period": "5s"}, 1.5),
        ({"test": ["CMD", "x"]}, 31.0),
        ({"test": ["CMD", "x"], "interval": "1h0m0s"}, 61.0),
    ],
)
def test_the_gap_is_the_time_until_the_first_probe(health: dict[str, Any], gap: float) -> None:
    assert replacing(ComposeService.from_json({"healthcheck": health}), "web").gap == gap
