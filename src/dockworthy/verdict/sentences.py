"""Findings as sentences of a verdict's reasons."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.fault import fault_sentence, names_in_words, subject_names
from ..model.finding import Finding, Outcome

_LONGEST_NAME = 60


def worst(findings: Iterable[Finding], most: int = 3) -> list[str]:
    """The most serious failures, one sentence a control: what is wrong, and with which objects."""
    groups: dict[tuple[int, str], list[Finding]] = {}
    for finding in findings:
        if finding.outcome is Outcome.FAIL:
            groups.setdefault((finding.severity.rank, finding.control), []).append(finding)
    ranked = sorted(groups.items(), key=lambda entry: (entry[0][0], -len(entry[1]), entry[0][1]))
    sentences = [_sentence(group) for _, group in ranked[:most]]
    if len(ranked) > most:
        sentences.append(f"{number_of(len(ranked) - most, 'more control')} failing")
    return sentences


def _sentence(group: list[Finding]) -> str:
    named = [name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..." for name in subject_names(group)]
    says, names = fault_sentence(group), names_in_words(named)
    return f"{says}{': ' if names else ''}{names} ({group[0].severity.value})"


def number_of(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
