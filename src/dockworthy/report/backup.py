"""A backup for the person who runs it: the plan, what is asked before it, and how to answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import to_builtins

from ..model.backup import (
    BackupMethod,
    BackupPlan,
    BackupRun,
    DataSet,
    DataStanding,
    LogStanding,
    PlannedData,
    ProjectImage,
)
from ..model.counts import number_of
from .json_text import json_text
from .sheet import Sheet, columns, wrap
from .visible import visible, without_odd_bytes
from .words import minute_of, second_of

_COLUMN = 13
_GAP = 2
_HEAD = ("data", "kind", "size", "written by", "method", "downtime")
_NARROWEST = (10, 8, 6, 10, 9, 9)


def render_backup_plan(plan: BackupPlan, *, width: int, colour: bool) -> str:
    """Each data set in a row; then why, what is asked, and what is worth knowing."""
    sheet = Sheet(width=width, colour=colour)
    sheet.line(_heading(plan), style="heading")
    if plan.data:
        sheet.blank()
        for number, line in enumerate(_table([_HEAD, *(_row(each, plan.scope) for each in plan.data)], sheet.width)):
            sheet.line(line, style="" if number else "quiet")
    reasons = [each for each in plan.data if each.why]
    if reasons:
        sheet.heading("Why")
        for each in reasons:
            _entry(sheet, each.data.name, f"{each.method.value}: {each.why}")
    if plan.questions:
        sheet.heading("Asked before the first backup")
        for each in plan.questions:
            _entry(sheet, each.data.name, each.asks, style="bad")
            sheet.line("answer it in dockworthy.yaml, below `backup:` and `data:`, by one of these:", indent=_COLUMN)
            for line in each.answers:
                sheet.verbatim("", line, column=4, indent=4)
    if any(each.lacks for each in plan.data):
        sheet.heading("Needed to bring it back to any second")
        for each in plan.data:
            for number, lack in enumerate(each.lacks):
                _entry(sheet, "" if number else each.data.name, lack, style="bad")
    sheet.blank()
    for repository in plan.to:
        sheet.entry("to", repository, indent=1, column=_COLUMN)
    for also in (*plan.also, *_images_in_words(plan.images)):
        sheet.entry("also", also, indent=1, column=_COLUMN)
    for note in plan.notes:
        sheet.entry("note", note, indent=1, column=_COLUMN)
    return str(sheet)


def _images_in_words(images: Sequence[ProjectImage]) -> Iterator[str]:
    for each in images:
        if not each.digests:
            yield f"the image {each.called} ({size_in_words(each.bytes)}), which no registry has, once"


def _entry(sheet: Sheet, name: str, text: str, *, style: str = "") -> None:
    """What is said of a data set, below its name where that is long."""
    if columns(visible(name)) + 1 >= _COLUMN:
        sheet.line(name, indent=1, style=style)
        name = ""
    sheet.entry(name, text, indent=1, column=_COLUMN, label_style=style)


def backup_plan_json(plan: BackupPlan) -> str:
    """The same for programs. Sizes in bytes, times in seconds."""
    data = [{**_data_json(each.data), **_way_json(each)} for each in plan.data]
    told = {
        "schema": 1,
        "command": "backup",
        "scope": plan.scope,
        "to": plan.to,
        "data": data,
        "also": plan.also,
        "images": to_builtins(plan.images),
        "notes": plan.notes,
    }
    return json_text(without_odd_bytes(told))


def render_runs(runs: Sequence[BackupRun], places: Sequence[str], *, width: int, colour: bool) -> str:
    """What was saved just now: by repository what each data set took, and what must be checked."""
    sheet = Sheet(width=width, colour=colour)
    for run, place in zip(runs, places, strict=True):
        size = size_in_words(run.bytes)
        sheet.line(f"saved to {place}: {size} ({run.id})", style="heading")
        sheet.blank()
        rows = [
            (
                each.name,
                each.kind.value,
                size_in_words(each.bytes),
                each.method.value,
                f"{each.seconds:.1f} s",
                f"{each.downtime:.1f} s" if each.downtime else "none",
            )
            for each in run.data
        ]
        for number, line in enumerate(_table([_SAVED_HEAD, *rows], sheet.width)):
            sheet.line(line, style="" if number else "quiet")
        for name, why in run.skipped.items():
            _entry(sheet, name, f"not saved: {why}", style="bad")
        for doubt in run.doubts:
            sheet.entry("check", doubt, indent=1, column=_COLUMN, label_style="bad")
        if run.doubts:
            sheet.entry(
                "",
                "older backups stay meanwhile; where it is meant: dockworthy backup --accept DATA",
                indent=1,
                column=_COLUMN,
            )
        sheet.blank()
    return str(sheet)


def render_standing(standing: Sequence[DataStanding], notes: Sequence[str], *, width: int, colour: bool) -> str:
    """Each data set: saved when and how much, next when, proven when; then what is wrong."""
    sheet = Sheet(width=width, colour=colour)
    rows = [
        (
            each.name,
            each.kind.value,
            minute_of(each.newest) if each.newest else "never",
            size_in_words(each.bytes) if each.newest else "",
            minute_of(each.next) if each.next else "not scheduled",
            _proven(each),
        )
        for each in standing
    ]
    for number, line in enumerate(_table([_STANDING_HEAD, *rows], sheet.width)):
        sheet.line(line, style="" if number else "quiet")
    if any(each.log for each in standing):
        sheet.heading("Back to any second")
        for each in standing:
            if each.log is not None:
                _entry(sheet, each.name, _log_in_words(each.log))
    if any(each.problem for each in standing):
        sheet.heading("To check")
        for each in standing:
            if each.problem:
                _entry(sheet, each.name, each.problem, style="bad")
    for note in notes:
        sheet.entry("note", note, indent=1, column=_COLUMN)
    return str(sheet)


def standing_json(standing: Sequence[DataStanding], notes: Sequence[str]) -> str:
    """Moments in RFC 3339, sizes in bytes."""
    told = {
        "schema": 1,
        "command": "backup status",
        "data": [_standing_json(each) for each in standing],
        "notes": [*notes],
    }
    return json_text(without_odd_bytes(told))


def _standing_json(standing: DataStanding) -> dict[str, Any]:
    told: dict[str, Any] = to_builtins(standing)
    if standing.log is None:
        del told["log"]
    return told


def _log_in_words(log: LogStanding) -> str:
    said = ["its log is received" if log.receiving else "its log is NOT received"]
    if log.lag is not None:
        said.append(f"{size_in_words(log.lag)} behind")
    if log.age is not None:
        said.append(f"something arrived {log.age:.0f} s ago")
    reach = f"saved from {log.since} to {log.until}" if log.until else "none of it is saved yet"
    lost = [
        f"what {where} would lose now: {'nobody can tell' if seconds is None else f'{seconds:.0f} s'}"
        for where, seconds in (
            ("the death of its disk", log.lost_with_database),
            ("the death of the host", log.lost_with_host),
        )
    ]
    return "; ".join((", ".join(said), reach, *lost))


def render_run_list(runs: Sequence[BackupRun], place: str, *, width: int, colour: bool) -> str:
    """What can be restored, newest first."""
    sheet = Sheet(width=width, colour=colour)
    sheet.line(f"{number_of(len(runs), 'backup')} in {place}", style="heading")
    sheet.blank()
    rows = [
        (
            second_of(run.taken),
            run.id,
            size_in_words(run.bytes),
            ", ".join(each.name for each in run.data),
            run.proven[:10] or "no",
            "doubted" if run.doubts else "",
        )
        for run in sorted(runs, key=lambda each: each.taken, reverse=True)
    ]
    for number, line in enumerate(_table([_LIST_HEAD, *rows], sheet.width) if rows else ()):
        sheet.line(line, style="" if number else "quiet")
    return str(sheet)


def run_list_json(runs: Sequence[BackupRun]) -> str:
    """`expected`: by data set, what a restore must find again."""
    snapshots = [
        {
            "id": run.id,
            "taken": run.taken,
            "data": [each.name for each in run.data],
            "bytes": run.bytes,
            "expected": {each.name: each.expected for each in run.data},
            "proven": run.proven or None,
            "doubts": run.doubts,
        }
        for run in runs
    ]
    return json_text(without_odd_bytes({"schema": 1, "command": "backup list", "snapshots": snapshots}))


_SAVED_HEAD = ("data", "kind", "size", "method", "took", "downtime")
_STANDING_HEAD = ("data", "kind", "saved", "size", "next", "restore proven")
_LIST_HEAD = ("taken", "backup", "size", "data", "proven", "")


def _proven(standing: DataStanding) -> str:
    if standing.proof is None:
        return "no"
    return standing.proof.at[:10] if standing.proof.passed else f"FAILED {standing.proof.at[:10]}"


def _data_json(data: DataSet) -> dict[str, Any]:
    told: dict[str, Any] = to_builtins(data)
    return told


def _way_json(planned: PlannedData) -> dict[str, Any]:
    told = {name: getattr(planned, name) for name in planned.__struct_fields__ if name != "data"}
    return {**told, "method": planned.method.value}


def _heading(plan: BackupPlan) -> str:
    of = plan.scope or "all of this engine"
    parts = [number_of(len(plan.data), "data set")]
    if plan.data:
        saved = [each.data for each in plan.data if each.method is not BackupMethod.SKIP]
        size = sum(each.bytes for each in saved)
        parts.append(size_in_words(size, measured=all(each.measured for each in saved)))
    if plan.questions:
        parts.append(number_of(len(plan.questions), "question"))
    return f"{of}: {', '.join(parts)}"


def size_in_words(size: int, *, measured: bool = True) -> str:
    """`790 MB`; `over 790 MB` where not all of it was counted."""
    over = "" if measured else "over "
    for unit, name in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            number = size / unit
            return f"{over}{number:.1f} {name}" if number < 10 else f"{over}{number:.0f} {name}"
    return f"{over}{size} B"


def _row(planned: PlannedData, scope: str) -> tuple[str, ...]:
    data = planned.data
    method = "?" if planned.asks else planned.method.value
    downtime = "?" if planned.asks else f"about {max(planned.downtime, 1):.0f} s" if planned.downtime else "none"
    return (
        data.name,
        f"{data.kind.value} {data.version}".rstrip(),
        size_in_words(data.bytes, measured=data.measured),
        ", ".join(_writers(data, scope)) or "nobody",
        method,
        downtime,
    )


def _writers(data: DataSet, scope: str) -> Iterator[str]:
    """Services, with the project where it is another one than what was asked for. Those of which no container runs are
    marked."""
    names: dict[str, bool] = {}
    for each in data.writers:
        if not each.read_only:
            name = each.service or each.container
            name = f"{each.project}/{name}" if each.project not in ("", scope) else name
            names[name] = names.get(name, False) or each.running
    for name, running in names.items():
        yield name if running else f"{name} (stopped)"


def _table(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Lines of `width` columns at most; what is longer than its cell goes on below."""
    shown = [[visible(cell) for cell in row] for row in rows]
    widths = _fitted([max(map(columns, column)) for column in zip(*shown, strict=True)], width)
    for row in shown:
        cells = [[*wrap(cell, room)] for cell, room in zip(row, widths, strict=True)]
        for number in range(max(map(len, cells))):
            parts = (cell[number] if number < len(cell) else "" for cell in cells)
            yield _joined(parts, widths).rstrip()


def _joined(parts: Iterable[str], widths: Sequence[int]) -> str:
    return (" " * _GAP).join(part + " " * (room - columns(part)) for part, room in zip(parts, widths, strict=True))


def _fitted(widths: list[int], width: int) -> list[int]:
    """The widest column gives way until all fit, as long as it has something to give."""
    room = width - _GAP * (len(widths) - 1)
    while sum(widths) > room:
        spare = [have - least for have, least in zip(widths, _NARROWEST, strict=True)]
        if max(spare) <= 0:
            break
        widths[spare.index(max(spare))] -= 1
    return widths
