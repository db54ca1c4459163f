"""A finding's facts, each with the place where it stands."""

from __future__ import annotations

from ...model.finding import Finding
from ..grouping import named_fact
from ..places import chain
from ..sheet import Sheet


def write_evidence(sheet: Sheet, finding: Finding, *, column: int, label: str = "") -> None:
    """Every fact of a finding, the subject before the first."""
    if not finding.evidence:
        sheet.entry(label, named_fact(finding, with_kind=True), indent=2, column=column)
    for number, evidence in enumerate(finding.evidence):
        says = named_fact(finding, with_kind=True) if number == 0 else f"also {evidence.says}"
        places = "".join(f" [{place}]" for place in chain(evidence.source))
        sheet.entry(label if number == 0 else "", says + places, indent=2, column=column)


def place_of(finding: Finding) -> str:
    """`file:line:column` of the first fact as far as it is known, or the subject's file."""
    source = finding.evidence[0].source if finding.evidence else None
    if source is None:
        return finding.subject.rpartition("#")[0] or finding.subject
    numbers = [source.line, source.column if source.line is not None else None]
    return ":".join([source.where, *(str(number) for number in numbers if number is not None)])
