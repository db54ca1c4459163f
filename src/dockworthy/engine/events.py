"""What happens at an engine, as it happens. Source: Engine API v1.45, "Monitor events"."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from .connection import Connection
from .filters import filters


async def follow(
    connection: Connection, *, since: float, kinds: Sequence[str], actions: Sequence[str]
) -> AsyncIterator[dict[str, Any]]:
    """Each event from `since` (seconds since 1970) on, until the engine hangs up: it keeps the last few hundred.

    Raises EngineError and its kinds.
    """
    wanted = filters(type=list(kinds), event=list(actions))
    async for line in connection.lines(f"/events?since={since:.9f}&{wanted}"):
        event = msgspec.json.decode(line)
        if isinstance(event, dict):
            yield event
