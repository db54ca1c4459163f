"""Which findings on Dockerfiles have an exact repair: the control's own, for the build at hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from msgspec import Struct, structs

from ..controls.registry import chapter_controls
from ..errors import UsageError
from ..model.build import ImageBuild
from ..model.build_change import BuildChange, JoinNext
from ..model.build_fix import BuildFix, WrittenBuild
from ..model.compose_fix import Known
from ..model.control import Control
from ..model.finding import Finding, Outcome
from ..model.fix import Fix
from .build_edit import edited as edited_text
from .build_placing import place_changes
from .candidates import NOTHING_KNOWN, TextOf

MOST_EDITED = 300
"""Fixes beyond these come without their edits: nobody clicks through them."""
MOST_TRIES = 40
"""How often a text is read to find which changes of one fix have their place in it."""


class Proposed(Struct, frozen=True):
    """A fix, and the changes of the text that it is made of."""

    fix: Fix
    changes: tuple[BuildChange, ...]

    def only(self, changes: Iterable[BuildChange]) -> Proposed:
        """A part of it."""
        kept = tuple(changes)
        return Proposed(structs.replace(self.fix, lines=_lines(kept)), kept)


def build_candidates(
    findings: Iterable[Finding], builds: Iterable[ImageBuild], known: Known = NOTHING_KNOWN
) -> Iterator[Proposed]:
    """In the order of the findings. What was accepted by an exception, or a comment, is left alone."""
    by_id = {build.id: build for build in builds}
    for finding in findings:
        build, control = by_id.get(finding.subject), _with_fixes().get(finding.control)
        if build is None or control is None or finding.outcome not in (Outcome.FAIL, Outcome.UNKNOWN):
            continue
        for repair in control.build_fixes:
            if finding.outcome is Outcome.FAIL or repair.of_unknown:
                yield from _proposed(finding, repair, WrittenBuild(build, known))


def build_fixes_for(
    findings: Iterable[Finding], builds: Iterable[ImageBuild], text_of: TextOf, *, edited: bool = True
) -> Iterator[Fix]:
    """The fixes of findings on Dockerfiles; `edited`: with their edits, each fix as if it were made alone.

    A change that has no place in the text is left out where edits are asked for.
    """
    for number, proposed in enumerate(build_candidates(findings, builds)):
        if not edited or number >= MOST_EDITED:
            yield proposed.fix
            continue
        file = proposed.fix.subject
        text = text_of(file)
        if text is None:
            continue
        try:
            placed = place_changes(text, proposed.changes, file=file, tries=MOST_TRIES).changes
            edits = edited_text(text, placed, file=file).edits if placed else ()
        except UsageError:  # `dockworthy fix` says why, when it is asked for
            continue
        if placed:
            yield structs.replace(proposed.only(placed).fix, edits=edits)


def _proposed(finding: Finding, repair: BuildFix, written: WrittenBuild) -> Iterator[Proposed]:
    try:
        changes = tuple(repair.changes(written))
    except Exception:  # whatever a repair trips over in an odd file: the finding stays, and says what to do
        return
    if changes:
        fix = Fix(
            control=finding.control,
            subject=finding.subject,
            kind=repair.kind,
            says=repair.says,
            may_break=repair.may_break,
            lines=_lines(changes),
        )
        yield Proposed(fix, changes)


def _lines(changes: Iterable[BuildChange]) -> tuple[int, ...]:
    lines = [line for each in changes for line in (each.line, *([each.next] if isinstance(each, JoinNext) else []))]
    return tuple(sorted(set(lines)))


@cache
def _with_fixes() -> dict[str, Control]:
    return {control.id: control for control in chapter_controls("build") if control.build_fixes}
