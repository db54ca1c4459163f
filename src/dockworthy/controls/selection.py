"""Which controls are asked: by level, by platform and version.

A level asks everything that the level below asks. A stricter control never takes the place of a laxer one: an exception
for the stricter one would then accept what only the laxer one forbids.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ..model.control import Control, Subject
from ..model.dialect import Dialect
from ..model.levels import Level
from .registry import controls_judging


@lru_cache(maxsize=256)
def controls_for_units(level: Level, dialect: Dialect) -> tuple[Control, ...]:
    """The controls that judge units of this dialect at this level."""
    return tuple(
        c for c in controls_judging(Subject.UNIT) if c.speaks_of(dialect) and level.includes(c.level_for(dialect))
    )


def rules_for(rules: Iterable[Control], level: Level, dialect: Dialect) -> list[Control]:
    """Those of a team's own rules that are asked at this level, on this platform."""
    return [rule for rule in rules if level.includes(rule.level) and rule.speaks_of(dialect)]


@lru_cache(maxsize=256)
def controls_for(subject: Subject, level: Level) -> tuple[Control, ...]:
    """The controls that judge subjects other than units at this level."""
    return tuple(c for c in controls_judging(subject) if level.includes(c.level))
