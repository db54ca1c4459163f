"""What fails as a Code Quality report of GitLab: a list of issues, compared between branches by their fingerprints.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format. A path is relative to the repository, and
an issue without a file or a line is not shown: what has none stands in the first line.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from ..model.fault import fault_of
from ..model.finding import Finding, Outcome
from ..model.levels import Severity
from ..model.result import Result
from .as_json import encode
from .grouping import named_fact
from .sarif_result import fingerprint
from .unread import place_of_unread
from .visible import visible

SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
}


class LineRange(Struct, frozen=True):
    begin: int


class CodeLocation(Struct, frozen=True):
    path: str
    lines: LineRange


class Issue(Struct, frozen=True):
    description: str
    check_name: str
    fingerprint: str
    severity: str
    location: CodeLocation


def render_gitlab(result: Result) -> bytes:
    """JSON in UTF-8, most severe first. What could not be read is an issue, too: silence would look like health."""
    issues = sorted(_issues(result), key=lambda issue: list(SEVERITIES.values()).index(issue.severity))
    return b"[" + b",\n".join(encode(issue).rstrip() for issue in issues) + b"]\n"


def _issues(result: Result) -> Iterator[Issue]:
    for what, why in result.unread:
        file, line, says = place_of_unread(what, why)
        mark = hashlib.sha256(f"unread\0{what}".encode(errors="surrogatepass")).hexdigest()[:32]
        place = CodeLocation(visible(file), LineRange(line or 1))
        yield Issue(f"Could not be read: {visible(says)}", "dockworthy/unread", mark, "critical", place)
    file_of = {subject.id: subject.file for subject in result.subjects if subject.file}
    seen: Counter[str] = Counter()
    for finding in result.findings:
        if finding.outcome is Outcome.FAIL:
            same = fingerprint(finding)
            yield _issue(finding, file_of.get(finding.subject, ""), fingerprint(finding, seen[same]))
            seen[same] += 1


def _issue(finding: Finding, file: str, mark: str) -> Issue:
    source = finding.evidence[0].source if finding.evidence else None
    if source is not None and source.line:
        place = CodeLocation(visible(source.where), LineRange(source.line))
    else:
        place = CodeLocation(visible(file), LineRange(1))
    return Issue(_says(finding), finding.control, mark, SEVERITIES[finding.severity], place)


def _says(finding: Finding) -> str:
    says = f"{fault_of(finding)}: {named_fact(finding).rstrip('.')}."
    return visible(f"{says} {finding.remedy.says}" if finding.remedy is not None else says)
