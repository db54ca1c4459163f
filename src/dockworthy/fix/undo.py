"""`fix --undo`: puts back what files said before dockworthy changed them, all of them or none."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from ..errors import UsageError
from ..input_files import read_input
from .file_changes import FileChange, digest, is_as_made, note_undone, records, remove_made, replace_content
from .refused import FixRefused


class Undo(Struct, frozen=True, kw_only=True):
    """One file whose last change is taken back: what it says now, and what it said before."""

    file: str
    record: FileChange
    now: bytes
    before: bytes

    @property
    def as_before(self) -> bool:
        """Does it say already what it said before: put back by hand, or never written?"""
        return self.now == self.before


class UndonePlan(Struct, frozen=True, kw_only=True):
    """`files` are to be put back; `undone` were put back by an earlier run (file, when)."""

    files: tuple[Undo, ...]
    undone: tuple[tuple[str, str], ...] = ()


def plan_undo(paths: Sequence[str], environ: Mapping[str, str]) -> UndonePlan:
    """What would be put back; nothing is written. A folder stands for all files below it that dockworthy changed.

    Raises UsageError (FixRefused where one file is meant) as soon as one of them can't be put back.
    """
    known = tuple(records(environ))
    files: dict[str, Undo] = {}
    undone: dict[str, str] = {}
    for path in paths:
        for file, of_file in _meant(path, known):
            open_ = [record for record in of_file if not record.undone]
            if open_:
                files.setdefault(of_file[0].path, _undo(file, open_[0]))
            else:
                undone.setdefault(file, of_file[0].undone)
    return UndonePlan(files=tuple(files.values()), undone=tuple(undone.items()))


def put_back(plan: UndonePlan, environ: Mapping[str, str]) -> None:
    """Raises FixRefused for a file that changed meanwhile, OutputError for one that can't be written; those before it
    stay put back."""
    for each in plan.files:
        if not each.as_before:
            replace_content(each.record.path, old=each.now, new=each.before)
    remove_made(made for each in plan.files for made in each.record.made)
    for each in plan.files:
        note_undone(each.record, environ)


def _meant(path: str, known: Iterable[FileChange]) -> list[tuple[str, list[FileChange]]]:
    """The changed files that a path means, as it names them, each with its records, the newest first."""
    real = os.path.realpath(path)
    is_folder = os.path.isdir(real)
    found: dict[str, list[FileChange]] = {}
    for record in known:
        if record.path == real or (is_folder and Path(record.path).is_relative_to(real)):
            found.setdefault(record.path, []).append(record)
    if not found:
        where = "no file below it" if is_folder else "it"
        raise UsageError(
            f"{path}: nothing to undo: no record says that dockworthy changed {where}",
            hint="records lie with the user who ran `fix`, in DOCKWORTHY_STATE; or ask your version control",
        )
    if not is_folder:
        return [(path, of_file) for of_file in found.values()]
    open_ = {name for name, of_file in found.items() if any(not record.undone for record in of_file)}
    chosen = open_ or set(found)  # what was undone long ago is worth a word only where there is nothing else to say
    return [
        (os.path.normpath(os.path.join(path, os.path.relpath(name, real))), of_file)
        for name, of_file in sorted(found.items())
        if name in chosen
    ]


def _undo(file: str, record: FileChange) -> Undo:
    before = record.old_content
    if before is None:
        raise FixRefused(
            f"what it said before {record.at} is no longer kept at {record.kept_at}",
            file=file,
            hint="ask your version control; nothing was put back",
        )
    try:
        now = read_input(record.path)
    except UsageError:
        hint = f"what it said before lies at {record.kept_at}; nothing was put back"
        raise FixRefused("the file is not there any more, or can't be read", file=file, hint=hint) from None
    if digest(now) != record.new and now != before:
        raise FixRefused(
            f"it was changed since dockworthy changed it at {record.at}: undoing would lose that",
            file=file,
            hint=f"what it said before lies at {record.kept_at}: compare them with diff; nothing was put back",
        )
    for made in record.made:
        if not made.is_ignore_file and not is_as_made(made):
            raise FixRefused(
                f"{made.path}, which was made with the change, was changed since: undoing would lose that",
                file=file,
                hint="write the value where it is to stand by hand; nothing was put back",
            )
    return Undo(file=file, record=record, now=now, before=before)
