"""Findings weighed by an intent: which of them decide, and what they decide."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from ..model.demands import DEMANDS
from ..model.finding import Finding, Outcome
from ..model.levels import Level
from ..model.requirement import Need, Requirement
from ..model.result import Answer, DemandAnswer

Outcomes = Counter[Outcome]

_AS_WRITTEN = Requirement(Need.REQUIRED, "the files speak of it")


def decide(outcomes: Outcomes) -> Answer:
    """What is known to be wrong outranks what is unknown; a pending change is not yet in force."""
    if outcomes[Outcome.FAIL] or outcomes[Outcome.PENDING]:
        return Answer.NOT_YET
    if outcomes[Outcome.UNKNOWN]:
        return Answer.UNDECIDED
    return Answer.ACCEPTED if outcomes[Outcome.EXCEPTED] else Answer.YES


def decides(finding: Finding, needs: Mapping[str, Requirement]) -> bool:
    """Findings at level baseline can cost the whole host: they decide whatever the intent makes of their demand."""
    return finding.level is Level.BASELINE or any(needs[demand].need is Need.REQUIRED for demand in finding.demands)


class Weighing:
    """Counts of outcomes by demand, counted once, asked for many intents.

    At level production a required demand that no finding speaks of is unknown, unless somebody states
    that it is met (`stated`); the lower levels ask only what their controls ask.
    """

    def __init__(self, findings: Iterable[Finding], level: Level, stated: frozenset[str] = frozenset()) -> None:
        self._asks_everything = level is Level.PRODUCTION
        self._stated = stated
        self.by_demand: dict[str, Outcomes] = defaultdict(Counter)
        self._always: Outcomes = Counter()
        for finding in findings:
            for demand in finding.demands:
                self.by_demand[demand][finding.outcome] += 1
            if finding.level is Level.BASELINE:
                self._always[finding.outcome] += 1

    def answer(self, needs: Mapping[str, Requirement]) -> Answer:
        """The one answer for an intent's requirements."""
        total: Outcomes = Counter(self._always)
        for demand, requirement in needs.items():
            if requirement.need is Need.REQUIRED and self._is_asked(demand):
                total += self._of(demand)
        return decide(total)

    def demands(self, needs: Mapping[str, Requirement]) -> tuple[DemandAnswer, ...]:
        """One answer for each demand that is required, or that a finding speaks of."""
        asked = [
            d for d in DEMANDS if d in self.by_demand or (self._asks_everything and needs[d].need is Need.REQUIRED)
        ]
        return tuple(self._demand(demand, needs[demand]) for demand in asked)

    def demands_seen(self) -> tuple[DemandAnswer, ...]:
        """One answer for each demand that a finding speaks of, whatever anybody intends."""
        return tuple(self._demand(demand, _AS_WRITTEN) for demand in DEMANDS if demand in self.by_demand)

    def _is_asked(self, demand: str) -> bool:
        return self._asks_everything or demand in self.by_demand

    def _of(self, demand: str) -> Outcomes:
        silent = Outcome.EXCEPTED if demand in self._stated else Outcome.UNKNOWN
        return self.by_demand.get(demand) or Counter({silent: 1})

    def silent(self, needs: Mapping[str, Requirement]) -> list[str]:
        """Required demands that no finding speaks of, and nobody either."""
        if not self._asks_everything:
            return []
        required = (demand for demand in DEMANDS if needs[demand].need is Need.REQUIRED)
        return [demand for demand in required if demand not in self.by_demand and demand not in self._stated]

    def _demand(self, demand: str, requirement: Requirement) -> DemandAnswer:
        outcomes = self._of(demand)
        return DemandAnswer(
            demand=demand,
            answer=decide(outcomes),
            fail=outcomes[Outcome.FAIL],
            unknown=outcomes[Outcome.UNKNOWN],
            passed=outcomes[Outcome.PASS],
            need=requirement.need,
            because=requirement.because,
        )
