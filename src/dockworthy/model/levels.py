"""How strict: each level holds the one before it."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """`baseline` and `restricted` follow the Pod Security Standards; `production` adds what production needs."""

    BASELINE = "baseline"
    RESTRICTED = "restricted"
    PRODUCTION = "production"

    @property
    def rank(self) -> int:
        return _RANKS[self]

    def includes(self, other: Level) -> bool:
        """Is a control of level `other` asked at this level?"""
        return other.rank <= self.rank


_RANKS = {Level.BASELINE: 0, Level.RESTRICTED: 1, Level.PRODUCTION: 2}


class Severity(StrEnum):
    """What a failure can cost: critical = root on the host or data lost; low = worth knowing."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 is the most serious."""
        return list(Severity).index(self)
