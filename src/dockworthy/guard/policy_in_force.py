"""What the guard judges by: a level, the exceptions and rules of dockworthy.yaml, and its guard part."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct, structs

from ..controls.judging import judge_units
from ..model.control import Control
from ..model.field import Set, Unset
from ..model.finding import Finding, Outcome
from ..model.guard_policy import GuardPolicy
from ..model.image_names import last_fitting
from ..model.levels import Level
from ..model.policy import Policy
from ..model.workload import Container, Unit
from ..policy.exceptions import apply_exceptions, written_in
from .decision import Refusal

_MOST_FACTS = 8
"""Facts of one finding that are told: each names a field that fails."""
_BAD = (Outcome.FAIL, Outcome.UNKNOWN)


class PolicyInForce(Struct, frozen=True, kw_only=True):
    level: Level = Level.BASELINE
    policy: Policy = Policy()
    guard: GuardPolicy = GuardPolicy()
    rules: tuple[Control, ...] = ()

    def refused_new(self, unit: Unit) -> Iterator[Refusal]:
        """Exceptions do not count: they go by a name, and the name of what is made is its maker's choice."""
        found = judge_units([self._vouched(unit)], self.level, rules=self.rules, only_bad=True, today=_today())
        return _refusals(found)

    def refused_existing(self, unit: Unit) -> Iterator[Refusal]:
        """For a container that is there: exceptions for its name count."""
        today, rules = _today(), self.rules
        units = [self._vouched(unit)]
        findings = judge_units(units, self.level, self.policy.levels, rules=rules, only_bad=True, today=today)
        accepted, _ = apply_exceptions(findings, written_in(self.policy), today=today)
        return _refusals(accepted)

    def _vouched(self, unit: Unit) -> Unit:
        """What a driver that the policy lists mounts can't be seen, nor which walls a runtime builds that it lists; who
        listed them answers for them."""
        drivers, runtimes = self.guard.volume_drivers, self.guard.runtimes
        if not drivers and not runtimes:
            return unit
        return structs.replace(unit, containers=tuple(_vouched(box, drivers, runtimes) for box in unit.containers))

    def must_be_signed(self, image: str) -> bool:
        """Does `policy.before_deploy` demand a signature of an image of this name?"""
        demands = self.policy.before_deploy.signatures
        return any((fits := last_fitting(each.images, image)) and not fits.startswith("!") for each in demands)


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.UTC).date()


def _vouched(container: Container, drivers: Collection[str], runtimes: Collection[str]) -> Container:
    mounts = (structs.replace(m, driver="", options={}) if m.driver in drivers else m for m in container.mounts)
    runtime = container.runtime
    if isinstance(runtime, Set) and runtime.value in runtimes:
        runtime = Unset(runtime.source)
    return structs.replace(container, mounts=tuple(mounts), runtime=runtime)


def _refusals(findings: Iterable[Finding]) -> Iterator[Refusal]:
    """What is not known to be good is refused."""
    for finding in findings:
        if finding.outcome in _BAD:
            facts = dict.fromkeys(each.says for each in finding.evidence[:_MOST_FACTS])
            more = len(finding.evidence) - _MOST_FACTS
            fact = "; ".join((*facts, *((f"{more} more",) if more > 0 else ()))) or "nothing tells"
            yield Refusal(
                rule=finding.control,
                title=finding.title,
                says=fact if finding.outcome is Outcome.FAIL else f"it can't be told: {fact}",
                remedy=finding.remedy.says if finding.remedy else "",
            )
