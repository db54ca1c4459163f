"""The nodes of a swarm, and how `hosts:` in dockworthy.yaml says that each is reached.

A manager tells of its own containers and images, and nothing of those of other nodes.

Source: Engine API v1.45, GET /nodes, /info.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ....engine.connection import Connection
from ....engine.membership import membership_of
from ....engine.ssh.address import is_ssh, ssh_address
from ....errors import UsageError
from ....model.hosts import HOST_LABEL
from .names import node_name


class NodeWay(Struct, frozen=True, kw_only=True):
    """A node, and the way to its engine: `endpoint` is "" where dockworthy.yaml knows none."""

    id: str
    name: str
    endpoint: str = ""


def way_to(node: Mapping[str, Any], hosts: Mapping[str, str]) -> NodeWay:
    """By the host's name on its label (`hosts add` puts it there), by its own name, or by its address. Pure."""
    hostname = str(node["Description"]["Hostname"])
    label = str((node["Spec"].get("Labels") or {}).get(HOST_LABEL, ""))
    address = str(node["Status"].get("Addr") or "")
    by_place = (url for url in hosts.values() if address and _place(url) in (address, hostname))
    endpoint = hosts.get(label) or hosts.get(hostname) or next(by_place, "")
    return NodeWay(id=node["ID"], name=node_name(node), endpoint=endpoint)


async def must_be_node(engine: Connection, way: NodeWay) -> None:
    """Raises UsageError where the way in dockworthy.yaml leads to another one."""
    if (await membership_of(engine)).node != way.id:
        raise UsageError(
            f"{way.endpoint} is not the node {way.name}", hint="`hosts:` in dockworthy.yaml says that it is"
        )


def _place(endpoint: str) -> str:
    return ssh_address(endpoint).host if is_ssh(endpoint) else ""
