"""Who did not get in is written down; a flood of them is counted, so that it fills no log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ..asked import Asked
from ..decision import Decision, refused

SINGLY = 30
"""In a minute; of more, one line tells how many."""
_SECONDS = 60.0
_TITLE = "From elsewhere only holders of a certificate come in"

Told = Callable[[Asked, Decision], Any]


class TurnedAway:
    """`told` hears of them as it hears of refused requests."""

    def __init__(self, told: Told, *, seconds: float = _SECONDS) -> None:
        self._tell, self._seconds = told, seconds
        self._told = self._more = 0
        self._from = ""

    def __call__(self, address: str, why: str) -> None:
        if not self._told:
            asyncio.get_running_loop().call_later(self._seconds, self._count)
        self._told += 1
        if self._told <= SINGLY:
            self._say(address, why)
        else:
            self._more, self._from = self._more + 1, address

    def _count(self) -> None:
        if self._more:
            self._say(self._from, f"{self._more} more were turned away within a minute, the last from there")
        self._told = self._more = 0

    def _say(self, address: str, why: str) -> None:
        decision = Decision(action="tls/handshake", refusals=(refused("guard/certificate", _TITLE, why),))
        self._tell(Asked(method="TLS", target="", user=f"somebody at {address}"), decision)


__all__ = ["SINGLY", "TurnedAway"]
