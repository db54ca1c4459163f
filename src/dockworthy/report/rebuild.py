"""A project that is brought up on another host, for the person who asks for it: what comes there, from where, what is
lacking, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from ..model.rebuild import RebuildPlan, Rebuilt
from .backup import size_in_words
from .restore import age_in_words
from .sheet import Sheet

_COLUMN = 13
_FROM = {"backup": "out of the backup", "registry": "from its registry", "host": "it is there"}


def render_setup(host: str, steps: Sequence[str], *, width: int, colour: bool) -> str:
    """What the host needs before anything can be read on it."""
    sheet = Sheet(width=width, colour=colour)
    sheet.line(f"{host} needs first", style="heading")
    for step in steps:
        sheet.entry("", step, indent=1, column=_COLUMN)
    sheet.line("what comes there then is planned when it has them", indent=1)
    return str(sheet)


def render_rebuild_plan(plan: RebuildPlan, *, width: int, colour: bool) -> str:
    sheet = Sheet(width=width, colour=colour)
    heading = f"{plan.scope} comes to {plan.host}, as the backup of {plan.taken} has it ({age_in_words(plan.age)} ago)"
    sheet.line(heading, style="heading")
    sheet.entry("from", f"{plan.place}, backup {plan.run}", indent=1, column=_COLUMN)
    for each in plan.data:
        sheet.entry(each.name, f"{each.kind.value}: {size_in_words(each.bytes)}", indent=1, column=_COLUMN)
        if each.by:
            sheet.verbatim("by", each.by, indent=1, column=_COLUMN)
    for image in plan.images:
        size = f" ({size_in_words(image.bytes)})" if image.bytes else ""
        sheet.entry("image", f"{image.name}{size}: {_FROM[image.source]}", indent=1, column=_COLUMN)
    sheet.entry("files", f"{plan.files} of the project, in {plan.folder}", indent=1, column=_COLUMN)
    for label, names in (("secrets", plan.secrets), ("configs", plan.configs)):
        if names:
            sheet.entry(label, ", ".join(names), indent=1, column=_COLUMN)
    if plan.routes:
        routes = f"{', '.join(plan.routes)}: the edge, with the certificates that it had"
        sheet.entry("routes", routes, indent=1, column=_COLUMN)
    starts = f"release {plan.release}, as it was shipped" if plan.release is not None else "by its Compose files"
    sheet.entry("starts", starts, indent=1, column=_COLUMN)
    for label, sentences in (("there", plan.there), ("lacks", plan.lacks), ("doubt", plan.doubts)):
        for sentence in sentences:
            sheet.entry(label, sentence, indent=1, column=_COLUMN, label_style="bad")
    for note in plan.notes:
        sheet.entry("note", note, indent=1, column=_COLUMN)
    return str(sheet)


def render_rebuilt(done: Rebuilt, *, width: int, colour: bool) -> str:
    sheet = Sheet(width=width, colour=colour)
    assert done.plan is not None
    sheet.line(f"{done.plan.scope} runs on {done.host}, as of {done.plan.taken}", style="heading")
    sheet.line(f"{', '.join(done.containers)}; in {done.seconds:.1f} s", indent=1)
    if done.plan.routes:
        sheet.line(f"let the names lead there: {', '.join(done.plan.routes)}", indent=1)
    sheet.line("it is not backed up there yet: sudo dockworthy backup install", indent=1)
    return str(sheet)
