"""Refusals of which anybody can cause any number: some are written down each, the rest is counted.

Bounded for each person: nobody's flood puts files aside in which others' lines are to be read.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec import structs

from ..decision import Decision
from ..request import GuardRequest

SINGLY = 30
"""In a minute."""
SECONDS = 60.0

Told = Callable[[GuardRequest, Decision], Any]


class Bounded:
    """Called in a loop, with refusals. After each minute in which there were more, one line tells how many, by which
    rules, and what the last was; `counted` is called after each minute in which there were any."""

    def __init__(
        self, told: Told, *, singly: int = SINGLY, seconds: float = SECONDS, counted: Callable[[], None] | None = None
    ) -> None:
        self._tell, self._singly, self._seconds, self._counted = told, singly, seconds, counted
        self._told = 0
        self._more: Counter[str] = Counter()
        self._last: tuple[GuardRequest, Decision] | None = None
        self._due: asyncio.TimerHandle | None = None

    def __call__(self, asked: GuardRequest, decision: Decision) -> None:
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(self._seconds, self.count)
        self._told += 1
        if self._told <= self._singly:
            self._tell(asked, decision)
        else:
            self._more[decision.refusals[0].rule] += 1
            self._last = asked, decision

    def count(self) -> None:
        """The line that is due. Nothing where nothing was left out."""
        if self._due is not None:
            self._due.cancel()
        more, last = self._more, self._last
        self._told, self._more, self._last, self._due = 0, Counter(), None, None
        if last is not None:
            asked, decision = last
            first = decision.refusals[0]
            rules = ", ".join(f"{rule} {count}" for rule, count in more.most_common(10))
            says = f"{more.total()} more like it within {self._seconds:g} s ({rules}); the last: {first.says}"
            self._tell(asked, structs.replace(decision, refusals=(structs.replace(first, says=says),)))
        if self._counted is not None:
            self._counted()


MOST_PEOPLE = 20
"""At a time: who comes after them shares one count with all others. One user can be many, by ids of a namespace's."""


class PerPerson:
    """Called in a loop, with refusals. Who has no name is one person: the engine's plugin is told none."""

    def __init__(self, told: Told, *, singly: int = SINGLY, seconds: float = SECONDS, most: int = MOST_PEOPLE) -> None:
        self._tell, self._singly, self._seconds, self._most = told, singly, seconds, most
        self._people: dict[str, Bounded] = {}
        self._others = self._bounded()

    def __call__(self, asked: GuardRequest, decision: Decision) -> None:
        theirs = self._people.get(asked.user)
        if theirs is None and len(self._people) < self._most:
            theirs = self._people[asked.user] = self._bounded(asked.user)
        (theirs or self._others)(asked, decision)

    def end(self) -> None:
        """Nothing more comes: what is still to be told is told."""
        for each in (*self._people.values(), self._others):
            each.count()

    def _bounded(self, name: str | None = None) -> Bounded:
        forget = None if name is None else partial(self._forget, name)
        return Bounded(self._tell, singly=self._singly, seconds=self._seconds, counted=forget)

    def _forget(self, name: str) -> None:
        self._people.pop(name, None)
