"""What fails in files: `file:line:column`, which editors and terminals make a link of, and the line with a caret."""

from __future__ import annotations

from ...model.finding import Finding
from ...model.result import Result
from ..grouping import Group, name_of, named_fact
from ..quotes import quote_of
from ..repairs import KINDS, command, offer, repairs_for, repairs_of
from ..sheet import Sheet
from ..visible import short
from ..words import some_of
from .evidence import place_of

COLUMN = 12
SHOWN = 3
"""Findings of a group that are shown without -v; of these the first two with their line."""

QUOTED = 2
LONGEST_FACT = 300


def write_places(sheet: Sheet, result: Result, group: Group) -> None:
    """The first findings of a group, one more where "and 1 more" would be no shorter; what is the same is said once."""
    if len(group.findings) > 2 and len(group.facts) == 1 and quote_of(result, group.first, sheet.width) is None:
        sheet.entry(
            "fact", f"{place_of(group.first)} {short(named_fact(group.first), LONGEST_FACT)}", indent=2, column=COLUMN
        )
        others = [f"{name_of(finding)} ({place_of(finding)})" for finding in group.findings[1:]]
        sheet.line(f"the same of {some_of(others, show=SHOWN)}", indent=COLUMN)
        return
    several = len(group.findings) > SHOWN + 1
    shown = group.findings[:SHOWN] if several else group.findings
    for number, finding in enumerate(shown):
        label = "fact" if number == 0 else ""
        sheet.entry(label, _located_fact(finding), indent=2, column=COLUMN)
        if number < QUOTED:
            write_quote(sheet, result, finding)
    if several:
        sheet.line(f"and {len(group.findings) - SHOWN} more", indent=COLUMN)


def _located_fact(finding: Finding) -> str:
    return f"{place_of(finding)} {short(named_fact(finding), LONGEST_FACT)}"


def write_quote(sheet: Sheet, result: Result, finding: Finding) -> None:
    """The line that the fact stands in; nothing where it can't be shown, or shows nothing more."""
    quote = quote_of(result, finding, sheet.width - COLUMN)
    if quote is None:
        return
    margin = COLUMN - 3
    sheet.verbatim(f"{quote.line:>{margin}} |", quote.text, column=COLUMN, label_style="quiet")
    if quote.under:
        sheet.verbatim(f"{'':>{margin}} |", quote.caret, column=COLUMN, label_style="quiet")


def write_repair(sheet: Sheet, result: Result, group: Group, *, verbose: bool) -> None:
    """What `dockworthy fix` would do about the first of them, where it can; with `verbose` what that might break."""
    repairs = repairs_of(result)
    fixes = next((found for finding in group.findings if (found := repairs_for(finding, repairs))), ())
    for fix in fixes[:1]:
        breaks = f" (might break: {fix.may_break})" if fix.may_break and verbose else ""
        sheet.entry("fix", f"{KINDS[fix.kind]}: {fix.says}{breaks}", indent=2, column=COLUMN)


def write_offer(sheet: Sheet, result: Result) -> None:
    """The command that repairs what can be repaired, once for all of it."""
    offered = offer(result)
    if offered:
        sheet.blank()
        sheet.line(f"{offered}; see what would change with:")
        repairs = repairs_of(result)
        repaired = [finding for finding in result.findings if repairs_for(finding, repairs)]
        sheet.verbatim("", f"{command(result, repaired)} --diff", indent=2, column=2)
