"""Levels of single subjects: which of them stand lower or higher than the rest, and which names mean nothing here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..model.levels import Level
from ..model.policy import Policy, sources_of


def notes_on_levels(policy: Policy, level: Level, names: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """`names`: those that each judged subject goes by. Lower or higher is said, and so is a name that nobody has."""
    known = {name for subject in names for name in subject}
    places = sources_of(policy).levels
    for name, own in policy.levels.items():
        place = places.get(name)
        where = "dockworthy.yaml" if place is None else f"{place.where}:{place.line}"
        if name not in known:
            yield f"{where}: policy.levels: nothing that was judged is called {name!r}"
        elif own is not level:
            way = "lower" if level.includes(own) else "higher"
            yield f"{name} is held to level {own.value}, {way} than the rest ({where})"
