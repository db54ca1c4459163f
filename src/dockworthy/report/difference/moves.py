"""The changes arranged for people: those of one control that went the same way are one entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct

from ...model.finding import Finding, Outcome
from ..grouping import Group, grouped
from ..words import VERDICTS, number_of
from .compare import Change, Difference, Way

HEADINGS = {
    Way.WORSE: "Worse",
    Way.BETTER: "Better",
    Way.CHANGED: "Changed, neither better nor worse",
    Way.NEW: "New",
    Way.GONE: "Gone",
}
"""In the order in which a reader needs them."""

_WAS = {
    Outcome.FAIL: "failed",
    Outcome.UNKNOWN: "was unknown",
    Outcome.PENDING: "was to be in force later",
    Outcome.EXCEPTED: "was accepted",
    Outcome.PASS: "passed",
    Outcome.NOT_APPLICABLE: "did not apply",
}

_IS = {
    Outcome.FAIL: "fails",
    Outcome.UNKNOWN: "unknown",
    Outcome.PENDING: "in force later",
    Outcome.EXCEPTED: "accepted",
    Outcome.PASS: "passes",
    Outcome.NOT_APPLICABLE: "does not apply",
}

_GOOD = (Outcome.PASS, Outcome.NOT_APPLICABLE)


class Move(Struct, frozen=True):
    """Findings of one control with the same outcome before and now; None: there was, or is, none."""

    was: Outcome | None
    now: Outcome | None
    group: Group

    @property
    def title(self) -> str:
        """What is wrong now, or the rule."""
        return self.group.says if self.now is Outcome.FAIL else self.group.first.title

    @property
    def says(self) -> str:
        """`failed, now passes`; of what is new or gone only what it is, or was."""
        if self.was is None or self.now is None:
            return _IS[self.now] if self.now is not None else _WAS[self.group.first.outcome]
        return f"{_WAS[self.was]}, now {_IS[self.now]}"


def moves(changes: Iterable[Change]) -> list[Move]:
    """The most severe first. What is new or gone and good is left out: `good` counts it."""
    found: defaultdict[tuple[Outcome | None, Outcome | None], list[Finding]] = defaultdict(list)
    for change in changes:
        if not _is_good(change):
            was, now = (finding.outcome if finding is not None else None for finding in (change.was, change.now))
            found[(was, now)].append(change.latest)
    entries = [Move(was, now, group) for (was, now), findings in found.items() for group in grouped(findings)]
    return sorted(entries, key=lambda move: move.group.weight)


def good(changes: Iterable[Change]) -> int:
    """New or gone findings that pass, or do not apply."""
    return sum(_is_good(change) for change in changes)


def summary(difference: Difference) -> str:
    """`2 worse, 5 better, 1 new, 130 unchanged`."""
    parts = [f"{len(difference.changes[way])} {way.value}" for way in HEADINGS if difference.changes[way]]
    return ", ".join([*parts, f"{difference.unchanged} unchanged"])


def answers(difference: Difference) -> str:
    """What the answer was, and what it is now, as a sentence without its full stop."""
    was, now = (VERDICTS[result.verdict.answer] for result in (difference.old, difference.new))
    if was == now:
        return f"The answer is still: {now}, at level {difference.new.level.value}"
    return f"The answer was: {was}. It is now: {now}, at level {difference.new.level.value}"


def heading(way: Way, changes: Iterable[Change]) -> str:
    changes = list(changes)
    passing = good(changes)
    verb = "passes or does not apply" if passing == 1 else "pass or do not apply"
    extra = f" ({passing} of them {verb})" if passing else ""
    return f"{HEADINGS[way]}: {number_of(len(changes), 'finding')}{extra}"


def _is_good(change: Change) -> bool:
    return (change.was is None or change.now is None) and change.latest.outcome in _GOOD
