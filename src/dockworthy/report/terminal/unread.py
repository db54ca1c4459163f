"""Inputs that could not be judged: they stand early, because the verdict does not speak of them."""

from __future__ import annotations

from ...model.result import Result
from ..sheet import Sheet

SHOWN = 5


def write_unread(sheet: Sheet, result: Result, *, verbose: bool) -> None:
    if not result.unread:
        return
    sheet.heading("Could not be read, and is not part of the verdict")
    shown = result.unread if verbose or len(result.unread) <= SHOWN + 1 else result.unread[:SHOWN]
    for what, why in shown:
        sheet.line(why if why.startswith(what) else f"{what}: {why}", indent=2)
    if len(shown) < len(result.unread):
        sheet.line(f"and {len(result.unread) - len(shown)} more", indent=2)
