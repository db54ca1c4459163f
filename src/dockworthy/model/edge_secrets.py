"""By which names a swarm keeps what the edge must not lose: its authority, certificates with their keys, and routes."""

from __future__ import annotations

import hashlib

EDGE_SECRETS = "dockworthy-edge."
"""The beginning of the names of these secrets."""
EDGE_READER = "dockworthy-edge-reader"
"""The beginning of the name of a service whose task reads them for `dockworthy deploy`, and is removed at once."""


def beginning_of(part: str) -> str:
    """The beginning of the names of the secrets of one part of the edge."""
    return f"{EDGE_SECRETS}{hashlib.sha256(part.encode()).hexdigest()[:16]}."
