"""Makes fixes in one file's text: what is shared is changed for all that share it, and what has no place is named."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Sequence

from msgspec import Struct

from ..model.finding import Finding, Outcome
from ..model.fix import Change, Fix
from ..model.repair import NotMade
from .compose_edit import edit_compose
from .refused import FixRefused
from .yaml_tree import read_document

Judged = Callable[[str], Sequence[Finding]]
"""What the controls say of a text, as if it stood in the file."""


_TURNS = 3
"""How often fixes that did not help are tried again, over those that did."""


class ChosenFixes(Struct, frozen=True):
    """`offered` are fixes that were not asked for, where the maker looked for them."""

    text: str
    made: tuple[Fix, ...]
    not_made: tuple[NotMade, ...]
    offered: tuple[Fix, ...] = ()


def make(text: str, fixes: Iterable[Fix], *, file: str) -> ChosenFixes:
    """The fixes of one control together, for an anchor may be meant for several services; else one by one."""
    made: list[Fix] = []
    not_made: list[NotMade] = []
    for group in _by_control(fixes):
        changes = [change for fix in group for change in fix.changes]
        try:
            text = _together(text, changes, file)
            made += group
        except FixRefused:
            for fix in group:
                try:
                    text = edit_compose(text, fix.changes, file=file)
                    made.append(fix)
                except FixRefused as refused:
                    not_made.append(NotMade(fix, refused.says, refused.hint))
    return ChosenFixes(text, tuple(made), tuple(not_made))


def _together(text: str, changes: Sequence[Change], file: str) -> str:
    """Where an anchor means the same for all that use it, it is the anchor that is mended. Raises FixRefused."""
    if "*" in text:
        with contextlib.suppress(FixRefused):
            return edit_compose(text, changes, file=file, at_anchors=True)
    return edit_compose(text, changes, file=file)


def make_what_helps(text: str, fixes: Sequence[Fix], judged: Judged, *, file: str) -> ChosenFixes:
    """The fixes after which their findings are gone and nothing else fails that did not fail before."""
    before = failing(judged(text))
    whole = make(text, fixes, file=file)
    if not whole.made or _is_better(before, failing(judged(whole.text)), whole.made):
        return whole
    now, made, waiting = text, [], list(whole.made)
    left: list[Fix] = []
    why: dict[tuple[str, str], str] = {}
    for _ in range(_TURNS):  # what one fix needs, a later one may bring: the others are tried again
        left = []
        for group in _by_control(waiting):
            now, helping, useless = _helping(now, group, judged, before, file, why)
            made += helping
            left += useless
        if not left or len(left) == len(waiting):
            break
        waiting = left
    line_of = _lines_of_services(text, file)
    left_over = [
        NotMade(
            fix, f"{file}:{line_of.get(_service(fix), 1)}: {why[_key(fix)]}", "see the remedy, and change it by hand"
        )
        for fix in left
    ]
    return ChosenFixes(now, tuple(made), (*whole.not_made, *left_over))


def _helping(
    text: str,
    group: Sequence[Fix],
    judged: Judged,
    before: Collection[tuple[str, str]],
    file: str,
    why: dict[tuple[str, str], str],
) -> tuple[str, list[Fix], list[Fix]]:
    """The text with those fixes of a control that help, these, and those that do not: one service does not keep the
    others from it. `why` is told of the latter."""
    helping = list(group)
    useless: list[Fix] = []
    while helping:
        step = make(text, helping, file=file)
        findings = judged(step.text)
        after = failing(findings)
        if _is_better(before, after, step.made):
            refused = [left.fix for left in step.not_made]
            why.update({_key(left.fix): left.why.removeprefix(f"{file}: ") for left in step.not_made})
            return step.text, list(step.made), [*useless, *refused]
        new = after - set(before)
        wrong = [fix for fix in helping if _key(fix) in after or any(subject == fix.subject for _, subject in new)]
        wrong = wrong or list(helping)
        why.update({_key(fix): _why_not(fix, findings, new) for fix in wrong})
        useless += wrong
        helping = [fix for fix in helping if fix not in wrong]
    return text, [], useless


def _why_not(fix: Fix, findings: Sequence[Finding], new: Collection[tuple[str, str]]) -> str:
    still = next((each for each in findings if (each.control, each.subject) == _key(fix) and _fails(each)), None)
    if still is not None:
        says = f": {still.evidence[0].says}" if still.evidence else ""
        return f"this fix alone would not clear the finding{says}"
    others = sorted({control for control, subject in new if subject == fix.subject} or {control for control, _ in new})
    return f"with this fix {', '.join(others)} would fail" if others else "this fix would not clear the finding"


def _lines_of_services(text: str, file: str) -> dict[str, int]:
    services = read_document(text, file)[0].entry("services")
    names = [name for name, _ in services[1].meant.pairs] if services is not None else []
    return {name.value: text.count("\n", 0, name.start) + 1 for name in names}


def _service(fix: Fix) -> str:
    return fix.changes[0].service if fix.changes else ""


def _key(fix: Fix) -> tuple[str, str]:
    return (fix.control, fix.subject)


def _fails(finding: Finding) -> bool:
    return finding.outcome is Outcome.FAIL


def failing(findings: Iterable[Finding]) -> set[tuple[str, str]]:
    """(control, subject) of what fails."""
    return {(finding.control, finding.subject) for finding in findings if _fails(finding)}


def _is_better(before: Collection[tuple[str, str]], after: Collection[tuple[str, str]], made: Iterable[Fix]) -> bool:
    return set(after) <= set(before) and not any((fix.control, fix.subject) in after for fix in made)


def _by_control(fixes: Iterable[Fix]) -> list[list[Fix]]:
    groups: dict[str, list[Fix]] = {}
    for fix in fixes:
        groups.setdefault(fix.control, []).append(fix)
    return list(groups.values())
