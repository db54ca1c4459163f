"""Makes fixes in a Dockerfile's text, round by round: what one fix joins or adds, another one may have to mend.

After each round the text is read and judged as `check` does it. A fix after which its finding is no better, or another
one is worse, is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from msgspec import Struct, structs

from ..controls.registry import controls_judging
from ..errors import UsageError
from ..model.build import ImageBuild
from ..model.build_change import BuildChange, JoinNext
from ..model.build_fix import BuildFix, WrittenBuild
from ..model.compose_fix import KnownToEngine
from ..model.control import Control, Subject
from ..model.finding import Finding, Outcome
from ..model.fix import Edit, Fix
from ..model.repair import NotMade
from .build_edit import edit_build
from .build_edit import edited as edited_text
from .candidates import NOTHING_KNOWN, TextOf
from .choosing import ChosenFixes
from .refused import FixRefused


class PlacedChanges(Struct, frozen=True):
    """`refused` are those without a place."""

    changes: tuple[BuildChange, ...]
    refused: tuple[tuple[BuildChange, FixRefused], ...]


def place_changes(text: str, changes: Sequence[BuildChange], *, file: str, tries: int = 1000) -> PlacedChanges:
    """All at once where that can be; else by halves, so that many good ones and a bad one cost little.

    `tries`: how often the text may be read for it; what is not decided then has no place. Raises UnreadableInput.
    """
    kept, refused = _Halving(text, file, tries).apart(list(changes))
    return PlacedChanges(tuple(kept), tuple(refused))


class _Halving:
    def __init__(self, text: str, file: str, tries: int) -> None:
        self.text, self.file, self.tries = text, file, tries

    def apart(self, changes: list[BuildChange]) -> tuple[list[BuildChange], list[tuple[BuildChange, FixRefused]]]:
        why = self._why_not(changes) if changes else None
        if why is None:
            return changes, []
        if len(changes) == 1:
            return [], [(changes[0], why)]
        half = len(changes) // 2
        first, not_first = self.apart(changes[:half])
        second, not_second = self.apart(changes[half:])
        both = [*first, *second]
        if first and second and (clash := self._why_not(both)) is not None:
            return first, [*not_first, *not_second, *((change, clash) for change in second)]
        return both, [*not_first, *not_second]

    def _why_not(self, changes: Sequence[BuildChange]) -> FixRefused | None:
        self.tries -= 1
        if self.tries < 0:
            return FixRefused("too many changes to try each", file=self.file, line=changes[0].line, hint="fix it again")
        try:
            edit_build(self.text, changes, file=self.file)
        except FixRefused as refused:
            return refused
        return None


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
    findings: Iterable[Finding], builds: Iterable[ImageBuild], known: KnownToEngine = NOTHING_KNOWN
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
    return {control.id: control for control in controls_judging(Subject.BUILD) if control.build_fixes}


MOST_ROUNDS: Final = 40


class JudgedBuild(Struct, frozen=True):
    """What a text is read as, and what the controls say of it."""

    build: ImageBuild
    findings: Sequence[Finding]


Judge = Callable[[str], JudgedBuild]
"""Reads and judges a text, as if it stood in the file. Raises UsageError."""
Wants = Callable[[Fix], bool]


def repair_build(
    text: str, judge: Judge, wants: Wants, *, file: str, known: KnownToEngine = NOTHING_KNOWN
) -> ChosenFixes:
    """The text with every wanted fix that helps, and those that were not made, with why."""
    return _Repairing(text, judge, wants, file, known).run()


class _Repairing:
    def __init__(self, text: str, judge: Judge, wants: Wants, file: str, known: KnownToEngine) -> None:
        self.text = text
        self.origin = list(range(1, text.count("\n") + 2))
        self.judge, self.wants, self.file, self.known = judge, wants, file, known
        self.judged = judge(text)
        self.made: list[Fix] = []
        self.taken_back: dict[tuple[str, str], NotMade] = {}

    def run(self) -> ChosenFixes:
        refused: list[NotMade] = []
        made_before = 0
        for _ in range(MOST_ROUNDS):
            placed, refused = self._placed()
            if placed:
                if not self._made_together(placed):
                    self._made_one_by_one(placed)
            elif self.taken_back and len(self.made) > made_before:
                made_before = len(self.made)  # what did not help may do so after the others, as a second run would find
                self.taken_back.clear()
            else:
                break
        proposed = build_candidates(self.judged.findings, [self.judged.build], self.known)
        offered = tuple(self._told(each.fix) for each in proposed if not self.wants(each.fix))
        return ChosenFixes(self.text, tuple(self.made), (*refused, *self.taken_back.values()), offered)

    def _placed(self) -> tuple[list[Proposed], list[NotMade]]:
        """What can be made in the text as it is now, and what has no place in it."""
        placed: list[Proposed] = []
        refused: list[NotMade] = []
        for proposed in build_candidates(self.judged.findings, [self.judged.build], self.known):
            if not self.wants(proposed.fix) or _key(proposed.fix) in self.taken_back:
                continue
            done = place_changes(self.text, proposed.changes, file=self.file)
            refused += [self._left(proposed.only([change]), why) for change, why in done.refused]
            if done.changes:
                placed.append(proposed.only(done.changes))
        return placed, refused

    def _made_together(self, placed: Sequence[Proposed]) -> bool:
        return self._takes(placed) is None

    def _made_one_by_one(self, placed: Sequence[Proposed]) -> None:
        """The first that helps: after it the others have other lines, and are asked for again."""
        for proposed in placed:
            why = self._takes([proposed])
            if why is None:
                return
            self.taken_back[_key(proposed.fix)] = self._left(proposed, why)

    def _takes(self, fixes: Sequence[Proposed]) -> FixRefused | None:
        """None where they help; else why not, and nothing is changed."""
        try:
            new = edited_text(self.text, [change for each in fixes for change in each.changes], file=self.file)
            judged = self.judge(new.text)
        except FixRefused as refused:
            return refused
        except UsageError as broken:
            return FixRefused(f"with it the file could not be judged any more: {broken.says}", file=self.file)
        line = fixes[0].fix.lines[0]
        if not _is_better(self.judged, judged, {each.fix.control for each in fixes}):
            says = "this fix alone would not clear the finding"
            return FixRefused(says, file=self.file, line=line, hint="see the remedy, and change it by hand")
        self.made += [self._told(each.fix) for each in fixes]
        self.text, self.judged = new.text, judged
        self._follow(new.edits)
        return None

    def _left(self, proposed: Proposed, why: FixRefused) -> NotMade:
        place = self.file if why.line is None else f"{self.file}:{self.origin[why.line - 1]}"
        return NotMade(self._told(proposed.fix), f"{place}: {why.problem}", why.hint)

    def _told(self, fix: Fix) -> Fix:
        """With the lines of the file as it was before the first fix."""
        return structs.replace(fix, lines=tuple(sorted({self.origin[line - 1] for line in fix.lines})))

    def _follow(self, edits: Sequence[Edit]) -> None:
        """Which line of the first text each line of the next one comes from."""
        for edit in reversed(edits):
            old = self.origin[edit.first - 1 : edit.last] or self.origin[edit.first - 2 : edit.first - 1]
            new = [old[min(number, len(old) - 1)] for number in range(edit.text.count("\n"))]
            self.origin[edit.first - 1 : edit.last] = new


def _is_better(before: JudgedBuild, after: JudgedBuild, mended: Iterable[str]) -> bool:
    """Is each of these findings gone, or of fewer faults, and none of the others worse?"""
    if before.build.lint_gap is None and after.build.lint_gap is not None:
        return False  # hadolint can't read it any more, and says nothing for that alone
    was, now = _faults(before.findings), _faults(after.findings)
    if any(now.get(control, _NONE) >= was.get(control, _NONE) for control in mended):
        return False
    return all(control in was and failing <= was[control][0] for control, (failing, _) in now.items())


_NONE = (False, 0)


def _faults(findings: Iterable[Finding]) -> Mapping[str, tuple[bool, int]]:
    """Control -> whether it fails (else it does not know), and how many faults it names."""
    counted = (finding for finding in findings if finding.outcome in (Outcome.FAIL, Outcome.UNKNOWN))
    return {each.control: (each.outcome is Outcome.FAIL, len(each.evidence)) for each in counted}


def _key(fix: Fix) -> tuple[str, str]:
    return fix.control, fix.says
