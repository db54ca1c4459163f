"""Which subjects were judged, and which of them are worthy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..model.finding import Finding, Outcome
from ..model.result import SubjectResult


def subjects_of(findings: Iterable[Finding], *, files: Mapping[str, str] | None = None) -> tuple[SubjectResult, ...]:
    """Subjects in the order they were judged. `files`: subject id -> the file it stands in."""
    kinds: dict[str, str] = {}
    failing: set[str] = set()
    for finding in findings:
        kinds.setdefault(finding.subject, finding.kind)
        if finding.outcome is Outcome.FAIL:
            failing.add(finding.subject)
    files = files or {}
    return tuple(SubjectResult(id, kind, id not in failing, files.get(id, "")) for id, kind in kinds.items())
