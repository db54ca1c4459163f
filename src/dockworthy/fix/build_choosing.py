"""Makes fixes in a Dockerfile's text, round by round: what one fix joins or adds, another one may have to mend.

After each round the text is read and judged as `check` does it. A fix after which its finding is no better, or another
one is worse, is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct, structs

from ..errors import UsageError
from ..model.build import ImageBuild
from ..model.compose_fix import Known
from ..model.finding import Finding, Outcome
from ..model.fix import Edit, Fix
from ..model.repair import NotMade
from .build_candidates import Proposed, build_candidates
from .build_edit import edited
from .build_placing import place_changes
from .candidates import NOTHING_KNOWN
from .choosing import Made
from .refused import FixRefused

MOST_ROUNDS: Final = 40


class Judged(Struct, frozen=True):
    """What a text is read as, and what the controls say of it."""

    build: ImageBuild
    findings: Sequence[Finding]


Judge = Callable[[str], Judged]
"""Reads and judges a text, as if it stood in the file. Raises UsageError."""
Wants = Callable[[Fix], bool]


def repair_build(text: str, judge: Judge, wants: Wants, *, file: str, known: Known = NOTHING_KNOWN) -> Made:
    """The text with every wanted fix that helps, and those that were not made, with why."""
    return _Repairing(text, judge, wants, file, known).run()


class _Repairing:
    def __init__(self, text: str, judge: Judge, wants: Wants, file: str, known: Known) -> None:
        self.text = text
        self.origin = list(range(1, text.count("\n") + 2))
        self.judge, self.wants, self.file, self.known = judge, wants, file, known
        self.judged = judge(text)
        self.made: list[Fix] = []
        self.taken_back: dict[tuple[str, str], NotMade] = {}

    def run(self) -> Made:
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
        return Made(self.text, tuple(self.made), (*refused, *self.taken_back.values()), offered)

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
        """The first that helps: after it the others have other lines, and are asked for anew."""
        for proposed in placed:
            why = self._takes([proposed])
            if why is None:
                return
            self.taken_back[_key(proposed.fix)] = self._left(proposed, why)

    def _takes(self, fixes: Sequence[Proposed]) -> FixRefused | None:
        """None where they help; else why not, and nothing is changed."""
        try:
            new = edited(self.text, [change for each in fixes for change in each.changes], file=self.file)
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


def _is_better(before: Judged, after: Judged, mended: Iterable[str]) -> bool:
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
