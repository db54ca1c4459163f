"""A result as SARIF 2.1.0, for code scanning, editors and whatever else reads it.

Some readers take every result for a problem, whatever its `kind` and its suppressions say. So there are two forms:
all that was found, and what fails alone, with the rest as notifications.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from ..model.control_ids import earlier_ids
from ..model.counts import number_of
from ..model.finding import Finding, Outcome, Remedy
from ..model.fleet import FleetResult, HostResult
from ..model.levels import Severity
from ..model.result import Result
from .as_json import TOOL, encode
from .grouping import FindingGroup, by_control, fact_of, grouped
from .repairs import repairs_for, repairs_of
from .sarif_document import (
    SARIF_SCHEMA,
    AutomationDetails,
    Base,
    Configuration,
    Driver,
    Invocation,
    Log,
    Notification,
    ResultOut,
    RuleReference,
    SarifRule,
    SarifRun,
    SarifTool,
    Text,
)
from .sarif_result import LEVELS, REDACTED, files_of, fingerprint, plain, result_of
from .visible import visible
from .words import NOTHING_TELLS, verdict_sentence

PROBLEMS = (Outcome.FAIL, Outcome.PENDING)

SECURITY = frozenset(
    "1.reach 1.host-access 1.privileges 2.policy 3.least-privilege 5.security-early 5.network 7.credentials".split()
)
"""Demands whose controls are tagged `security`."""

SECURITY_SEVERITY = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
"""GitHub's word for a severity is a number in the middle of its range; it is no measurement."""

_BASES = {
    "%SRCROOT%": Base(Text("The repository's root, or the folder in which the command was run")),
    "HOST": Base(Text("The root of the host's file system"), "file:///"),
    "ENGINE": Base(Text("The API of the Docker Engine; ask it with GET")),
}


def render_sarif(result: Result, *, everything: bool = True) -> bytes:
    """One run, in UTF-8. Without `everything` only what fails is a result; what is unknown is a notification."""
    run = _run(result, f"{TOOL.name}/{result.command}/", everything=everything)
    return encode(Log(SARIF_SCHEMA, "2.1.0", (run,)))


def render_fleet_sarif(fleet: FleetResult, *, everything: bool = True) -> bytes:
    """One run a host, by its name; that of a host that could not be read says why and has no result."""
    runs = (_run_on(host, everything=everything) for host in fleet.hosts)
    return encode(Log(SARIF_SCHEMA, "2.1.0", tuple(runs)))


def _run_on(host: HostResult, *, everything: bool) -> SarifRun:
    name = f"{TOOL.name}/assess/{quote(visible(host.host), safe='')}/"
    if host.result is not None:
        return _run(host.result, name, everything=everything)
    says = f"{host.host} could not be read: {host.error}"
    unread = Notification("error", Text(plain(f"{says}. {host.hint}" if host.hint else says)))
    return SarifRun(
        tool=SarifTool(Driver(TOOL.name, TOOL.version, ())),
        results=(),
        automation_details=AutomationDetails(name),
        invocations=(Invocation(False, (unread,)),),
    )


def _run(result: Result, name: str, *, everything: bool) -> SarifRun:
    rules = {group.first.control: group for group in grouped((*result.findings, *result.known))}
    index = {control: number for number, control in enumerate(rules)}
    return SarifRun(
        tool=SarifTool(Driver(TOOL.name, TOOL.version, tuple(_rule(group) for group in rules.values()))),
        results=tuple(_results(result, index, everything=everything)),
        automation_details=AutomationDetails(name),
        invocations=(_invocation(result, index, everything=everything),),
        original_uri_base_ids=_BASES,
        column_kind="unicodeCodePoints",
        redaction_tokens=(REDACTED,) if files_of(result).has_redacted else (),
        properties=_verdict(result),
    )


def _results(result: Result, rules: dict[str, int], *, everything: bool) -> Iterator[ResultOut]:
    """What was there before comes last, and says so; of all of it, that is `unchanged` which fails as it did."""
    file_of = {subject.id: subject.file for subject in result.subjects if subject.file}
    files, repairs = files_of(result), repairs_of(result)
    seen: Counter[str] = Counter()
    states = ("new", "unchanged") if result.known_from else ("", "")
    for findings, state in zip((result.findings, result.known), states, strict=True):
        for finding in findings:
            if not everything and finding.outcome not in PROBLEMS:
                continue
            same = fingerprint(finding)
            yield result_of(
                finding,
                rule=rules[finding.control],
                files=files,
                file=file_of.get(finding.subject, ""),
                seen=seen[same],
                fixes=repairs_for(finding, repairs),
                state=state,
            )
            seen[same] += 1


def _rule(group: FindingGroup) -> SarifRule:
    first = group.first
    return SarifRule(
        id=first.control,
        short_description=Text(plain(first.title)),
        deprecated_ids=tuple(earlier_ids(first.control)),
        help=_help(group.findings),
        default_configuration=Configuration(LEVELS[group.severity]),
        properties=_rule_properties(first, group.severity),
    )


def _rule_properties(first: Finding, severity: Severity) -> dict[str, Any]:
    tags = [*first.demands, first.level.value]
    values: dict[str, Any] = {"tags": tags}
    if first.demand in SECURITY:
        tags.append("security")
        values["security-severity"] = SECURITY_SEVERITY[severity]
    if first.references:
        values["references"] = [f"{r.benchmark} {r.version} {r.id}" for r in first.references]
    return values


def _help(findings: Iterable[Finding]) -> Text | None:
    """The remedy, where a finding has one; a result's own may be more precise and stands with it."""
    remedy = next((finding.remedy for finding in findings if finding.remedy is not None), None)
    return Text(plain(_remedy(remedy))) if remedy is not None else None


def _remedy(remedy: Remedy) -> str:
    parts = [remedy.says]
    if remedy.command:
        parts.append(f"Command: {remedy.command}")
    if remedy.costs:
        parts.append(f"Costs: {remedy.costs}")
    return " ".join(part if part.endswith(".") else f"{part}." for part in parts)


def _invocation(result: Result, rules: dict[str, int], *, everything: bool) -> Invocation:
    unread = [Notification("error", Text(plain(f"could not be read: {why}"))) for _, why in result.unread]
    unseen = () if everything else _unseen(result, rules)
    return Invocation(not result.unread, (*unread, *unseen))


def _unseen(result: Result, rules: dict[str, int]) -> Iterator[Notification]:
    for group in by_control(result.findings, Outcome.UNKNOWN):
        first = group.first
        count = number_of(len(group.findings), "finding is", "findings are")
        says = f"{first.title}: {count} unknown: {fact_of(first)}"
        tell = f" What would tell: {first.tell or NOTHING_TELLS}"
        rule = RuleReference(first.control, rules[first.control])
        yield Notification("warning", Text(plain(f"{says}.{tell}")), rule)


def _verdict(result: Result) -> dict[str, Any]:
    counts = Counter(finding.outcome.value for finding in result.findings)
    return {
        "verdict": result.verdict.answer.value,
        "says": visible(verdict_sentence(result)),
        "validUntil": result.verdict.valid_until,
        "level": result.level.value,
        "counts": dict(counts),
    }
