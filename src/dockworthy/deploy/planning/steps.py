"""Steps as a plan shows them: what is done, why, to which tasks, and in which order old and new ones change. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from msgspec import Struct

from ...model.compose_project import ComposeService
from ...model.rollout import Desired, Order, RolloutStep, StepKind, Task, TaskState

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


def replace(name: str, tasks: tuple[Task, ...], wanted: int, how: Replacing, causes: tuple[str, ...]) -> RolloutStep:
    lives = any(task.state is TaskState.RUNNING for task in tasks)
    beside = "new beside old, old ones stop when new ones are healthy"
    says = f"replace {name}: {beside if how.order is Order.START_FIRST else 'old first'}"
    gap = how.gap if lives else 0.0
    return RolloutStep(
        kind=StepKind.REPLACE,
        subject=name,
        says=says,
        causes=(*causes, *how.because),
        order=how.order,
        gap=gap,
        tasks=ids_of(tasks),
        replicas=wanted,
    )


def scaled(name: str, up: tuple[Task, ...], wanted: int, before: int | None) -> Iterator[RolloutStep]:
    """`before`: how many the release in force asks for."""
    says = f"scale {name} from {len(up)} to {wanted}"
    if len(up) < wanted:
        is_more = before is None or before < wanted
        cause = "more replicas are asked for" if is_more else f"only {len(up)} of {wanted} are there"
        yield RolloutStep(kind=StepKind.SCALE, subject=name, says=says, causes=(cause,), replicas=wanted)
    elif len(up) > wanted:
        surplus = sorted(up, key=lambda task: (task.is_serving, task.started))[: len(up) - wanted]
        yield RolloutStep(
            kind=StepKind.SCALE,
            subject=name,
            says=says,
            causes=("fewer replicas are asked for",),
            tasks=ids_of(surplus),
            replicas=wanted,
        )


def clear(name: str, tasks: Collection[Task], why: str) -> RolloutStep:
    number = "a container" if len(tasks) == 1 else f"{len(tasks)} containers"
    return RolloutStep(
        kind=StepKind.CLEAR, subject=name, says=f"remove {number} of {name}", causes=(why,), tasks=ids_of(tasks)
    )


def ids_of(tasks: Collection[Task]) -> tuple[str, ...]:
    return tuple(task.id for task in tasks)
