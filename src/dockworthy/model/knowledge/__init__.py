"""Knowledge that ages: dates and versions that others decide. Each file says on which day it was true.

A file has `WHAT` it knows (in words), `KNOWN_ON` which day, and from which `SOURCES`. `all_known` lists them.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

HOLDS_FOR = datetime.timedelta(days=120)
"""After this a verdict that rests on it is no longer current: releases and end-of-life dates move on."""


class Known(NamedTuple):
    """A file of knowledge: what it knows, the day on which that was true, and from where."""

    what: str
    on: datetime.date
    sources: tuple[str, ...]

    @property
    def until(self) -> datetime.date:
        return self.on + HOLDS_FOR


def all_known() -> tuple[Known, ...]:
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
    return tuple(sorted((Known(file.WHAT, file.KNOWN_ON, file.SOURCES) for file in files), key=lambda known: known.on))


def sentence() -> str:
    """Of which day it is, for the head of a report: the oldest file's."""
    return f"what dockworthy knows of versions is from {all_known()[0].on}"
