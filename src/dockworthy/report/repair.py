"""A repair for people: what is made in which file, what might break, what is left and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import UNSET, Struct, UnsetType, structs

from ..model.counts import number_of
from ..model.fix import Fix, FixKind, How
from ..model.repair import FileRepair, NotMade, Repair
from .as_json import TOOL, encode
from .document import ToolOut
from .repairs import KINDS
from .said_once import alike, write_once
from .sheet import Sheet
from .verified import VerifiedOut, summary_of, verified_out, write_verified

_COLUMN = 17
_MOST_LINES = 2


class KeyChangeOut(Struct, frozen=True):
    """A key of a service, how it changes, and to what (null for one that is taken away)."""

    service: str
    path: tuple[str, ...]
    how: How
    value: object


class RepairOut(Struct, frozen=True):
    """`lines` are those of a Dockerfile, as it was before; `why` and `hint` are there where it was not made."""

    control: str
    subject: str
    kind: FixKind
    says: str
    may_break: str | None
    changes: tuple[KeyChangeOut, ...]
    lines: tuple[int, ...] | UnsetType = UNSET
    why: str | UnsetType = UNSET
    hint: str | UnsetType = UNSET


class FileOut(Struct, frozen=True):
    """`offered` was not asked for; `kept_at` is where the old content lies, null where nothing was written.

    `verified` is there with --verify: what was seen.
    """

    file: str
    changes: bool
    kept_at: str | None
    made: tuple[RepairOut, ...]
    not_made: tuple[RepairOut, ...]
    offered: tuple[RepairOut, ...]
    verified: VerifiedOut | UnsetType = UNSET
    new_files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class RepairDocument(Struct, frozen=True):
    """What `fix --format json` prints. `written`: the files are changed, else it is a plan."""

    schema: int
    tool: ToolOut
    command: str
    written: bool
    files: tuple[FileOut, ...]
    unread: tuple[tuple[str, str], ...]


def repair_json(repair: Repair) -> bytes:
    files = tuple(
        FileOut(
            file.file,
            file.changes,
            file.kept_at or None,
            tuple(map(_fix, file.made)),
            tuple(_fix(left.fix, left) for left in file.not_made),
            tuple(map(_fix, file.offered)),
            UNSET if file.verified is None else verified_out(file.verified),
            tuple(each.path for each in file.new_files),
            file.notes,
        )
        for file in repair.files
    )
    return encode(RepairDocument(1, TOOL, "fix", repair.written, files, repair.unread))


def _fix(fix: Fix, left: NotMade | None = None) -> RepairOut:
    changes = tuple(KeyChangeOut(each.service, each.path, each.how, each.value) for each in fix.changes)
    out = RepairOut(fix.control, fix.subject, fix.kind, fix.says, fix.may_break or None, changes, fix.lines or UNSET)
    return out if left is None else structs.replace(out, why=left.why, hint=left.hint or UNSET)


def render_repair(repair: Repair, *, width: int, colour: bool, verbose: bool = False) -> str:
    """The plan, or what was done. `verbose` shows also what was not asked for."""
    sheet = Sheet(width=width, colour=colour)
    for file in repair.files:
        if file.made or file.not_made or file.notes or file.verified or (verbose and file.offered):
            _write_file(sheet, file, written=repair.written, verbose=verbose)
    for name, why in repair.unread:
        sheet.blank()
        sheet.line(f"{name} can't be read: {why.removeprefix(f'{name}:').strip()}", style="bad")
    sheet.blank()
    sheet.line(summary(repair))
    return str(sheet)


def summary(repair: Repair) -> str:
    """One sentence or a few: what is made, what is left, how to have the rest."""
    made = [fix for file in repair.files for fix in file.made]
    offered = [fix for file in repair.files for fix in file.offered]
    left = sum(len(file.not_made) for file in repair.files)
    what = "made" if repair.written else "to make"
    parts = [f"{number_of(len(made), 'fix', 'fixes')} {what} in {number_of(len(repair.changed), 'file')}."]
    if left:
        parts.append(f"{number_of(left, 'fix', 'fixes')} can't be made.")
    verified = [file.verified for file in repair.files if file.verified is not None]
    parts += [summary_of(each) for each in verified]
    bold = 0 if verified else sum(fix.kind is FixKind.TO_BE_PROVEN for fix in made)
    if bold:
        parts.append(f"{bold} of them {'is' if bold == 1 else 'are'} to be proven: start the services and look.")
    unproven = sum(fix.kind is FixKind.TO_BE_PROVEN for fix in offered)
    if unproven and verified:
        parts.append(f"{unproven} more no run can show: --all takes {'it' if unproven == 1 else 'them'} in.")
        unproven = 0
    if unproven:
        more = f"{unproven} more {'is' if unproven == 1 else 'are'} to be proven by a run"
        parts.append(f"{more}: --verify does it, --all takes {'it' if unproven == 1 else 'them'} in unproven.")
    return " ".join(parts)


def _write_file(sheet: Sheet, file: FileRepair, *, written: bool, verbose: bool) -> None:
    sheet.heading(file.file)
    for kind in FixKind:
        made = [fix for fix in file.made if fix.kind is kind and not (file.verified and kind is FixKind.TO_BE_PROVEN)]
        _write_fixes(sheet, f"{KINDS[kind]}{', made' if written else ''}", made)
    if file.verified is not None:
        write_verified(sheet, file.verified)
    if file.not_made:
        sheet.line("not made", style="bad", indent=2)
        for same in alike(file.not_made, lambda left: (_said(left.fix), left.why, left.hint)):
            left = same[0]
            _write_said(sheet, [each.fix for each in same])
            sheet.entry("", f"{left.why}{f'; {left.hint}' if left.hint else ''}", column=_COLUMN, style="bad")
    if verbose or file.verified is not None:
        _write_fixes(sheet, "not asked for" if file.verified is None else "no run can show it", file.offered)
    if file.notes:
        sheet.line("to know", style="open", indent=2)
    for note in file.notes:
        sheet.point(note, indent=4)
    if file.kept_at:
        sheet.verbatim("  before", file.kept_at, column=_COLUMN)


def _write_fixes(sheet: Sheet, title: str, fixes: Iterable[Fix]) -> None:
    for number, same in enumerate(alike(fixes, _said)):
        fix = same[0]
        if not number:
            sheet.line(title, style="good" if fix.kind is FixKind.SAFE else "open", indent=2)
        _write_said(sheet, same)
        if fix.may_break:
            sheet.entry("", f"might break: {fix.may_break}", column=_COLUMN, style="quiet")


def _said(fix: Fix) -> tuple[str, ...]:
    """What a reader would read again where two say the same; the lines of a Dockerfile are each their own."""
    return (fix.control, fix.says, fix.may_break, _place(fix) if fix.lines else "")


def _write_said(sheet: Sheet, same: Sequence[Fix]) -> None:
    """One sentence; of several services with their names behind it."""
    says = f"{same[0].says} ({same[0].control})"
    write_once(sheet, [_place(fix) for fix in same], says, column=_COLUMN)


def _place(fix: Fix) -> str:
    """The service, or the lines of a Dockerfile."""
    if not fix.lines:
        return fix.subject.rsplit("#", 1)[-1]
    shown, more = fix.lines[:_MOST_LINES], len(fix.lines) > _MOST_LINES
    return f"line{'s' if len(fix.lines) > 1 else ''} {', '.join(map(str, shown))}{' …' if more else ''}"


class UndoneFile(Struct, frozen=True):
    """`state`: undone, planned (a dry run), as_before (it said so already), undone_already.

    `at` is when dockworthy changed the file; of `undone_already`, when that was undone.
    """

    file: str
    state: str
    at: str


class UndoneDocument(Struct, frozen=True):
    """`written`: what is named as undone was put back, else it is a plan."""

    schema: int
    tool: ToolOut
    command: str
    written: bool
    files: Sequence[UndoneFile]


def undone_json(files: Sequence[UndoneFile], *, written: bool) -> bytes:
    return encode(UndoneDocument(1, TOOL, "fix", written, files))
