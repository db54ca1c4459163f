"""`fix --undo`: shows what would be put back, asks, and puts it back."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from .exit_status import ExitStatus
from .output import deliver, say

if TYPE_CHECKING:
    from ..fix.undo import UndonePlan


def undo(
    paths: tuple[str, ...], *, dry_run: bool, diff: bool, yes: bool, format_: str, output: str | None
) -> ExitStatus:
    """Raises UsageError where a file can't be put back: then none is."""
    from ..fix.undo import plan_undo, put_back

    if "-" in paths:
        raise UsageError("--undo needs the name of a file: standard input was never changed", hint="name the file")
    plan = plan_undo(paths, os.environ)
    if diff:
        deliver(_diff(plan), output)
        return ExitStatus.DONE
    if plan.files and not dry_run:
        _ask(plan, yes=yes)
        put_back(plan, os.environ)
    content = _json(plan, dry_run=dry_run) if format_ == "json" else _text(plan, dry_run=dry_run)
    deliver(content, output)
    return ExitStatus.DONE


def _ask(plan: UndonePlan, *, yes: bool) -> None:
    if yes or not sys.stdin.isatty():
        return
    for line in _text(plan, dry_run=True).splitlines():
        say(line)
    if not click.confirm("Put it back?", err=True):
        raise UsageError("nothing was put back")


def _text(plan: UndonePlan, *, dry_run: bool) -> str:
    lines = []
    for each in plan.files:
        if each.as_before:
            lines.append(f"{each.file}: says already what it said before {each.record.at}")
        else:
            what = "would be put back to" if dry_run else "put back to"
            lines.append(f"{each.file}: {what} what it said before {each.record.at}")
    lines += [f"{file}: undone already, at {when}" for file, when in plan.undone]
    return "".join(f"{line}\n" for line in lines)


def _diff(plan: UndonePlan) -> str:
    from ..fix.diff import shown_diff
    from ..model.repair import FileRepair

    return "".join(
        shown_diff(FileRepair(file=each.file, old=each.now.decode("utf-8-sig"), new=each.before.decode("utf-8-sig")))
        for each in plan.files
    )


def _json(plan: UndonePlan, *, dry_run: bool) -> bytes:
    from ..report.repair import UndoneFile, undone_json

    files = [
        UndoneFile(each.file, "as_before" if each.as_before else "planned" if dry_run else "undone", each.record.at)
        for each in plan.files
    ]
    files += [UndoneFile(file, "undone_already", when) for file, when in plan.undone]
    return undone_json(files, written=not dry_run)
