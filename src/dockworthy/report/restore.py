"""A restore for the person who asks for it: what would be replaced, and what was."""

from __future__ import annotations

from msgspec import to_builtins

from ..model.backup import RestoreDone, RestorePlan
from ..model.counts import number_of
from ..model.lasting_copy import CopyMade
from ..model.rebuild import Rebuilt
from .backup import size_in_words
from .json_text import json_text
from .sheet import Sheet
from .visible import without_odd_bytes

_COLUMN = 13


def render_restore_plan(plan: RestorePlan, *, width: int, colour: bool) -> str:
    sheet = Sheet(width=width, colour=colour)
    whole = f"the backup of {plan.taken} ({age_in_words(plan.age)} ago)"
    sheet.line(f"{plan.scope}: back to {_only_moment(plan) or whole}", style="heading")
    for each in plan.data:
        saved = f"what was saved ({size_in_words(each.bytes)})" if not each.moment else "the whole server with its log"
        says = f"{each.kind.value}: {saved} takes the place of what is there ({size_in_words(each.replaces)})"
        sheet.entry(each.name, says, indent=1, column=_COLUMN)
        if each.moment:
            sheet.entry("", f"as it was at {each.moment}, with its accounts and settings", indent=1, column=_COLUMN)
        if each.by:
            sheet.verbatim("by", each.by, indent=1, column=_COLUMN)
    sheet.entry("from", f"{plan.place}, backup {plan.run}", indent=1, column=_COLUMN)
    sheet.entry("stops", ", ".join(plan.stops) or "no container", indent=1, column=_COLUMN)
    proven = f"a drill restored it on {plan.proven[:10]}" if plan.proven else "no drill has restored this backup"
    sheet.entry("proven", proven, indent=1, column=_COLUMN)
    for doubt in plan.doubts:
        sheet.entry("doubt", doubt, indent=1, column=_COLUMN, label_style="bad")
    return str(sheet)


def render_restored(done: RestoreDone, *, width: int, colour: bool) -> str:
    sheet = Sheet(width=width, colour=colour)
    names = ", ".join(each.name for each in done.plan.data)
    only = _only_moment(done.plan)
    sheet.line(
        f"restored {names} as it was at {only}" if only else f"restored {names} as of {done.plan.taken}",
        style="heading",
    )
    for each in done.plan.data:
        if each.moment and not only:
            sheet.line(f"{each.name} as it was at {each.moment}", indent=1)
    stopped = f"{number_of(len(done.plan.stops), 'container')} did not answer for {done.downtime:.1f} s"
    sheet.line(f"in {done.seconds:.1f} s; {stopped if done.plan.stops else 'no container stopped'}", indent=1)
    return str(sheet)


def _only_moment(plan: RestorePlan) -> str:
    """To which one all of it comes back; "" where something comes back as it was saved."""
    moments = {each.moment for each in plan.data}
    return moments.pop() if len(moments) == 1 else ""


def restore_json(done: RestoreDone | CopyMade | Rebuilt) -> str:
    return json_text(without_odd_bytes({"schema": 1, "command": "restore", **to_builtins(done)}))


def age_in_words(seconds: float) -> str:
    """`3 days`, `1 hour`."""
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return number_of(round(seconds / size), name)
    return number_of(round(seconds), "second")
