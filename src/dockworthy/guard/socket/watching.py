"""Once a second each connection is looked at: does its client take too long, does what it was allowed still hold?"""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from .client_connection import ClientConnection
from .gate import Gate

EVERY = 1.0
"""Seconds."""


async def watch(clients: Collection[ClientConnection], gate: Gate) -> None:
    """Until it is cancelled."""
    while True:
        await asyncio.sleep(EVERY)
        now = asyncio.get_running_loop().time()
        for client in list(clients):
            try:
                await _look(client, gate, now)
            except Exception:  # whatever it was: the others are looked at, too
                client.abort()


async def _look(client: ClientConnection, gate: Gate, now: float) -> None:
    client.look(now)
    passage = client.passage
    if passage is None:
        return
    renewed = await gate.renewed(passage, client.who)
    if client.passage is not passage:
        return  # that request is over
    if renewed is None:
        client.revoke()
    else:
        client.passage = renewed


__all__ = ["EVERY", "watch"]
