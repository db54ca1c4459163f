"""Findings as sentences of a verdict's reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ..model.consequences import are_one_fault, brought_with, without_brought
from ..model.counts import number_of
from ..model.fault import fault_sentence, names_in_words, subject_names
from ..model.finding import Finding, Outcome

_LONGEST_NAME = 60


def worst(findings: Iterable[Finding], most: int = 3) -> list[str]:
    """The most serious faults, one sentence a control: what is wrong, and with which objects. What another failure
    brings with it is no fault of its own; as many are counted as the list below the verdict has."""
    faults = list(_faults(findings).values())
    left = len(faults) - most
    return [*map(_sentence, faults[:most]), *([f"{number_of(left, 'more control')} failing"] if left > 0 else [])]


def worst_of_use(findings: Iterable[Finding], decides: Callable[[Finding], bool], most: int = 3) -> list[str]:
    """The same of those that decide for a use. How many others fail is said, too: who adds up those that are named and
    these numbers gets to the number of the list below."""
    faults = list(_faults(findings).values())
    deciding = [fault for fault in faults if any(map(decides, fault.all))]
    left, advised = len(deciding) - most, len(faults) - len(deciding)
    counted = [f"{number_of(left, 'more control')} failing that this use rests on"] if left > 0 else []
    if advised:
        counted.append(f"{number_of(advised, 'control')} failing that this use does not rest on")
    return [*map(_sentence, deciding[:most]), *counted]


class _Fault(NamedTuple):
    """The failures that it is told by; `all` of it: also those that are one fault with them, or that they bring."""

    findings: list[Finding]
    all: list[Finding]


def _faults(findings: Iterable[Finding]) -> dict[str, _Fault]:
    """Control -> its fault, the most severe first: the controls that lead an entry of `by_fault` in a report."""
    failing = [finding for finding in findings if finding.outcome is Outcome.FAIL]
    groups: dict[tuple[int, str], list[Finding]] = {}
    for finding in without_brought(failing):
        groups.setdefault((finding.severity.rank, finding.control), []).append(finding)
    entries: list[_Fault] = []
    for _, group in sorted(groups.items(), key=lambda entry: (entry[0][0], -len(entry[1]), entry[0][1])):
        same = next((entry for entry in entries if are_one_fault(entry.findings, group)), None)
        if same is None:
            entries.append(_Fault(group, [*group]))
        else:
            same.all.extend(group)
    faults: dict[str, _Fault] = {}
    for entry in entries:  # of one control what is more severe stands apart; it is one control all the same
        faults.setdefault(entry.findings[0].control, _Fault(entry.findings, [])).all.extend(entry.all)
    for brought, cause in brought_with(failing):
        for fault in faults.values():
            if any(cause is each for each in fault.all):
                fault.all.append(brought)
    return faults


def _sentence(fault: _Fault) -> str:
    group = fault.findings
    named = [name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..." for name in subject_names(group)]
    says, names = fault_sentence(group), names_in_words(named)
    return f"{says}{': ' if names else ''}{names} ({group[0].severity.value})"
