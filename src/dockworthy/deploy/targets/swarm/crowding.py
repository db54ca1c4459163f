"""Is there room for new tasks beside the old ones, where a node may have so many and no more? Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....model.rollout import Order
from ...desired import replicas_of
from .constraints import may_take


def made_room(spec: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The project with each service replaced old first that `max_replicas_per_node` leaves no other way, and what is to
    be said of it. `nodes`: those that are ready, as the API tells of them."""
    services, notes = {}, []
    for name, service in spec["services"].items():
        services[name] = service
        deploy = service.get("deploy") or {}
        most = int((deploy.get("placement") or {}).get("max_replicas_per_node") or 0)
        wanted, places = 2 * replicas_of(service), most * sum(may_take(node, service) for node in nodes)
        update = deploy.get("update_config") or {}
        if not most or wanted <= places or update.get("order") == Order.STOP_FIRST:
            continue
        services[name] = {**service, "deploy": {**deploy, "update_config": {**update, "order": Order.STOP_FIRST.value}}}
        notes.append(
            f"{name} is replaced old first: beside each other old and new ones need {wanted} places, and "
            f"max_replicas_per_node: {most} leaves {places}"
        )
    return {**spec, "services": services}, tuple(notes)
