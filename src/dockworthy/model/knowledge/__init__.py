"""Knowledge that ages: dates and versions that others decide. Each file says on which day it was true.

A file has `WHAT` it knows (in words), `KNOWN_ON` which day, from which `SOURCES`, and where it ages more slowly than
others `HOLDS_FOR` how long. `all_known` lists them.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

HOLDS_FOR = datetime.timedelta(days=120)
"""After this a verdict that rests on it is no longer current: releases and end-of-life dates move on."""


class KnowledgeFile(NamedTuple):
    """A file of knowledge: what it knows, the day on which that was true, and from where."""

    what: str
    on: datetime.date
    sources: tuple[str, ...]
    holds_for: datetime.timedelta = HOLDS_FOR

    @property
    def until(self) -> datetime.date:
        return self.on + self.holds_for


def all_known() -> tuple[KnowledgeFile, ...]:
    """Every file of knowledge, the oldest first."""
    from . import (
        base_images,
        clients,
        distributions,
        engine_changes,
        guarded_engines,
        kernels,
        program_releases,
        releases,
        tools,
    )

    files = (
        releases,
        distributions,
        kernels,
        engine_changes,
        clients,
        tools,
        base_images,
        guarded_engines,
        program_releases,
    )
    known = (
        KnowledgeFile(file.WHAT, file.KNOWN_ON, file.SOURCES, getattr(file, "HOLDS_FOR", HOLDS_FOR)) for file in files
    )
    return tuple(sorted(known, key=lambda each: each.on))


def first_to_age() -> KnowledgeFile:
    return min(all_known(), key=lambda each: each.until)


def aged(today: datetime.date) -> list[str]:
    """A sentence where some of it is too old to be relied on: an image that has no fixes any more may pass."""
    old = [known for known in all_known() if known.until < today]
    if not old:
        return []
    whats = ", ".join(f"{known.what} ({known.on})" for known in old)
    return [f"what dockworthy knows is too old of: {whats}; a newer dockworthy knows what has ended since"]


def sentence() -> str:
    """Of which day it is, for the head of a report: the oldest file's."""
    return f"what dockworthy knows of versions is from {all_known()[0].on}"
