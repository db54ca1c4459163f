"""A finding as a row of the page: what the template writes for the first ones, and the script for all."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from ...model.finding import Finding, Remedy
from ...model.levels import Severity
from ..grouping import Group, fact_of, name_of
from ..places import chain
from ..visible import visible
from .content import FindingOnHost

Lines = Mapping[str, Mapping[int, str]]
NO_LINES: Lines = {}


class Row(Struct, frozen=True):
    """`facts` are pairs of what is so and where it stands; `note` is what only this finding says of itself.

    `host` is `""` where there is only one.
    """

    name: str
    subject: str
    kind: str
    severity: Severity
    check: str
    note: str
    host: str
    facts: tuple[tuple[str, str], ...]


def rows_of(group: Group, lines: Lines = NO_LINES) -> list[Row]:
    """In the order they were found."""
    several = len({finding.kind for finding in group.findings}) > 1
    usual = group.remedies[0] if group.remedies else None
    return [_row(finding, usual, lines, with_kind=several) for finding in group.findings]


def remedy_in_a_line(remedy: Remedy) -> str:
    """The words, and the command as code behind them."""
    return f"{remedy.says} `{remedy.command}`" if remedy.command else remedy.says


def _row(finding: Finding, usual: Remedy | None, lines: Lines, *, with_kind: bool) -> Row:
    return Row(
        name=name_of(finding, with_kind=with_kind),
        subject=visible(finding.subject),
        kind=visible(finding.kind),
        severity=finding.severity,
        check=visible(finding.check_yourself),
        note=visible(". ".join(part for part in (_line(finding, lines), _note(finding, usual)) if part)),
        host=visible(finding.host) if isinstance(finding, FindingOnHost) else "",
        facts=_facts(finding),
    )


def _facts(finding: Finding) -> tuple[tuple[str, str], ...]:
    facts = tuple((visible(fact.says), visible(", ".join(map(str, chain(fact.source))))) for fact in finding.evidence)
    return facts or ((fact_of(finding), ""),)


def _line(finding: Finding, lines: Lines) -> str:
    """`Line 4: privileged: true`; a backtick in it would end the code that it is shown as."""
    source = finding.evidence[0].source if finding.evidence else None
    text = lines.get(source.where, {}).get(source.line or 0, "").strip() if source is not None else ""
    return f"Line {source.line}: `{text}`" if source is not None and text and "`" not in text else ""


def _note(finding: Finding, usual: Remedy | None) -> str:
    if finding.exception is not None:
        risk = finding.exception
        return f"Accepted ({risk.terms}): {risk.reason}"
    if finding.remedy is not None and finding.remedy != usual:
        return f"Remedy: {remedy_in_a_line(finding.remedy)}"
    return ""
