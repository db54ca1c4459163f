"""What happens at an engine, as it happens. Source: Engine API v1.45, "Monitor events"."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from .connection import Connection


async def follow(
    connection: Connection, *, since: float, kinds: Sequence[str], actions: Sequence[str]
) -> AsyncIterator[dict[str, Any]]:
    """Each event from `since` (seconds since 1970) on, until the engine hangs up: it keeps the last few hundred.

    Raises EngineError and its kinds.
    """
    filters = quote(json.dumps({"type": list(kinds), "event": list(actions)}))
    async for line in connection.lines(f"/events?since={since:.9f}&filters={filters}"):
        event = msgspec.json.decode(line)
        if isinstance(event, dict):
            yield event


__all__ = ["follow"]
