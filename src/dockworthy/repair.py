"""Repairs files: read -> judge -> fix the text -> judge it again -> write -> look: the story of `dockworthy fix`."""

from __future__ import annotations

import datetime
import os
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager

from msgspec import Struct, structs

from .controls.judging import judge_written
from .errors import OutputError, UnreadableInput, UsageError
from .fix.candidates import NOTHING_KNOWN, candidates
from .fix.choosing import failing, make_what_helps
from .fix.file_changes import forget, keep_old, remove_new, replace_content, write_new
from .fix.secret_files import CONTROL, Moved, move_secrets
from .input_files import checkout_of, read_input, reading_only
from .model.compose_fix import KnownToEngine
from .model.control import Control
from .model.control_ids import control_ids
from .model.finding import Finding
from .model.fix import Fix, FixKind
from .model.levels import Level
from .model.policy import Policy
from .model.repair import FileRepair, NewFile, Repair
from .model.workload import Unit
from .model.written import Written
from .policy.applying import apply_policy
from .readers.allowances import allowances_in
from .readers.files import STANDARD_INPUT, FoundFile, Search
from .readers.written_file import Surroundings, may_be_ours, read_written


class RepairOptions(Struct, frozen=True, kw_only=True):
    """What to repair: by which policy, which kinds of fixes, of which controls (none named: of all)."""

    level: Level
    policy: Policy = Policy()
    rules: tuple[Control, ...] = ()
    kinds: frozenset[FixKind] = frozenset({FixKind.SAFE})
    controls: frozenset[str] = frozenset()
    known: KnownToEngine = NOTHING_KNOWN
    may_add_files: bool = True
    """May secrets be moved into files beside the one that is repaired?"""
    jobs: frozenset[str] = frozenset()
    """Services that the project's `deploy.jobs` names."""
    trusted: bool = False
    """May the files read this environment's variables, and files outside of their checkout?"""

    def reading(self, paths: Sequence[str]) -> AbstractContextManager[None]:
        """What may be read meanwhile: nothing outside of what `paths` belong to, unless they are trusted."""
        return reading_only(None if self.trusted else checkout_of(paths))

    @property
    def surroundings(self) -> Surroundings:
        return Surroundings(os.environ, trusted=self.trusted, jobs=self.jobs)

    def wants(self, fix: Fix) -> bool:
        return fix.kind in self.kinds and (not self.controls or fix.control in self.controls)


def plan_repair(paths: Sequence[str], asked: RepairOptions, *, stdin_name: str = STANDARD_INPUT) -> Repair:
    """What would be made of every Compose file and every Dockerfile; nothing is written. `-` is standard input.

    Raises UsageError where a path does not exist, or no such file was found.
    """
    files: list[FileRepair] = []
    unread: list[tuple[str, str]] = []
    new_files: set[str] = set()
    with asked.reading(paths):
        search = Search(paths, stdin=sys.stdin.buffer, stdin_name=stdin_name)
        for found in search:
            try:
                if found.judged:
                    repaired = _repaired(found.loaded(), asked, new_files)
                    if repaired is not None:
                        files.append(repaired)
                        new_files.update(each.path for each in repaired.new_files)
            except UnreadableInput as error:
                if found.must_be_ours or may_be_ours(found):
                    unread.append((found.name, error.says))
        empty = search.folders_without((*(file.file for file in files), *(name for name, _ in unread)))
    if not files and not unread:
        raise UsageError(
            "nothing to repair: no Compose file and no Dockerfile was found in " + ", ".join(paths),
            hint="`dockworthy check` also judges what can't be repaired here",
        )
    unread += [(folder, "no Compose file and no Dockerfile was found in it") for folder in empty]
    return Repair(files=tuple(files), unread=tuple(unread))


def write_repair(repair: Repair, asked: RepairOptions, *, told: Callable[[FileRepair], None]) -> Repair:
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


def findings_of_text(file: str, text: str, asked: RepairOptions) -> tuple[Finding, ...]:
    """What `check` would say of a text, if it stood in the file."""
    with asked.reading([file]):
        return _findings(FoundFile(file, file, True, content=text.encode()), asked)


def _repaired(found: FoundFile, asked: RepairOptions, taken: Collection[str]) -> FileRepair | None:
    """None for a file that has no service of Compose and is no Dockerfile. `taken`: files that others will make."""
    text = found.text()
    written = read_written(found, asked.surroundings)
    if written.builds:
        return _repaired_build(found, text, asked)
    units = [unit for unit in written.units if unit.kind == "service" and unit.source.where == found.name]
    if not units:
        return None
    findings = _of_written(found, written, asked)
    fixes = list(candidates(findings, units, {found.name: text}.get, asked.known))
    wanted = [fix for fix in fixes if asked.wants(fix)]

    def judged(changed: str) -> Sequence[Finding]:
        return _findings(structs.replace(found, content=changed.encode()), asked)

    made = make_what_helps(text, wanted, judged, file=found.name)
    moved = _moved_secrets(made.text, units, findings, asked, taken, file=found.name)
    is_wanted = bool(moved.files)
    return FileRepair(
        file=found.name,
        old=text,
        new=moved.text,
        made=made.made + (moved.made if is_wanted else ()),
        not_made=made.not_made,
        offered=tuple(fix for fix in fixes if not asked.wants(fix)) + (() if is_wanted else moved.made),
        new_files=moved.files,
        notes=moved.notes,
    )


def _moved_secrets(
    text: str,
    units: Sequence[Unit],
    findings: Sequence[Finding],
    asked: RepairOptions,
    taken: Collection[str],
    *,
    file: str,
) -> Moved:
    """Secrets in files of their own: nothing where no file can be written beside this one. Without files and with fixes
    where it was not asked for."""
    failing_on = [subject for control, subject in failing(findings) if control == CONTROL]
    if not failing_on or not os.path.isfile(file):
        return Moved(text)
    moved = move_secrets(text, units, failing_on, file=file, taken=taken)
    if not asked.may_add_files:
        names = "secrets stand in `environment`: `dockworthy fix --all --control environment-secrets` moves them"
        return Moved(text, notes=(names,) if moved.made else ())
    is_asked = FixKind.TO_BE_PROVEN in asked.kinds and (not asked.controls or CONTROL in asked.controls)
    return moved if is_asked else Moved(text, moved.made)


def _repaired_build(found: FoundFile, text: str, asked: RepairOptions) -> FileRepair:
    from .fix.build_choosing import JudgedBuild, repair_build  # a Compose file need not pay for it

    def judge(changed: str) -> JudgedBuild:
        with_it = structs.replace(found, content=changed.encode())
        written = read_written(with_it, asked.surroundings)
        return JudgedBuild(written.builds[0], _of_written(with_it, written, asked))

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


def _findings(found: FoundFile, asked: RepairOptions) -> tuple[Finding, ...]:
    """As `check` has them, with what the policy accepts."""
    return _of_written(found, read_written(found, asked.surroundings), asked)


def _of_written(found: FoundFile, written: Written, asked: RepairOptions) -> tuple[Finding, ...]:
    text = found.text()
    allowances, _ = allowances_in(written, {found.name: text}.get)
    today = datetime.datetime.now(datetime.UTC).date()
    judged = judge_written(written, asked.level, asked.policy.levels, rules=asked.rules, today=today)
    known = control_ids() | {rule.id for rule in asked.rules}
    return apply_policy(judged, asked.policy, written, allowances, level=asked.level, today=today, controls=known)[0]


def _written(file: FileRepair, asked: RepairOptions) -> FileRepair:
    with_mark = read_input(file.file).startswith(BOM_UTF8)
    old, new = ((BOM_UTF8 if with_mark else b"") + text.encode() for text in (file.old, file.new))
    kept = keep_old(file.file, old, new, os.environ, file.new_files)
    written: list[NewFile] = []
    try:
        write_new(file.new_files, written)
        replace_content(file.file, old=old, new=new)
    except BaseException:
        remove_new(written)
        forget(kept, os.environ)
        raise
    if not _is_as_planned(file, asked):
        replace_content(file.file, old=new, new=old)
        remove_new(written)
        forget(kept, os.environ)
        raise OutputError(f"{file.file}: what was written is not judged as planned; it is as it was before")
    return structs.replace(file, kept_at=str(kept))


def _is_as_planned(file: FileRepair, asked: RepairOptions) -> bool:
    """Read again from where it lies: are the findings gone that were to go?"""
    try:
        with asked.reading([file.file]):
            findings = _findings(FoundFile(file.file, file.file, True).loaded(), asked)
    except UsageError:
        return False
    if file.is_build:  # a part of a finding may stay: what was judged before it was written is what counts
        return findings == findings_of_text(file.file, file.new, asked)
    made = {(fix.control, fix.subject) for fix in file.made}
    if file.new_files:  # of several secrets some may stay
        made -= failing(findings_of_text(file.file, file.new, asked))
    return not failing(findings) & made
