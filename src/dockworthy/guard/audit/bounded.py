"""Refusals of which anybody can cause any number: some are written down each, the rest is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from msgspec import structs

from ..asked import Asked
from ..decision import Decision

SINGLY = 30
"""In a minute."""
SECONDS = 60.0

Told = Callable[[Asked, Decision], Any]


class Bounded:
    """Called in a loop. After each minute in which there were more, one line tells how many, and what the last was."""

    def __init__(self, told: Told, *, singly: int = SINGLY, seconds: float = SECONDS) -> None:
        self._tell, self._singly, self._seconds = told, singly, seconds
        self._told = self._more = 0
        self._last: tuple[Asked, Decision] | None = None

    def __call__(self, asked: Asked, decision: Decision) -> None:
        if not self._told:
            asyncio.get_running_loop().call_later(self._seconds, self.count)
        self._told += 1
        if self._told <= self._singly:
            self._tell(asked, decision)
        else:
            self._more, self._last = self._more + 1, (asked, decision)

    def count(self) -> None:
        """The line that is due. Nothing where nothing was left out."""
        if self._last is not None:
            asked, decision = self._last
            first = decision.refusals[0]
            says = f"{self._more} more like it within {self._seconds:g} s; the last: {first.says}"
            self._tell(asked, structs.replace(decision, refusals=(structs.replace(first, says=says),)))
        self._told, self._more, self._last = 0, 0, None


__all__ = ["SECONDS", "SINGLY", "Bounded", "Told"]
