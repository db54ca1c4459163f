"""What is the edge's alone: its networks, its container, its project's name. No project may use them by itself. Pure.

The engine knows a network by its name, its id and the beginning of that; a Compose file may give it a key of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...errors import Refused
from ...model.compose_project import NetworkDefinition
from ...model.edge_network import EDGE_NETWORK, EDGE_NETWORKS, EDGE_PROJECT, OWN_PROJECTS
from ...model.labels import COMPOSE_PROJECT
from ...model.rollout import Desired

EDGE_DEFINITION = NetworkDefinition.from_json({"name": EDGE_NETWORK, "external": True})
_HINT = "take it out: a service with a route in deploy.routes joins the edge by `dockworthy deploy`, when it runs"


def refuse_reserved(
    desired: Desired, networks: Sequence[Mapping[str, Any]], containers: Sequence[Mapping[str, Any]]
) -> None:
    """`networks`, `containers`: all of the engine, as it lists them. Raises Refused, with what it is about."""
    if desired.project in OWN_PROJECTS:
        raise Refused(
            f"{desired.project} is the edge's own project",
            hint="give yours another name (`deploy.project`, or `name:`)",
        )
    for says in _uses(desired, networks, containers):
        raise Refused(f"{says}, which is the edge's own", hint=_HINT)


def _uses(
    desired: Desired, networks: Sequence[Mapping[str, Any]], containers: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    ids = [str(each["Id"]) for each in networks if each["Name"] in EDGE_NETWORKS]
    known = {str(each["Name"]) for each in networks}
    edge = [each for each in containers if (each.get("Labels") or {}).get(COMPOSE_PROJECT) == EDGE_PROJECT]
    spec = desired.spec
    for key, definition in spec.networks.items():
        ours = key == EDGE_NETWORK and definition == EDGE_DEFINITION
        name = spec.object_name("networks", key)
        if not (ours and desired.routed) and _is_network(name, known, ids):
            yield f"networks.{key} is the network {name}"
        parent = str(definition.driver_opts.get("parent") or "")
        if any(parent.startswith(f"br-{id[:12]}") for id in ids):
            yield f"networks.{key} is at {parent}"
    for service, written in spec.services.items():
        if EDGE_NETWORK in written.networks and service not in desired.routed:
            yield f"{service} joins the network {EDGE_NETWORK}"
        for key, namespace in written.namespaces.items():
            kind, colon, name = namespace.partition(":")
            if kind == "container" and _is_container(name, edge):
                yield f"{service}: {key} names the container {name}"
            elif key == "network_mode" and not colon and _is_network(kind, known, ids):
                yield f"{service}: network_mode names the network {kind}"
        for text in (*written.volumes_from, *written.external_links):
            name = text.removeprefix("container:").partition(":")[0]
            if _is_container(name, edge):
                yield f"{service} names the container {name}"
        if desired.container_names.get(service, "").startswith(tuple(f"{each}-" for each in OWN_PROJECTS)):
            yield f"{service}: container_name is {desired.container_names[service]}"
        if written.labels.get(COMPOSE_PROJECT) == EDGE_PROJECT:
            yield f"{service} has the label {COMPOSE_PROJECT}: {EDGE_PROJECT}"


def _is_network(name: str, known: set[str], ids: Sequence[str]) -> bool:
    """A name counts before the beginning of an id."""
    return name in EDGE_NETWORKS or (bool(name) and name not in known and any(id.startswith(name) for id in ids))


def _is_container(name: str, edge: Sequence[Mapping[str, Any]]) -> bool:
    name = name.lstrip("/")
    if not name:
        return False
    names = {str(each).lstrip("/") for one in edge for each in one.get("Names") or ()}
    return name.startswith(f"{EDGE_PROJECT}-") or name in names or any(str(one["Id"]).startswith(name) for one in edge)
