"""What became of each control on each subject between two results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from ...errors import UsageError
from ...model.counts import number_of
from ...model.finding import Finding, Outcome
from ...model.result import Result
from ..grouping import FindingGroup, grouped
from ..words import VERDICTS

Key = tuple[str, str]

_BADNESS = {
    Outcome.PASS: 0,
    Outcome.NOT_APPLICABLE: 0,
    Outcome.EXCEPTED: 1,
    Outcome.PENDING: 2,
    Outcome.UNKNOWN: 3,
    Outcome.FAIL: 4,
}
"""Where a control judged one subject more than once, the worst outcome speaks for it."""


class ChangeDirection(StrEnum):
    """`CHANGED` is neither better nor worse: a failure that was accepted, or that can't be seen any more."""

    WORSE = "worse"
    BETTER = "better"
    CHANGED = "changed"
    NEW = "new"
    GONE = "gone"


class FindingChange(Struct, frozen=True):
    """One control on one subject; `was` is None where it is new, `now` where it is gone, never both."""

    was: Finding | None
    now: Finding | None

    @property
    def latest(self) -> Finding:
        finding = self.now or self.was
        assert finding is not None, "a change of nothing"
        return finding


class Difference(Struct, frozen=True, kw_only=True):
    """Changes by the way they went, each in the order of the later result. `unchanged` counts the others.

    `notes` say what a reader must know before believing it.
    """

    old: Result
    new: Result
    changes: dict[ChangeDirection, tuple[FindingChange, ...]]
    unchanged: int
    notes: tuple[str, ...] = ()


def compare(old: Result, new: Result) -> Difference:
    """By control and subject. Raises UsageError where the two answer different questions."""
    if old.command != new.command:
        raise UsageError(
            f"the earlier result is of `dockworthy {old.command}`, this one of `dockworthy {new.command}`",
            hint="compare results of the same command",
        )
    before, after = _by_key(old.findings), _by_key(new.findings)
    keys = dict.fromkeys([*after, *before])
    ways: dict[ChangeDirection, list[FindingChange]] = {way: [] for way in ChangeDirection}
    unchanged = 0
    for key in keys:
        change = FindingChange(before.get(key), after.get(key))
        way = _way(change)
        if way is None:
            unchanged += 1
        else:
            ways[way].append(change)
    changes = {way: tuple(found) for way, found in ways.items()}
    return Difference(old=old, new=new, changes=changes, unchanged=unchanged, notes=tuple(_notes(old, new)))


def _by_key(findings: Iterable[Finding]) -> dict[Key, Finding]:
    worst: dict[Key, Finding] = {}
    for finding in findings:
        key = (finding.control, finding.subject)
        known = worst.get(key)
        if known is None or _BADNESS[finding.outcome] > _BADNESS[known.outcome]:
            worst[key] = finding
    return worst


def _way(change: FindingChange) -> ChangeDirection | None:
    """None where nothing changed. Losing sight of a failure is no progress: unknown never counts as good."""
    if change.was is None:
        return ChangeDirection.NEW
    if change.now is None:
        return ChangeDirection.GONE
    was, now = change.was.outcome, change.now.outcome
    if was is now or _BADNESS[was] == _BADNESS[now] == 0:
        return None
    if _BADNESS[now] == 0 or (was is Outcome.FAIL and now is Outcome.PENDING):
        return ChangeDirection.BETTER
    if _BADNESS[was] == 0 or now is Outcome.FAIL:
        return ChangeDirection.WORSE
    return ChangeDirection.CHANGED


def _notes(old: Result, new: Result) -> Iterable[str]:
    if old.level is not new.level:
        yield (
            f"the earlier result was made at level {old.level.value}, this one at {new.level.value}: "
            "controls that only one of them asks are new or gone"
        )
    for when, result in (("the earlier", old), ("this", new)):
        if result.unread:
            unread = number_of(len(result.unread), "input", "inputs")
            yield f"for {when} result {unread} could not be read: what is missing there shows as new or gone"


HEADINGS = {
    ChangeDirection.WORSE: "Worse",
    ChangeDirection.BETTER: "Better",
    ChangeDirection.CHANGED: "Changed, neither better nor worse",
    ChangeDirection.NEW: "New",
    ChangeDirection.GONE: "Gone",
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


class FindingMove(Struct, frozen=True):
    """Findings of one control with the same outcome before and now; None: there was, or is, none."""

    was: Outcome | None
    now: Outcome | None
    group: FindingGroup

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


def moves(changes: Iterable[FindingChange]) -> list[FindingMove]:
    """The most severe first. What is new or gone and good is left out: `good` counts it."""
    found: defaultdict[tuple[Outcome | None, Outcome | None], list[Finding]] = defaultdict(list)
    for change in changes:
        if not _is_good(change):
            was, now = (finding.outcome if finding is not None else None for finding in (change.was, change.now))
            found[(was, now)].append(change.latest)
    entries = [FindingMove(was, now, group) for (was, now), findings in found.items() for group in grouped(findings)]
    return sorted(entries, key=lambda move: move.group.weight)


def good(changes: Iterable[FindingChange]) -> int:
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


def heading(way: ChangeDirection, changes: Iterable[FindingChange]) -> str:
    changes = list(changes)
    passing = good(changes)
    verb = "passes or does not apply" if passing == 1 else "pass or do not apply"
    extra = f" ({passing} of them {verb})" if passing else ""
    return f"{HEADINGS[way]}: {number_of(len(changes), 'finding')}{extra}"


def _is_good(change: FindingChange) -> bool:
    return (change.was is None or change.now is None) and change.latest.outcome in _GOOD
