"""Findings as sentences of a verdict's reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..model.finding import Finding, Outcome
from ..model.levels import Severity


def worst(findings: Iterable[Finding], most: int = 3) -> list[str]:
    """The most serious failures, one sentence a control, with how many objects have it."""
    times: Counter[tuple[int, str, str]] = Counter()
    for finding in findings:
        if finding.outcome is Outcome.FAIL:
            times[(finding.severity.rank, finding.control, finding.title)] += 1
    ranked = sorted(times.items(), key=lambda entry: (entry[0][0], -entry[1], entry[0][1]))
    sentences = [
        f"{title}: not true of {number_of(count, 'object')} ({_of(rank)})" for (rank, _, title), count in ranked[:most]
    ]
    if len(ranked) > most:
        sentences.append(f"{number_of(len(ranked) - most, 'more control')} failing")
    return sentences


def _of(rank: int) -> str:
    return list(Severity)[rank].value


def number_of(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
