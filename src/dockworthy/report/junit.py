"""A result as JUnit XML: a test suite a file, a test case for what one control says of one subject.

There is no standard, so this is what its readers agree on: the elements and attributes of Jenkins' schema (junit-10),
and on a test case the `file` and `line` that GitLab and others read. GitLab shows the text of a failure and not its
message, names the suite by `classname`, and keeps the first of two cases with one name: the text says all there is to
say, and names are made to differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from msgspec import Struct

from ..model.finding import Finding, Outcome
from ..model.fleet import FleetResult
from ..model.result import Result
from .as_json import TOOL
from .cited import telling_line
from .grouping import fact_of, name_of
from .places import chain
from .unread import place_of_unread
from .visible import visible
from .words import verdict_sentence

_SKIPPED = {
    Outcome.UNKNOWN: "Unknown",
    Outcome.NOT_APPLICABLE: "Does not apply",
    Outcome.EXCEPTED: "Accepted risk",
    Outcome.PENDING: "Done, in force later",
}
"""Outcomes that are neither passed nor failed."""


class _Case(Struct, frozen=True):
    """`skipped` says why it is neither passed nor failed."""

    finding: Finding
    skipped: str = ""


def junit_parts(result: Result) -> Iterator[bytes]:
    """The document in UTF-8, suite by suite: of a whole cluster it is a hundred megabytes."""
    yield from _document(f"{TOOL.name} {result.command}", [("", result)], result.unread)


def fleet_junit_parts(fleet: FleetResult) -> Iterator[bytes]:
    """The same of several hosts, whose names begin those of their suites; a host that was not read is an error."""
    read = [(f"{host.host}: ", host.result) for host in fleet.hosts if host.result is not None]
    lost = [(host.host, ". ".join(filter(None, (host.error, host.hint)))) for host in fleet.hosts if not host.result]
    unread = [(f"{name}{what}", why) for name, result in read for what, why in result.unread]
    yield from _document(f"{TOOL.name} assess", read, [*lost, *unread])


def _document(name: str, results: list[tuple[str, Result]], unread: Sequence[tuple[str, str]]) -> Iterator[bytes]:
    root = Element("testsuites", {"name": name, "time": "0"})
    tests = sum(len(result.findings) + len(result.known) for _, result in results) + len(unread)
    failures = sum(finding.outcome is Outcome.FAIL for _, result in results for finding in result.findings)
    _count(root, tests, failures, len(unread))
    yield b"<?xml version='1.0' encoding='UTF-8'?>\n"
    yield tostring(root, "unicode", short_empty_elements=False).removesuffix("</testsuites>").encode() + b"\n"
    for prefix, result in results:
        for file, cases in _by_file(result).items():
            yield tostring(_suite(result, f"{prefix}{file}", cases), "unicode").encode() + b"\n"
    if unread:
        yield tostring(_unread(unread), "unicode").encode() + b"\n"
    yield b"</testsuites>\n"


def _by_file(result: Result) -> dict[str, list[_Case]]:
    """What stands in no file is put together by its kind: `container`, `host`, `engine`."""
    file_of = {subject.id: subject.file for subject in result.subjects if subject.file}
    suites: dict[str, list[_Case]] = {}
    cases = [_Case(finding, _SKIPPED.get(finding.outcome, "")) for finding in result.findings]
    for case in (*cases, *(_Case(finding, f"Known from {result.known_from}") for finding in result.known)):
        subject = case.finding.subject
        name = file_of.get(subject) or subject.rpartition("#")[0] or case.finding.kind
        suites.setdefault(name, []).append(case)
    return suites


def _suite(result: Result, name: str, cases: list[_Case]) -> Element:
    suite = Element("testsuite", {"name": visible(name), "time": "0"})
    failures = sum(case.finding.outcome is Outcome.FAIL and not case.skipped for case in cases)
    _count(suite, len(cases), failures, 0, sum(bool(case.skipped) for case in cases))
    properties = SubElement(suite, "properties")
    about = {"dockworthy.version": TOOL.version, "dockworthy.level": result.level.value}
    for key, value in {**about, "dockworthy.verdict": verdict_sentence(result)}.items():
        SubElement(properties, "property", {"name": key, "value": visible(value)})
    named: Counter[str] = Counter()
    for case in cases:
        suite.append(_case(result, name, case, named))
    return suite


def _count(element: Element, tests: int, failures: int, errors: int, skipped: int | None = None) -> None:
    """`testsuites` has no attribute for what was skipped."""
    counts = {"tests": tests, "failures": failures, "errors": errors, "skipped": skipped}
    for key, number in counts.items():
        if number is not None:
            element.set(key, str(number))


def _case(result: Result, suite: str, test: _Case, named: Counter[str]) -> Element:
    finding = test.finding
    name = visible(f"{name_of(finding)}: {finding.title} ({finding.control})")
    named[name] += 1
    if named[name] > 1:
        name = f"{name} #{named[name]}"
    case = Element("testcase", {"name": name, "classname": visible(suite), "time": "0"})
    source = finding.evidence[0].source if finding.evidence else None
    if source is not None and source.line is not None:
        case.set("file", visible(source.where))
        case.set("line", str(source.line))
    if test.skipped:
        message = _text(_why_skipped(test))
        SubElement(case, "skipped", {"message": message}).text = message
    elif finding.outcome is Outcome.FAIL:
        failure = SubElement(case, "failure", {"type": finding.severity.value, "message": visible(fact_of(finding))})
        failure.text = _text(_failure(result, finding))
    return case


def _failure(result: Result, finding: Finding) -> Iterator[str]:
    """All that a person needs, because this text is all that some readers show."""
    source = finding.evidence[0].source if finding.evidence else None
    line = telling_line(result, source)
    for number, fact in enumerate(finding.evidence):
        places = "".join(f" [{place}]" for place in chain(fact.source))
        yield f"{'also ' if number else ''}{fact.says}{places}"
    if not finding.evidence:
        yield fact_of(finding)
    if source is not None and line is not None:
        yield f"{source.line:>6} | {line}"
    remedy = finding.remedy
    if remedy is not None:
        yield f"Remedy: {remedy.says}"
        yield f"Command: {remedy.command}" if remedy.command else ""
        yield f"Costs: {remedy.costs}" if remedy.costs else ""
    yield f"Check it yourself: {finding.check_yourself}" if finding.check_yourself else ""
    yield f"{finding.control}, level {finding.level.value}, severity {finding.severity.value}"


def _why_skipped(case: _Case) -> Iterator[str]:
    finding = case.finding
    yield f"{case.skipped}: {fact_of(finding)}"
    yield f"What would tell: {finding.tell}" if finding.tell else ""
    risk = finding.exception
    if risk is not None:
        yield f"Accepted ({risk.terms}): {risk.reason}"


def _text(lines: Iterable[str]) -> str:
    """XML has no word for control characters, not even escaped: they are written out."""
    return "\n".join(visible(line) for line in lines if line)


def _unread(unread: Sequence[tuple[str, str]]) -> Element:
    suite = Element("testsuite", {"name": "could not be read", "time": "0"})
    _count(suite, len(unread), 0, len(unread), 0)
    for what, why in unread:
        file, line, says = place_of_unread(what, why)
        case = SubElement(suite, "testcase", {"name": "can be read", "classname": visible(file), "time": "0"})
        case.set("file", visible(file))
        if line is not None:
            case.set("line", str(line))
        SubElement(case, "error", {"type": "unreadable", "message": visible(says)}).text = visible(why)
    return suite
