"""What became of each control on each subject between two results."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from ...errors import UsageError
from ...model.finding import Finding, Outcome
from ...model.result import Result
from ..words import number_of

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


class Way(StrEnum):
    """`CHANGED` is neither better nor worse: a failure that was accepted, or that can't be seen any more."""

    WORSE = "worse"
    BETTER = "better"
    CHANGED = "changed"
    NEW = "new"
    GONE = "gone"


class Change(Struct, frozen=True):
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
    changes: dict[Way, tuple[Change, ...]]
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
    ways: dict[Way, list[Change]] = {way: [] for way in Way}
    unchanged = 0
    for key in keys:
        change = Change(before.get(key), after.get(key))
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


def _way(change: Change) -> Way | None:
    """None where nothing changed. Losing sight of a failure is no progress: unknown never counts as good."""
    if change.was is None:
        return Way.NEW
    if change.now is None:
        return Way.GONE
    was, now = change.was.outcome, change.now.outcome
    if was is now or _BADNESS[was] == _BADNESS[now] == 0:
        return None
    if _BADNESS[now] == 0 or (was is Outcome.FAIL and now is Outcome.PENDING):
        return Way.BETTER
    if _BADNESS[was] == 0 or now is Outcome.FAIL:
        return Way.WORSE
    return Way.CHANGED


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
