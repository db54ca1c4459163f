"""Have the nodes room for the tasks of a service, and for new ones beside the old, where each node takes only so many
(max_replicas_per_node, a port of the node)? Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....errors import UsageError
from ....model.compose_project import ComposeProject, ComposeService
from ....model.rollout import Order
from .constraints import may_take


def made_room(spec: ComposeProject, nodes: Sequence[Mapping[str, Any]]) -> tuple[ComposeProject, tuple[str, ...]]:
    """The project with each service replaced old first that `max_replicas_per_node` leaves no other way, and what is to
    be said of it. `nodes`: those that are ready, as the API tells of them. Raises UsageError where not even the tasks
    themselves have room."""
    services, notes = {}, []
    for name, service in spec.services.items():
        services[name] = service
        deploy = service.deploy
        most = deploy.placement.max_replicas_per_node
        takers = sum(may_take(node, service) for node in nodes)
        wanted, places = 2 * service.replicas, most * takers
        _must_have_room(name, service, most, takers)
        if not most or wanted <= places or deploy.update_order == Order.STOP_FIRST:
            continue
        services[name] = service.with_deploy(deploy.with_update_order(Order.STOP_FIRST.value))
        notes.append(
            f"{name} is replaced old first: beside each other old and new ones need {wanted} places, and "
            f"max_replicas_per_node: {most} leaves {places}"
        )
    return spec.with_services(services), tuple(notes)


def _must_have_room(name: str, service: ComposeService, most: int, takers: int) -> None:
    """A node gives a port of its own to one task."""
    ports = [each.published for each in service.ports if each.mode == "host"]
    once = [port for port in ports if port.isdigit()]
    most = 1 if once else most
    tasks = service.replicas
    if not most or tasks <= most * takers or not takers:
        return
    why = f"port {once[0]} of a node can be had once" if once else f"max_replicas_per_node is {most}"
    raise UsageError(
        f"{name} is to run {tasks} times, and {why}: nodes that may take it ({takers}) have room for {most * takers}",
        hint="fewer replicas, or more nodes (dockworthy hosts add, hosts resume)"
        + ("; a route in place of the port needs none of a node" if once else ""),
    )
