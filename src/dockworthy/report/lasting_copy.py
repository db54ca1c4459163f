"""A copy of a project out of a backup, for the person who asks for it: what it is, how to look at it, and remove it."""

from __future__ import annotations

from ..model.lasting_copy import CopyMade, CopyPlan
from .backup import size_in_words
from .restore import age_in_words
from .sheet import Sheet

_COLUMN = 13


def render_copy_plan(plan: CopyPlan, *, width: int, colour: bool) -> str:
    sheet = Sheet(width=width, colour=colour)
    heading = f"{plan.name}: a copy of {plan.scope} as the backup of {plan.taken} has it ({age_in_words(plan.age)} ago)"
    sheet.line(heading, style="heading")
    for each in plan.data:
        sheet.entry(each.name, f"{each.kind.value}: {size_in_words(each.bytes)}", indent=1, column=_COLUMN)
        if each.by:
            sheet.verbatim("by", each.by, indent=1, column=_COLUMN)
    sheet.entry("from", f"{plan.place}, backup {plan.run}", indent=1, column=_COLUMN)
    sheet.entry("starts", f"{', '.join(plan.services)}, in networks that lead nowhere", indent=1, column=_COLUMN)
    for image in plan.images:
        sheet.entry("image", f"{image}: out of the backup", indent=1, column=_COLUMN)
    proven = f"a drill restored it on {plan.proven[:10]}" if plan.proven else "no drill has restored this backup"
    sheet.entry("proven", proven, indent=1, column=_COLUMN)
    for sentence in plan.lacks:
        sheet.entry("lacks", sentence, indent=1, column=_COLUMN)
    for doubt in plan.doubts:
        sheet.entry("doubt", doubt, indent=1, column=_COLUMN, label_style="bad")
    return str(sheet)


def render_copy(done: CopyMade, *, width: int, colour: bool) -> str:
    sheet = Sheet(width=width, colour=colour)
    plan = done.plan
    sheet.line(f"{plan.name} runs, a copy of {plan.scope} as of {plan.taken}; in {done.seconds:.1f} s", style="heading")
    for service, container in done.containers.items():
        sheet.entry(service, container, indent=1, column=_COLUMN)
    for sentence in done.evidence:
        sheet.entry("holds", sentence, indent=1, column=_COLUMN)
    sheet.line("it has no network to the outside; use it through the engine:", indent=1)
    first = next(iter(done.containers), "SERVICE")
    sheet.verbatim("look", f"docker compose -p {plan.name} exec {first} sh", indent=1, column=_COLUMN)
    sheet.verbatim("remove", f"docker compose -p {plan.name} down --volumes", indent=1, column=_COLUMN)
    return str(sheet)
