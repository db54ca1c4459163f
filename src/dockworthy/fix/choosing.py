"""Makes fixes in one file's text: what is shared is changed for all that share it, and what has no place is named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from msgspec import Struct

from ..model.finding import Finding, Outcome
from ..model.fix import Fix
from ..model.repair import NotMade
from .compose_edit import edit_compose
from .refused import FixRefused

Judged = Callable[[str], Sequence[Finding]]
"""What the controls say of a text, as if it stood in the file."""


class Made(Struct, frozen=True):
    """`offered` are fixes that were not asked for, where the maker looked for them."""

    text: str
    made: tuple[Fix, ...]
    not_made: tuple[NotMade, ...]
    offered: tuple[Fix, ...] = ()


def make(text: str, fixes: Iterable[Fix], *, file: str) -> Made:
    """The fixes of one control together, for an anchor may be meant for several services; else one by one."""
    made: list[Fix] = []
    not_made: list[NotMade] = []
    for group in _by_control(fixes):
        try:
            text = edit_compose(text, [change for fix in group for change in fix.changes], file=file)
            made += group
        except FixRefused:
            for fix in group:
                try:
                    text = edit_compose(text, fix.changes, file=file)
                    made.append(fix)
                except FixRefused as refused:
                    not_made.append(NotMade(fix, refused.says, refused.hint))
    return Made(text, tuple(made), tuple(not_made))


def make_what_helps(text: str, fixes: Sequence[Fix], judged: Judged, *, file: str) -> Made:
    """The fixes after which their findings are gone and nothing else fails that did not fail before."""
    before = failing(judged(text))
    whole = make(text, fixes, file=file)
    if not whole.made or _is_better(before, failing(judged(whole.text)), whole.made):
        return whole
    made: list[Fix] = []
    not_made = list(whole.not_made)
    now = text
    for group in _by_control(whole.made):
        step = make(now, group, file=file)
        if _is_better(before, failing(judged(step.text)), step.made):
            now, made = step.text, [*made, *step.made]
            continue
        why = "with it the finding would still be there, or another one would come"
        not_made += [NotMade(fix, f"{file}: {why}", "see the remedy, and change it by hand") for fix in step.made]
    return Made(now, tuple(made), tuple(not_made))


def failing(findings: Iterable[Finding]) -> set[tuple[str, str]]:
    """(control, subject) of what fails."""
    return {(finding.control, finding.subject) for finding in findings if finding.outcome is Outcome.FAIL}


def _is_better(before: Collection[tuple[str, str]], after: Collection[tuple[str, str]], made: Iterable[Fix]) -> bool:
    return set(after) <= set(before) and not any((fix.control, fix.subject) in after for fix in made)


def _by_control(fixes: Iterable[Fix]) -> list[list[Fix]]:
    groups: dict[str, list[Fix]] = {}
    for fix in fixes:
        groups.setdefault(fix.control, []).append(fix)
    return list(groups.values())
