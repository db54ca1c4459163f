"""Ports below 1024 that are published: a service of a swarm has such a one only where the policy lists it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ...engine.connection import Connection
from ...engine.faults import WrongState
from ...model.ports import PROTOCOLS, Ports
from ...readers.api_object import ApiObject
from ..floor.host_ports import FREE_FROM, RequestedPort, published_by_container, published_by_service
from ..request import NotCanonical
from .state import ObservationState

_SERVICE = "service"
_MOST = 500


def note_container(thing: Mapping[str, Any], state: ObservationState) -> None:
    """`thing` as the engine shows it."""
    try:
        found = published_by_container(ApiObject(thing, "GET /containers/{id}/json").at("HostConfig"))
    except NotCanonical:
        return
    _note(found, f"container {str(thing.get('Name', '')).lstrip('/')}", state)


async def note_services(connection: Connection, state: ObservationState) -> None:
    """Raises EngineError."""
    try:
        services = await connection.get("/services")
    except WrongState:  # no manager of a swarm
        return
    for service in services or ():
        spec = ApiObject(service, "GET /services").at("Spec")
        _note(published_by_service(spec), f"{_SERVICE} {spec.word('Name')}", state)


def _note(found: tuple[RequestedPort, ...], who: str, state: ObservationState) -> None:
    for each in found:
        name = str(each.ports)
        is_first = name not in state.ports or (who.startswith(_SERVICE) and not state.ports[name].startswith(_SERVICE))
        if each.ports.low < FREE_FROM and is_first and len(state.ports) < _MOST:
            state.ports[name] = who


def drafted_ports(state: ObservationState) -> Iterator[str]:
    """Lines of `guard:`, where a service needs them. With a list nothing else may be published, so the list also names
    all other ports."""
    if not any(who.startswith(_SERVICE) for who in state.ports.values()):
        return
    yield "  ports:"
    for name, who in sorted(state.ports.items(), key=lambda each: Ports.parse(each[0]).low):
        yield f"    # for {who}"
        yield f"    - {json.dumps(name)}"
    yield "    # what everybody may publish without a list, too"
    for protocol in PROTOCOLS:
        yield f"    - {json.dumps(f'{FREE_FROM}-65535/{protocol}')}"
