"""What fails in files: `file:line:column`, which editors and terminals make a link of, and the line with a caret."""

from __future__ import annotations

from ...model.finding import Finding
from ...model.result import Result
from ..grouping import Group
from ..quotes import quote_of
from ..repairs import KINDS, command, offer, repairs_for, repairs_of
from ..sheet import Sheet

COLUMN = 12
"""Where an entry's text begins."""


def write_quote(sheet: Sheet, result: Result, finding: Finding) -> None:
    """The line that the fact stands in; nothing where it can't be shown, or shows nothing more."""
    quote = quote_of(result, finding, sheet.width - COLUMN)
    if quote is None:
        return
    margin = COLUMN - 3
    sheet.verbatim(f"{quote.line:>{margin}} |", quote.text, column=COLUMN, label_style="quiet")
    if quote.under:
        sheet.verbatim(f"{'':>{margin}} |", quote.caret, column=COLUMN, label_style="quiet")


def write_repair(sheet: Sheet, result: Result, group: Group) -> None:
    """What `dockworthy fix` would do about the first of them, where it can, and what that might break."""
    repairs = repairs_of(result)
    fixes = next((found for finding in group.findings if (found := repairs_for(finding, repairs))), ())
    for fix in fixes[:1]:
        breaks = f" (might break: {fix.may_break})" if fix.may_break else ""
        sheet.entry("fix", f"{KINDS[fix.kind]}: {fix.says}{breaks}", indent=2, column=COLUMN)


def write_offer(sheet: Sheet, result: Result) -> None:
    """The command that repairs what can be repaired, once for all of it."""
    offered = offer(result)
    if offered:
        sheet.blank()
        sheet.line(f"{offered}; see what would change with:")
        sheet.verbatim("", f"{command(result)} --diff", indent=2, column=2)
