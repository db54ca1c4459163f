"""What the template is given: the result arranged for the page, in plain text (the template escapes it)."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from ...model.counts import number_of
from ...model.demands import DEMANDS
from ...model.fault import fault_sentence
from ...model.finding import Finding, Outcome, Remedy
from ...model.fleet import HostResult
from ...model.levels import Severity
from ...model.requirement import Need
from ...model.result import DemandAnswer
from ..grouping import (
    FindingGroup,
    by_control,
    by_control_and_severity,
    by_fault,
    by_tell,
    fact_of,
    name_of,
    what_matters,
)
from ..places import chain
from ..visible import visible
from ..words import ANSWERS, HEADINGS, NOTHING_TELLS, VERDICTS, some_of
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


def rows_of(group: FindingGroup, lines: Lines = NO_LINES) -> list[Row]:
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


AT_FIRST = 10
"""Rows of a group that stand in the page itself; the script adds the others."""


BROUGHT = "What these faults bring with them, and what goes with them:"


class GroupView(Struct, frozen=True):
    """One control with one outcome. `number` is its place in the data."""

    number: int
    group: FindingGroup
    rows: list[Row]
    demand: str
    names: str

    @property
    def first(self) -> Finding:
        return self.group.first

    @property
    def says(self) -> str:
        """What is wrong; of what does not fail the rule."""
        if self.first.outcome is not Outcome.FAIL:
            return self.first.title
        hosts = {(row.host, row.subject) for row in self.rows}
        return fault_sentence(self.group.findings, len(hosts))

    @property
    def at_first(self) -> list[Row]:
        return self.rows if len(self.rows) <= AT_FIRST + 1 else self.rows[:AT_FIRST]

    @property
    def benchmarks(self) -> list[str]:
        return [f"{r.benchmark} {r.version} {r.id}{' (retired)' if r.retired else ''}" for r in self.first.references]


class Matter(Struct, frozen=True):
    """A fault that matters most: what is wrong with whom, and what to do."""

    severity: str
    says: str
    names: str
    remedy: str
    brings: str


def matters_of(findings: Sequence[Finding]) -> list[Matter]:
    """All that is critical, and at least three."""
    return [_matter(group) for group in what_matters(by_fault(findings))]


def _matter(group: FindingGroup) -> Matter:
    remedy = remedy_in_a_line(group.remedies[0]) if group.remedies else ""
    where = {(f.host if isinstance(f, FindingOnHost) else "", f.subject) for f in group.findings}
    says = fault_sentence(group.findings, len(where))
    hosts = [f"{name_of(f)} on {f.host}" for f in group.findings if isinstance(f, FindingOnHost)]
    names = some_of(hosts or group.objects, 6) or fact_of(group.first)
    if len(group.findings) == 1 and group.objects:  # of one object there is room for what was seen
        names = f"{names}: {fact_of(group.first)}"
    brings = ", ".join(each.first.control for each in group.brought)
    return Matter(group.severity.value, says, names, remedy, brings)


class Block(Struct, frozen=True):
    """Groups that belong together, below a sentence where there is one."""

    heading: str
    groups: list[GroupView]


class Section(Struct, frozen=True):
    """All findings with one outcome."""

    outcome: Outcome
    heading: str
    blocks: list[Block]

    @property
    def groups(self) -> list[GroupView]:
        return [group for block in self.blocks for group in block.groups]

    @property
    def counted(self) -> str:
        findings = sum(len(group.rows) for group in self.groups)
        controls = {group.first.control for group in self.blocks[0].groups}
        if self.outcome is not Outcome.FAIL:
            controls = {group.first.control for group in self.groups}
        return f"{number_of(len(controls), 'control')}, {number_of(findings, 'finding')}"


class DemandView(Struct, frozen=True):
    id: str
    words: str
    answer: str
    css: str
    need: str
    because: str
    counts: tuple[int, int, int]


class HostView(Struct, frozen=True):
    """A row of the table of hosts; `answer` is `not read` where there is no result."""

    name: str
    answer: str
    css: str
    says: str
    until: str
    counts: tuple[int, int]


def host_view(host: HostResult) -> HostView:
    """`says` is the first reason, or why the host could not be read and what to do next."""
    if host.result is None:
        says = "; ".join(part for part in (host.error, host.hint) if part)
        return HostView(host.host, "not read", "undecided", says, "", (0, 0))
    verdict, found = host.result.verdict, Counter(finding.outcome for finding in host.result.findings)
    return HostView(
        name=host.host,
        answer=VERDICTS[verdict.answer],
        css=verdict.answer.value,
        says=verdict.because[0] if verdict.because else "",
        until=verdict.valid_until or "",
        counts=(found[Outcome.FAIL], found[Outcome.UNKNOWN]),
    )


def sections_of(findings: Sequence[Finding], lines: Lines = NO_LINES) -> list[Section]:
    """One section an outcome that occurs, in the order in which a reader needs them."""
    numbers = iter(range(len(findings)))
    found = [Section(outcome, HEADINGS[outcome], _blocks(findings, outcome, numbers, lines)) for outcome in HEADINGS]
    return [section for section in found if section.blocks]


def _blocks(findings: Sequence[Finding], outcome: Outcome, numbers: Iterator[int], lines: Lines) -> list[Block]:
    if outcome is Outcome.UNKNOWN:
        parts = [(f"What would tell: {tell or NOTHING_TELLS}", groups) for tell, groups in by_tell(findings)]
    elif outcome is Outcome.FAIL:
        parts = _failing([finding for finding in findings if finding.outcome is outcome])
    else:
        parts = [("", groups)] if (groups := by_control(findings, outcome)) else []
    return [Block(heading, [_group(next(numbers), group, lines) for group in groups]) for heading, groups in parts]


def _failing(failing: Sequence[Finding]) -> list[tuple[str, list[FindingGroup]]]:
    """The faults, and apart from them what they bring with them, which no remedy of its own takes away."""
    led = {id(finding) for fault in by_fault(failing) for finding in fault.findings}
    parts = (
        ("", by_control_and_severity(finding for finding in failing if id(finding) in led)),
        (BROUGHT, by_control_and_severity(finding for finding in failing if id(finding) not in led)),
    )
    return [(heading, groups) for heading, groups in parts if groups]


def _group(number: int, group: FindingGroup, lines: Lines) -> GroupView:
    first = group.first
    names = "" if group.names == [first.kind] else some_of(group.names)
    return GroupView(number, group, rows_of(group, lines), DEMANDS.get(first.demand, ""), names)


def demand_view(answer: DemandAnswer) -> DemandView:
    """`need` is left out where the demand is simply required."""
    need = "" if answer.need is Need.REQUIRED else answer.need.value.replace("_", " ")
    return DemandView(
        id=answer.demand,
        words=DEMANDS.get(answer.demand, answer.demand),
        answer=ANSWERS[answer.answer],
        css=answer.answer.value,
        need=need,
        because=answer.because,
        counts=(answer.fail, answer.unknown, answer.passed),
    )


def readable_time(text: str) -> str:
    """`24 December 2026, 12:30 UTC` of RFC 3339; what is none stays as it is."""
    try:
        time = datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return text
    return f"{time.day} {time:%B %Y, %H:%M} UTC"
