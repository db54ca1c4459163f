"""The networks of the edge, and the names by which the edge finds containers there. No I/O."""

from __future__ import annotations

import re

EDGE_PROJECT = "dockworthy-edge"
"""The Compose project of the edge itself."""
ADDRESS_PROJECT = "dockworthy-address"
"""That of keepalived, where the edge has an address that moves between hosts."""
OWN_PROJECTS = frozenset({EDGE_PROJECT, ADDRESS_PROJECT})
EDGE_NETWORK = "dockworthy-edge"
"""On which the edge reaches the services that have routes."""
EDGE_FRONT = "dockworthy-edge-front"
"""By which the edge is reached; nobody else is on it."""
EDGE_NETWORKS = (EDGE_NETWORK, EDGE_FRONT)
COMPOSE_KEYS = {EDGE_NETWORK: "edge", EDGE_FRONT: "front"}
"""Their keys in the edge's Compose file."""

_ALIAS = re.compile(r"[0-9a-f]{32}")


def is_alias(name: str) -> bool:
    return _ALIAS.fullmatch(name) is not None
