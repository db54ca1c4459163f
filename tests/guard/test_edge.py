"""Nobody but `dockworthy deploy` brings a container to the edge: by no name of its networks, and not into the edge."""

from __future__ import annotations

from typing import Any

import pytest

from guard.test_judging import World, ask

ALIAS = "0123456789abcdef0123456789abcdef"
OURS = {"com.docker.compose.project": "dockworthy-edge"}
_EDGE = {"Name": "dockworthy-edge", "Id": "d" * 64, "Driver": "bridge"}
_FRONT = {"Name": "dockworthy-edge-front", "Id": "f" * 64, "Driver": "bridge"}
_FOUND = {
    **dict.fromkeys(("network_dockworthy-edge", f"network_{'d' * 64}", "network_ddd"), _EDGE),
    **dict.fromkeys(("network_dockworthy-edge-front", "network_fff"), _FRONT),
    "network_shop": {"Name": "shop", "Id": "5" * 64, "Driver": "bridge"},
    "dockworthy-edge-proxy-1": {"Id": "e" * 64, "Config": {"Labels": OURS}, "HostConfig": {}, "State": {}},
}


def _service(target: str, *aliases: str) -> dict[str, Any]:
    networks = [{"Target": target, "Aliases": list(aliases)}]
    return {"Name": "x_web", "TaskTemplate": {"ContainerSpec": {"Image": "x"}, "Networks": networks}}


def _connect(*aliases: str) -> dict[str, Any]:
    return {"Container": "c" * 64, "EndpointConfig": {"Aliases": list(aliases)}}


_CREATE = "POST /v1.45/containers/create"
_NAMED: dict[str, Any] = {"Image": "x", "NetworkingConfig": {"EndpointsConfig": {"shop": {"NetworkID": "ddd"}}}}
ATTACKS: dict[str, tuple[str, Any]] = {
    "its mode": (_CREATE, {"Image": "x", "HostConfig": {"NetworkMode": "dockworthy-edge"}}),
    "its mode by id": (_CREATE, {"Image": "x", "HostConfig": {"NetworkMode": "ddd"}}),
    "an endpoint": (_CREATE, {"Image": "x", "NetworkingConfig": {"EndpointsConfig": {"dockworthy-edge": {}}}}),
    "an endpoint by the id of another name": (_CREATE, _NAMED),
    "a secret name at its making": (
        _CREATE,
        {"Image": "x", "NetworkingConfig": {"EndpointsConfig": {"dockworthy-edge": {"Aliases": [ALIAS]}}}},
    ),
    "a container called so": (f"{_CREATE}?name=web.shop", {"Image": "x", "HostConfig": {"NetworkMode": "ddd"}}),
    "the front": (_CREATE, {"Image": "x", "HostConfig": {"NetworkMode": "dockworthy-edge-front"}}),
    "the edge's own namespace": (
        _CREATE,
        {"Image": "x", "HostConfig": {"NetworkMode": "container:dockworthy-edge-proxy-1"}},
    ),
    "the edge's own processes": (
        _CREATE,
        {"Image": "x", "HostConfig": {"PidMode": "container:dockworthy-edge-proxy-1"}},
    ),
    "the edge's own folders": (_CREATE, {"Image": "x", "HostConfig": {"VolumesFrom": ["dockworthy-edge-proxy-1:rw"]}}),
    "connect": ("POST /v1.45/networks/dockworthy-edge/connect", {"Container": "c" * 64}),
    "connect by a name": ("POST /v1.45/networks/dockworthy-edge/connect", _connect("web.shop")),
    "connect by id": ("POST /v1.45/networks/ddd/connect", _connect("web.shop")),
    "connect by what is nearly secret": ("POST /v1.45/networks/ddd/connect", _connect(ALIAS[1:], ALIAS.upper())),
    "connect to the front": ("POST /v1.45/networks/fff/connect", _connect(ALIAS)),
    "a service": ("POST /v1.45/services/create", _service("dockworthy-edge", "web.shop")),
    "a service by id": ("POST /v1.45/services/create", _service("d" * 64, "web")),
}


@pytest.mark.parametrize("how", ATTACKS)
async def test_who_joins_the_edge_by_another_way_is_refused(how: str) -> None:
    line, body = ATTACKS[how]
    decision = await ask(line, body, world=World(**_FOUND))
    assert "guard/edge" in {refusal.rule for refusal in decision.refusals}


GOOD: dict[str, tuple[str, Any]] = {
    "another network": (_CREATE, {"Image": "x", "HostConfig": {"NetworkMode": "shop"}}),
    "the edge itself": (_CREATE, {"Image": "x", "Labels": OURS, "HostConfig": {"NetworkMode": "dockworthy-edge"}}),
    "what a deploy asks": ("POST /v1.45/networks/dockworthy-edge/connect", _connect(ALIAS)),
    "what a deploy to a swarm asks": ("POST /v1.45/services/create", _service("ddd", "web", "web.shop", ALIAS)),
}


@pytest.mark.parametrize("how", GOOD)
async def test_a_deploy_and_other_networks_are_not_held_up(how: str) -> None:
    line, body = GOOD[how]
    decision = await ask(line, body, world=World(**_FOUND))
    assert "guard/edge" not in {refusal.rule for refusal in decision.refusals}
