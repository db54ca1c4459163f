"""What is refused to each person, bounded: nobody's flood puts files aside in which others' lines are to be read."""

from __future__ import annotations

from functools import partial

from ..asked import Asked
from ..decision import Decision
from .bounded import SECONDS, SINGLY, Bounded, Told

MOST_PEOPLE = 20
"""At a time: who comes after them shares one count with all others. One user can be many, by ids of a namespace's."""


class PerPerson:
    """Called in a loop, with refusals. Who has no name is one person: the engine's plugin is told none."""

    def __init__(self, told: Told, *, singly: int = SINGLY, seconds: float = SECONDS, most: int = MOST_PEOPLE) -> None:
        self._tell, self._singly, self._seconds, self._most = told, singly, seconds, most
        self._people: dict[str, Bounded] = {}
        self._others = self._bounded()

    def __call__(self, asked: Asked, decision: Decision) -> None:
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


__all__ = ["MOST_PEOPLE", "PerPerson"]
