"""Networks: made, joined, left."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ...readers.api_object import ApiObject
from ...readers.create_request.keys import ENDPOINT, TEXT, TEXT_MAP, TRUTH, ListOf, Shape
from ..decision import NOTHING, Refusal, refused
from .case import Case

DRIVERS = ("", "default", "bridge", "overlay")
_OPTIONS = frozenset(
    "com.docker.network.bridge.enable_icc com.docker.network.bridge.enable_ip_masquerade"
    " com.docker.network.bridge.host_binding_ipv4 com.docker.network.driver.mtu com.docker.network.enable_ipv4"
    " com.docker.network.enable_ipv6 encrypted".split()
)
_NETWORK: dict[str, Shape] = {
    **dict.fromkeys(("Name", "Driver", "Scope"), TEXT),
    **dict.fromkeys(
        ("CheckDuplicate", "Internal", "Attachable", "Ingress", "ConfigOnly", "EnableIPv6", "EnableIPv4"), TRUTH
    ),
    "ConfigFrom": {"Network": TEXT},
    "IPAM": {
        "Driver": TEXT,
        "Options": TEXT_MAP,
        "Config": ListOf(
            {
                **dict.fromkeys(("Subnet", "IPRange", "Gateway"), TEXT),
                "AuxiliaryAddresses": TEXT_MAP,
                "AuxAddress": TEXT_MAP,
            }
        ),
    },
    **dict.fromkeys(("Options", "Labels"), TEXT_MAP),
}
_CONNECT: dict[str, Shape] = {"Container": TEXT, "EndpointConfig": ENDPOINT}
_DISCONNECT: dict[str, Shape] = {"Container": TEXT, "Force": TRUTH}


async def network_create(case: Case) -> AsyncIterator[Refusal]:
    body = ApiObject(case.body(_NETWORK), "POST /networks/create")
    driver = body.word("Driver")
    if driver not in (*DRIVERS, *case.policy.guard.network_drivers):
        yield refused(
            "guard/network-driver",
            "Networks are made by a driver that the policy names",
            f"driver {driver} reaches the host's own network",
            "use a bridge or an overlay, or list it under guard.network_drivers",
        )
    strange = sorted(name for name in body.words("Options") if name not in _OPTIONS)
    if strange and driver in DRIVERS:
        yield refused(
            "guard/network-options", "A network takes no interface of the host's", f"options {', '.join(strange)}"
        )
    if body.word("IPAM", "Driver") not in ("", "default"):
        yield refused(
            "guard/network-driver", "Addresses are given by the engine", f"IPAM driver {body.word('IPAM', 'Driver')}"
        )
    if body.at("Ingress").data is True:
        yield refused("guard/admins-only", "The swarm's ingress network is an admin's matter", "Ingress is true")


async def network_connect(case: Case) -> AsyncIterator[Refusal]:
    body = ApiObject(case.body(_CONNECT), "POST /networks/{id}/connect")
    if body.at("EndpointConfig", "DriverOpts").data:
        yield refused("guard/endpoint-options", "Endpoints take no driver options", "DriverOpts are given")


async def network_disconnect(case: Case) -> AsyncIterator[Refusal]:
    case.body(_DISCONNECT)
    for refusal in NOTHING:
        yield refusal


JUDGES = {
    "network_create": network_create,
    "network_connect": network_connect,
    "network_disconnect": network_disconnect,
}

__all__ = ["JUDGES"]
