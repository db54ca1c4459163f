"""What a page is about: one machine or set of files, or a fleet; the template sees no difference but the hosts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, structs

from ...model.demands import DEMANDS
from ...model.finding import Finding
from ...model.fleet import FleetResult, HostResult
from ...model.levels import Level
from ...model.result import Answer, DemandAnswer, Result, Verdict
from ..words import QUESTIONS

FLEET_QUESTION = "Should we run Docker in production, on all of these hosts?"

_WORST_FIRST = (Answer.NO, Answer.NOT_YET, Answer.UNDECIDED, Answer.ACCEPTED, Answer.YES)


class FindingOnHost(Finding, frozen=True, kw_only=True):
    """A finding of a fleet knows its host."""

    host: str


class PageContent(Struct, frozen=True, kw_only=True):
    """`hosts` is empty for one machine alone."""

    question: str
    verdict: Verdict
    level: Level
    findings: tuple[Finding, ...]
    demands: tuple[DemandAnswer, ...]
    unread: tuple[tuple[str, str], ...] = ()
    read: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    hosts: tuple[HostResult, ...] = ()
    lines: Mapping[str, Mapping[int, str]] = {}
    """File -> line -> its text, of what stands in files."""


def of_result(result: Result) -> PageContent:
    return PageContent(
        question=QUESTIONS.get(result.command, "Fit for production?"),
        verdict=result.verdict,
        level=result.level,
        findings=result.findings,
        demands=result.demands,
        unread=result.unread,
        read=result.read,
        notes=result.notes,
        lines=result.lines,
    )


def of_fleet(fleet: FleetResult) -> PageContent:
    """All findings together, each with its host."""
    judged = [(host.host, host.result) for host in fleet.hosts if host.result is not None]
    return PageContent(
        question=FLEET_QUESTION,
        verdict=fleet.verdict,
        level=fleet.level,
        findings=tuple(_on(host, finding) for host, result in judged for finding in result.findings),
        demands=tuple(_together(answer for _, result in judged for answer in result.demands)),
        notes=tuple(f"{host}: {note}" for host, result in judged for note in result.notes),
        hosts=fleet.hosts,
    )


def _on(host: str, finding: Finding) -> FindingOnHost:
    return FindingOnHost(host=host, **{name: getattr(finding, name) for name in Finding.__struct_fields__})


def _together(answers: Iterable[DemandAnswer]) -> Iterator[DemandAnswer]:
    """One answer a demand: the worst of any host, with the counts of all."""
    by_demand: dict[str, DemandAnswer] = {}
    for answer in answers:
        known = by_demand.get(answer.demand)
        by_demand[answer.demand] = answer if known is None else _worst(known, answer)
    return (by_demand[demand] for demand in DEMANDS if demand in by_demand)


def _worst(one: DemandAnswer, other: DemandAnswer) -> DemandAnswer:
    return structs.replace(
        one,
        answer=min(one.answer, other.answer, key=_WORST_FIRST.index),
        fail=one.fail + other.fail,
        unknown=one.unknown + other.unknown,
        passed=one.passed + other.passed,
    )
