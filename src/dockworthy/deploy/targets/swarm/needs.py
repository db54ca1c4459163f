"""What a service needs on the swarm before it can be made: networks, secrets and configs.

Source: Engine API v1.45, /networks, /secrets, /configs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from ....engine.connection import Connection
from ....engine.filters import filters
from ....errors import EngineError, UsageError
from ....model.compose_project import FILE_PARTS, ComposeProject, NetworkDefinition, Subnet
from ....model.labels import STACK
from ....model.rollout import EDGE_NETWORK


async def must_be_had(engine: Connection, spec: ComposeProject) -> None:
    """`spec`: as Compose renders it. Changes nothing. Raises UsageError for what the project takes for granted and the
    swarm does not have, and for a network of one engine that stands where the swarm's is to be."""
    networks, secrets, configs = await asyncio.gather(
        engine.get("/networks"), engine.get("/secrets"), engine.get("/configs")
    )
    scopes = {each["Name"]: each.get("Scope") for each in networks}
    for name in sorted(spec.joined):
        _must_be_swarms(name, scopes, external=_is_external(spec, name))
    for part, there in zip(FILE_PARTS, (secrets, configs), strict=True):
        names = {each["Spec"]["Name"] for each in there or ()}
        for source, definition in spec.files(part).items():
            if definition.external and (name := spec.object_name(part, source)) not in names:
                kind = part.removesuffix("s")
                raise UsageError(f"the swarm has no {kind} {name}", hint=f"docker {kind} create {name} FILE")


async def edge_can_be_had(engine: Connection) -> None:
    """Raises UsageError where the edge of the other target has the engine."""
    scopes = {each["Name"]: each.get("Scope") for each in await engine.get("/networks")}
    _must_be_swarms(EDGE_NETWORK, scopes, external=True)


def _must_be_swarms(name: str, scopes: Mapping[str, Any], *, external: bool) -> None:
    scope = scopes.get(name)
    if scope is not None and scope != "swarm":
        hint = "docker network rm it, when nothing uses it any more (docker compose down)"
        if name == EDGE_NETWORK:
            hint = "the edge of `target: compose` runs on this engine, and one engine has one edge: when no project by "
            hint += "Compose has routes here any more, docker compose -p dockworthy-edge down"
        raise UsageError(f"the network {name} is this engine's own, and the swarm needs one of that name", hint=hint)
    if scope is None and external and name != EDGE_NETWORK:
        raise UsageError(
            f"the swarm has no network {name}", hint=f"docker network create -d overlay --attachable {name}"
        )


def _is_external(spec: ComposeProject, name: str) -> bool:
    return any(spec.object_name("networks", key) == name and each.external for key, each in spec.networks.items())


async def ids_of(engine: Connection, spec: ComposeProject, service: str) -> dict[str, str]:
    """Name -> id of what a service needs; networks that are not there yet are made.

    Raises UsageError for a secret or config that is not there, EngineError.
    """
    ids = await networks_made(engine, spec, spec.joined_by(service))
    for part in FILE_PARTS:
        names = {spec.object_name(part, use.source) for use in spec.services[service].references(part)}
        if not names:
            continue
        there = {
            each["Spec"]["Name"]: each["ID"] for each in await engine.get(f"/{part}?{filters(name=sorted(names))}")
        }
        for name in sorted(names):
            if name not in there:
                raise UsageError(f"{service} needs the {part.removesuffix('s')} {name}, which the swarm does not have")
            ids[name] = there[name]
    return ids


async def networks_made(engine: Connection, spec: ComposeProject, names: Iterable[str]) -> dict[str, str]:
    """Name -> id, of the swarm's networks of these names."""
    there = {each["Name"]: each["Id"] for each in await engine.get("/networks") if each.get("Scope") == "swarm"}
    by_name = {spec.object_name("networks", key): each for key, each in spec.networks.items()}
    plain = NetworkDefinition.from_json(None)
    for name in sorted(names):
        if name not in there:
            there[name] = await _made(engine, name, by_name.get(name, plain), spec.name)
    return {name: there[name] for name in names}


async def edge_network(engine: Connection) -> None:
    """The one that the edge and services with routes share. Who joins it gets no way out of its host by that."""
    definition = NetworkDefinition.from_json({"name": EDGE_NETWORK, "internal": True})
    await networks_made(engine, ComposeProject.of("", {}, networks={EDGE_NETWORK: definition}), [EDGE_NETWORK])


async def _made(engine: Connection, name: str, definition: NetworkDefinition, project: str) -> str:
    body = {
        "Name": name,
        "Driver": "overlay",
        "Attachable": True,
        "Internal": definition.internal,
        "EnableIPv6": definition.enable_ipv6,
        "Options": definition.driver_opts,
        "Labels": {**definition.labels, **({STACK: project} if project else {})},
    }
    if subnets := definition.subnets:
        body["IPAM"] = {"Driver": "default", "Config": [_subnet(each) for each in subnets]}
    try:
        return str((await engine.send("POST", "/networks/create", body))["Id"])
    except EngineError:
        again = [each for each in await engine.get("/networks") if each["Name"] == name and each["Scope"] == "swarm"]
        if not again:
            raise
        return str(again[0]["Id"])  # somebody else was faster


def _subnet(written: Subnet) -> dict[str, str]:
    theirs = {"Subnet": written.subnet, "Gateway": written.gateway, "IPRange": written.ip_range}
    return {key: value for key, value in theirs.items() if value}
