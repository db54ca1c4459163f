"""Repairs files: read -> judge -> fix the text -> judge it again -> write -> look: the story of `dockworthy fix`."""

from __future__ import annotations

import datetime
import os
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from msgspec import Struct, structs

from .controls.judging import judge_written
from .controls.registry import control_ids
from .errors import DockworthyError, OutputError, UnreadableInput, UsageError
from .fix.candidates import NOTHING_KNOWN, candidates
from .fix.choosing import failing, make_what_helps
from .fix.kept import forget, keep_old
from .fix.replacing import replace_content
from .input_files import checkout_of, read_input, reading_only
from .model.compose_fix import Known
from .model.control import Control
from .model.finding import Finding
from .model.fix import Fix, FixKind
from .model.levels import Level
from .model.policy import Policy
from .model.repair import FileRepair, Repair
from .model.written import Written
from .policy.applying import apply_policy
from .readers.allowances import allowances_in
from .readers.files import STANDARD_INPUT, FoundFile, Search
from .readers.written_file import Surroundings, may_be_ours, read_written


class Asked(Struct, frozen=True, kw_only=True):
    """What to repair: by which policy, which kinds of fixes, of which controls (none named: of all)."""

    level: Level
    policy: Policy = Policy()
    rules: tuple[Control, ...] = ()
    kinds: frozenset[FixKind] = frozenset({FixKind.SAFE})
    controls: frozenset[str] = frozenset()
    known: Known = NOTHING_KNOWN
    trusted: bool = False
    """May the files read this environment's variables, and files outside of their checkout?"""

    def reading(self, paths: Sequence[str]) -> AbstractContextManager[None]:
        """What may be read meanwhile: nothing outside of what `paths` belong to, unless they are trusted."""
        return reading_only(None if self.trusted else checkout_of(paths))

    @property
    def surroundings(self) -> Surroundings:
        return Surroundings(os.environ, trusted=self.trusted)

    def wants(self, fix: Fix) -> bool:
        return fix.kind in self.kinds and (not self.controls or fix.control in self.controls)


def plan_repair(paths: Sequence[str], asked: Asked, *, stdin_name: str = STANDARD_INPUT) -> Repair:
    """What would be made of every Compose file and every Dockerfile; nothing is written. `-` is standard input.

    Raises UsageError where a path does not exist, or no such file was found.
    """
    files: list[FileRepair] = []
    unread: list[tuple[str, str]] = []
    with asked.reading(paths):
        for found in Search(paths, stdin=sys.stdin.buffer, stdin_name=stdin_name):
            try:
                if found.judged:
                    repaired = _repaired(found.loaded(), asked)
                    files += [repaired] if repaired is not None else []
            except UnreadableInput as error:
                if found.named_by_user or may_be_ours(found):
                    unread.append((found.name, error.says))
    if not files and not unread:
        raise UsageError(
            "nothing to repair: no Compose file and no Dockerfile was found in " + ", ".join(paths),
            hint="`dockworthy check` also judges what can't be repaired here",
        )
    return Repair(files=tuple(files), unread=tuple(unread))


def write_repair(repair: Repair, asked: Asked, *, told: Callable[[FileRepair], None]) -> Repair:
    """Writes the new texts, each file whole, and judges it where it lies: one that is not as planned is put back.

    `told` hears of each file that is written. Raises FixRefused for a file that changed meanwhile, OutputError for one
    that can't be written; those before it stay repaired.
    """
    files = []
    for file in repair.files:
        if file.changes:
            file = _written(file, asked)
            told(file)
        files.append(file)
    return structs.replace(repair, files=tuple(files), written=True)


def findings_of_text(file: str, text: str, asked: Asked) -> tuple[Finding, ...]:
    """What `check` would say of a text, if it stood in the file."""
    with asked.reading([file]):
        return _findings(FoundFile(file, file, True, content=text.encode()), asked)


def _repaired(found: FoundFile, asked: Asked) -> FileRepair | None:
    """None for a file that has no service of Compose and is no Dockerfile."""
    text = found.text()
    written = read_written(found, asked.surroundings)
    if written.builds:
        return _repaired_build(found, text, asked)
    units = [unit for unit in written.units if unit.kind == "service" and unit.source.where == found.name]
    if not units:
        return None
    fixes = list(candidates(_of_written(found, written, asked), units, {found.name: text}.get, asked.known))
    wanted = [fix for fix in fixes if asked.wants(fix)]

    def judged(changed: str) -> Sequence[Finding]:
        return _findings(structs.replace(found, content=changed.encode()), asked)

    made = make_what_helps(text, wanted, judged, file=found.name)
    return FileRepair(
        file=found.name,
        old=text,
        new=made.text,
        made=made.made,
        not_made=made.not_made,
        offered=tuple(fix for fix in fixes if not asked.wants(fix)),
    )


def _repaired_build(found: FoundFile, text: str, asked: Asked) -> FileRepair:
    from .fix.build_choosing import Judged, repair_build  # a Compose file need not pay for it

    def judge(changed: str) -> Judged:
        with_it = structs.replace(found, content=changed.encode())
        written = read_written(with_it, asked.surroundings)
        return Judged(written.builds[0], _of_written(with_it, written, asked))

    done = repair_build(text, judge, asked.wants, file=found.name, known=asked.known)
    return FileRepair(
        file=found.name,
        old=text,
        new=done.text,
        made=done.made,
        not_made=done.not_made,
        offered=done.offered,
        is_build=True,
    )


def _findings(found: FoundFile, asked: Asked) -> tuple[Finding, ...]:
    """As `check` has them, with what the policy accepts."""
    return _of_written(found, read_written(found, asked.surroundings), asked)


def _of_written(found: FoundFile, written: Written, asked: Asked) -> tuple[Finding, ...]:
    text = found.text()
    allowances, _ = allowances_in(written, {found.name: text}.get)
    judged = judge_written(written, asked.level, asked.policy.levels, rules=asked.rules)
    today = datetime.datetime.now(datetime.UTC).date()
    known = control_ids() | {rule.id for rule in asked.rules}
    return apply_policy(judged, asked.policy, written, allowances, level=asked.level, today=today, controls=known)[0]


def _written(file: FileRepair, asked: Asked) -> FileRepair:
    with_mark = read_input(file.file).startswith(BOM_UTF8)
    old, new = ((BOM_UTF8 if with_mark else b"") + text.encode() for text in (file.old, file.new))
    kept = keep_old(file.file, old, new, os.environ)
    try:
        replace_content(file.file, old=old, new=new)
    except DockworthyError:
        forget(kept, os.environ)
        raise
    if not _is_as_planned(file, asked):
        replace_content(file.file, old=new, new=old)
        forget(kept, os.environ)
        raise OutputError(f"{file.file}: what was written is not judged as planned; it is as it was before")
    return structs.replace(file, kept_at=str(kept))


def _is_as_planned(file: FileRepair, asked: Asked) -> bool:
    """Read again from where it lies: are the findings gone that were to go?"""
    try:
        with asked.reading([file.file]):
            findings = _findings(FoundFile(file.file, file.file, True).loaded(), asked)
    except UsageError:
        return False
    if file.is_build:  # a part of a finding may stay: what was judged before it was written is what counts
        return findings == findings_of_text(file.file, file.new, asked)
    return not failing(findings) & {(fix.control, fix.subject) for fix in file.made}
