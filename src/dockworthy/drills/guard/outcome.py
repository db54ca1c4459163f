"""What came of a trial."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from .matrix import Trial


class TrialOutcome(StrEnum):
    STOPPED = "stopped"  # by the guard
    ENGINE = "refused by the engine"  # before it asked the guard, or of what the guard need not stop
    UNSTOPPED = (
        "not stopped by the guard"  # the engine refused it for a reason of its own, which another one may not have
    )
    THROUGH = "let through"
    PASSED = "passed"
    REFUSED = "refused"  # a good call
    LEFT_OUT = "left out"  # there was nothing to try it on


class TrialResult(Struct, frozen=True):
    trial: Trial
    outcome: TrialOutcome
    status: int = 0
    says: str = ""

    @property
    def bad(self) -> bool:
        return self.outcome in (TrialOutcome.THROUGH, TrialOutcome.UNSTOPPED, TrialOutcome.REFUSED)


class Report(Struct, frozen=True):
    attacks: tuple[TrialResult, ...]
    good: tuple[TrialResult, ...]

    @property
    def bad(self) -> tuple[TrialResult, ...]:
        return tuple(result for result in (*self.attacks, *self.good) if result.bad)

    @property
    def tried_attacks(self) -> tuple[TrialResult, ...]:
        return tuple(each for each in self.attacks if each.outcome is not TrialOutcome.LEFT_OUT)

    @property
    def tried_good(self) -> tuple[TrialResult, ...]:
        return tuple(each for each in self.good if each.outcome is not TrialOutcome.LEFT_OUT)

    def count(self, outcome: TrialOutcome) -> int:
        return sum(result.outcome is outcome for result in (*self.attacks, *self.good))
