"""Can a service's new containers stand beside the old ones, and how long does it not answer where they can't? Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from ...model.compose_project import ComposeService
from ...model.rollout import Desired, Order

_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_STARTING = 1.0
"""Seconds that a container takes to stop in order and start, where nothing else is known."""


class Replacing(Struct, frozen=True):
    """`because`: why the old ones must go first. `gap`: seconds."""

    order: Order
    because: tuple[str, ...] = ()
    gap: float = 0.0


def replacing(service: ComposeService, container_name: str = "") -> Replacing:
    """`container_name`: the one that it asked for.

    What only one container can have decides; a volume that is written to may be shared only where the file says so,
    by `deploy.update_config.order: start-first`.
    """
    asked = service.deploy.update_order
    because = [*_exclusive(service, container_name)]
    if not because and asked != Order.START_FIRST:
        because = [*_written_to(service)]
    if not because and asked == Order.STOP_FIRST:
        because = ["deploy.update_config.order is stop-first"]
    if not because:
        return Replacing(Order.START_FIRST)
    return Replacing(Order.STOP_FIRST, tuple(because), _expected_gap(service))


def how_replaced(name: str, desired: Desired) -> Replacing:
    return replacing(desired.spec.services[name], desired.container_names.get(name, ""))


def stopping_first(desired: Desired) -> frozenset[str]:
    """The services whose old containers go before new ones come."""
    return frozenset(name for name in desired.spec.services if how_replaced(name, desired).order is Order.STOP_FIRST)


def _exclusive(service: ComposeService, container_name: str) -> Iterator[str]:
    if container_name:
        yield f"container_name {container_name} can be had by one container only"
    for port in service.ports:
        if port.published:
            yield f"port {port.published} of the host can be had by one container only"
    if service.network_mode == "host":
        yield "network_mode host: its ports are the host's"
    if service.network_mode.startswith(("service:", "container:")):
        yield f"network_mode {service.network_mode}"
    for name, network in service.networks.items():
        if not {"ipv4_address", "ipv6_address"}.isdisjoint(network.addresses):
            yield f"a fixed address in the network {name}"


def _written_to(service: ComposeService) -> Iterator[str]:
    for mount in service.mounts:
        if mount.type in ("volume", "bind") and not mount.read_only and mount.source:
            yield f"{mount.source} is written to, and two at a time may harm it"


def _expected_gap(service: ComposeService) -> float:
    """Until it is healthy again: its first probe comes after `start_interval` or `interval`."""
    health = service.healthcheck
    if health is None or health.disable:
        return _STARTING
    first = health.start_interval if health.start_period else ""
    return _STARTING + min(_seconds(first or health.interval or "30s"), 60.0)


def _seconds(duration: str) -> float:
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(duration))
