"""Findings as sentences of a verdict's reasons."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.consequences import are_one_fault, without_brought
from ..model.fault import fault_sentence, names_in_words, subject_names
from ..model.finding import Finding, Outcome

_LONGEST_NAME = 60


def worst(findings: Iterable[Finding], most: int = 3, *, which: str = "") -> list[str]:
    """The most serious faults, one sentence a control: what is wrong, and with which objects. What another failure
    brings with it is no fault of its own; as many are counted as the list below the verdict has. `which` they are,
    where `findings` are not all that fail."""
    groups: dict[tuple[int, str], list[Finding]] = {}
    for finding in without_brought(each for each in findings if each.outcome is Outcome.FAIL):
        groups.setdefault((finding.severity.rank, finding.control), []).append(finding)
    faults: list[list[Finding]] = []
    for _, group in sorted(groups.items(), key=lambda entry: (entry[0][0], -len(entry[1]), entry[0][1])):
        if not any(are_one_fault(fault, group) for fault in faults):
            faults.append(group)
    sentences = [_sentence(fault) for fault in faults[:most]]
    named = {fault[0].control for fault in faults[:most]}
    if others := {fault[0].control for fault in faults} - named:
        sentences.append(f"{number_of(len(others), 'more control')} failing{which}")
    return sentences


def _sentence(group: list[Finding]) -> str:
    named = [name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..." for name in subject_names(group)]
    says, names = fault_sentence(group), names_in_words(named)
    return f"{says}{': ' if names else ''}{names} ({group[0].severity.value})"


def number_of(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
