"""Which demands a report for people shows, and in which order."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.requirement import Need
from ..model.result import Answer, DemandAnswer


def spoken_of(demands: Iterable[DemandAnswer]) -> list[DemandAnswer]:
    """Those that a finding speaks of, the required ones first; where nothing applies there is nothing to say."""
    shown = [demand for demand in demands if _says_something(demand)]
    return sorted(shown, key=lambda demand: demand.need is not Need.REQUIRED)


def _says_something(demand: DemandAnswer) -> bool:
    """A demand whose only findings are accepted or in force later has no count, and yet an answer."""
    counted = demand.fail or demand.unknown or demand.passed
    return bool(counted) or demand.answer not in (Answer.YES, Answer.UNDECIDED)
