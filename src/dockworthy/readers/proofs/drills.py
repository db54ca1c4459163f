"""Proofs by doing: what was tried, and how it went."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.evidence import Task
from ...model.proof import Proof, Strength
from .surroundings import Surroundings, ago, listed

_HOLDS = 180.0
"""Days: what nobody tried for half a year may no longer work."""


def read_drills(around: Surroundings) -> Iterator[Proof]:
    """A restore of a database is a proof for the backups as a whole, too."""
    for drill in listed(around.evidence.drills):
        days = around.days_since(drill.when)
        strength = Strength.MEASURED if days is not None and days <= _HOLDS else Strength.SEEN
        says = f"{drill.tool}: {drill.says}, {ago(days)}"
        both = drill.does is Task.RESTORE and drill.demand == "3.db-backup"
        for demand in ("1.backup", drill.demand) if both else (drill.demand,):
            yield Proof(demand, drill.tool, strength, says, drill.source, drill.does, drill.when, drill.passed)
