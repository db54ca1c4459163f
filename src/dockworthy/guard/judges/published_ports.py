"""Ports of the host that a container or service would have. Nothing is looked up for one that publishes none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from ...readers.api_object import ApiObject
from ..decision import Refusal
from ..floor.host_ports import (
    RequestedPort,
    published_by_container,
    published_by_edge,
    published_by_service,
    refused_by_list,
    refused_for_swarm,
    refused_listeners,
    refused_of_edge,
)
from .case import Case


async def refused_ports_of_container(case: Case, host: ApiObject, *, is_edge: bool) -> AsyncIterator[Refusal]:
    """`host`: its HostConfig. The edge has its own ports, and no others."""
    wanted = published_by_container(host)
    if not wanted:
        return
    edge = published_by_edge(await case.world.edge_specs())
    asked = [each for each in wanted if not (is_edge and each.ports in edge)]
    for refusal in (*refused_by_list(asked, case.policy.guard.listed_ports()), *refused_of_edge(asked, edge)):
        yield refusal
    async for refusal in _refused_listeners(case, wanted):
        yield refusal


async def refused_ports_at_start(case: Case, host: ApiObject) -> AsyncIterator[Refusal]:
    """What listens now; the rest was judged when the container was made."""
    async for refusal in _refused_listeners(case, published_by_container(host)):
        yield refusal


async def refused_ports_of_service(
    case: Case, spec: ApiObject, now: Mapping[str, Any] | None
) -> AsyncIterator[Refusal]:
    """`now`: the spec that the service has already, whose ports it keeps."""
    kept = published_by_service(ApiObject(now, "GET /services/{id}")) if now else ()
    wanted = [each for each in published_by_service(spec) if each not in kept]
    if not wanted:
        return
    listed = case.policy.guard.listed_ports()
    edge = published_by_edge(await case.world.edge_specs())
    swarm = await case.world.swarm_ports()
    for refusal in (
        *refused_by_list(wanted, listed),
        *refused_of_edge(wanted, edge),
        *refused_for_swarm(wanted, listed, swarm),
    ):
        yield refusal
    async for refusal in _refused_listeners(case, wanted, published=any(each.is_ingress for each in wanted)):
        yield refusal


async def _refused_listeners(
    case: Case, wanted: Sequence[RequestedPort], *, published: bool = False
) -> AsyncIterator[Refusal]:
    if not wanted:
        return
    listening = await case.world.listening([each.ports for each in wanted], published=published)
    for refusal in refused_listeners(wanted, listening):
        yield refusal
