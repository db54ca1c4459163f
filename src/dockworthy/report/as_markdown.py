"""A result as Markdown, for pull requests, wikis and tickets. Whatever a name holds, it stays a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..model.counts import number_of
from ..model.demands import DEMANDS
from ..model.finding import Finding, Outcome, Remedy
from ..model.result import DemandAnswer, Result
from .demands import spoken_of
from .grouping import (
    FindingGroup,
    by_control,
    by_fault,
    by_tell,
    controls_and_entries,
    fact_of,
    how_many,
    name_of,
    says_its_name,
    what_matters,
)
from .markdown import code, fence, plain, prose, table
from .places import chain
from .words import ANSWERS, HEADINGS, NOTHING_TELLS, QUESTIONS, answer_in_words, counts_sentence, some_of, use_sentence

SHOWN = 10
"""Findings of a group without `verbose`."""


def render_markdown(result: Result, *, verbose: bool = False) -> str:
    """The whole report. `verbose` shows every finding, and also what passes."""
    parts = [
        *_head(result),
        *_unread(result),
        *_failures(result, verbose=verbose),
        *_demands(result.demands),
        *_unseen(result, verbose=verbose),
        *_others(result, Outcome.PENDING, verbose=verbose),
        *_accepted(result),
        *_known(result, verbose=verbose),
    ]
    if verbose:
        parts += [*_others(result, Outcome.PASS, verbose=True), *_others(result, Outcome.NOT_APPLICABLE, verbose=True)]
    return "\n\n".join(parts) + "\n"


def _head(result: Result) -> Iterator[str]:
    verdict = result.verdict
    yield f"# {QUESTIONS.get(result.command, 'Fit for production?')}"
    yield f"**{plain(answer_in_words(result))}**"
    yield from _what_matters(result)
    if use := use_sentence(verdict):
        yield prose(use)
    yield from _alternatives(result)
    counts = counts_sentence(result.findings)
    yield f"Findings: {counts}." if counts else "No finding at all."
    if result.read:
        yield f"Read: {'; '.join(plain(sentence.rstrip('.')) for sentence in result.read)}. Nothing was changed."
    if result.notes:
        yield _list(plain(note) for note in result.notes)


def _what_matters(result: Result) -> Iterator[str]:
    """The faults with objects and remedies; where there are none, the reasons of the verdict."""
    groups = what_matters(by_fault(result.findings))
    if groups:
        yield _list(map(_matter, groups))
    elif result.verdict.because:
        yield _list(plain(reason) for reason in result.verdict.because)


def _matter(group: FindingGroup) -> str:
    remedy = f" Remedy: {prose(group.remedies[0].says)}" if group.remedies else ""
    seen = f": {prose(fact_of(group.first))}" if len(group.findings) == 1 and group.objects else ""
    return f"**{group.severity.value}** {_says(group)}{seen}.{remedy}"


def _says(group: FindingGroup) -> str:
    return plain(f"{group.says}: {some_of(group.objects)}" if group.objects else group.says)


def _alternatives(result: Result) -> Iterator[str]:
    if result.verdict.yes_for:
        yield "The answer would be yes for:\n\n" + _list(plain(use) for use in result.verdict.yes_for)
    if result.verdict.changes:
        yield "What would change it:\n\n" + _list(plain(change) for change in result.verdict.changes)


def _demands(demands: Iterable[DemandAnswer]) -> Iterator[str]:
    rows = [
        (
            plain(DEMANDS.get(demand.demand, demand.demand)),
            ANSWERS[demand.answer],
            f"{demand.need.value.replace('_', ' ')}{': ' if demand.because else ''}{plain(demand.because)}",
            *(str(number or "-") for number in (demand.fail, demand.unknown, demand.passed)),
        )
        for demand in spoken_of(demands)
    ]
    if rows:
        yield "## Demands"
        yield table(("Demand", "Answer", "For this use", "Fail", "Unknown", "Pass"), rows)


def _unread(result: Result) -> Iterator[str]:
    if result.unread:
        yield "## Could not be read, and is not part of the verdict"
        yield _list(plain(why if why.startswith(what) else f"{what}: {why}") for what, why in result.unread)


def _failures(result: Result, *, verbose: bool) -> Iterator[str]:
    groups = by_fault(result.findings)
    if groups:
        yield f"## {HEADINGS[Outcome.FAIL]}: {controls_and_entries(groups)}"
    for group in groups:
        yield f"### {group.severity.value}: {_says(group)}"
        names = ", ".join(code(control) for control in group.controls)
        count = number_of(len(group.findings), "finding")
        yield f"{names} ({group.first.level.value}), {count}. Rule: {plain(group.first.title)}."
        yield _findings(group, verbose=verbose)
        if group.brings:
            yield "It brings with it:\n\n" + _list(_brought(each) for each in group.brought)
        if group.first.check_yourself:
            yield "Check it yourself:\n\n" + fence(group.first.check_yourself, "sh")
        for remedy in group.remedies if verbose else group.remedies[:1]:
            yield _remedy(remedy)


def _brought(group: FindingGroup) -> str:
    return f"{plain(group.says)} ({code(group.first.control)})"


def _findings(group: FindingGroup, *, verbose: bool) -> str:
    """Each with its facts; of many the first."""
    shown = group.findings if verbose or len(group.findings) <= SHOWN + 1 else group.findings[:SHOWN]
    several = len({finding.kind for finding in group.findings}) > 1
    lines = [_finding(finding, with_kind=several) for finding in shown]
    if len(shown) < len(group.findings):
        lines.append(f"and {len(group.findings) - len(shown)} more")
    return _list(lines)


def _finding(finding: Finding, *, with_kind: bool) -> str:
    name = "" if says_its_name(finding) else f"{code(name_of(finding, with_kind=with_kind))}: "
    return name + _facts(finding)


def _facts(finding: Finding) -> str:
    if not finding.evidence:
        return prose(fact_of(finding))
    facts = []
    for evidence in finding.evidence:
        places = ", ".join(code(str(place)) for place in chain(evidence.source))
        facts.append(prose(evidence.says) + (f" ({places})" if places else ""))
    return "; also ".join(facts)


def _remedy(remedy: Remedy) -> str:
    text = f"**Remedy:** {prose(remedy.says)}"
    if remedy.command:
        text += "\n\n" + fence(remedy.command, "sh")
    return text + (f"\n\nCosts: {prose(remedy.costs)}" if remedy.costs else "")


def _unseen(result: Result, *, verbose: bool) -> Iterator[str]:
    told = by_tell(result.findings)
    if told:
        yield f"## {HEADINGS[Outcome.UNKNOWN]}"
    for tell, groups in told:
        yield f"{number_of(how_many(groups), 'finding')}; what would tell: {prose(tell or NOTHING_TELLS)}"
        yield _list(_line(group, verbose=verbose) for group in groups)


def _others(result: Result, outcome: Outcome, *, verbose: bool) -> Iterator[str]:
    groups = by_control(result.findings, outcome)
    if groups:
        yield f"## {HEADINGS[outcome]}"
        yield _list(_line(group, verbose=verbose) for group in groups)


def _line(group: FindingGroup, *, verbose: bool) -> str:
    """A group in one entry of a list; with `verbose` its findings are a list below it."""
    head = f"{plain(group.first.title)} ({code(group.first.control)})"
    if verbose:
        return head + "\n" + "\n".join(f"  {line}" for line in _findings(group, verbose=True).splitlines())
    return f"{head}: {plain(some_of(group.names))}: {prose(fact_of(group.first))}"


def _known(result: Result, *, verbose: bool) -> Iterator[str]:
    """Failures that were there before, where only new ones were asked for."""
    groups = by_control(result.known, Outcome.FAIL)
    if groups:
        yield f"## Known from {plain(result.known_from)}"
        yield f"{number_of(len(result.known), 'failure')} of {number_of(len(groups), 'control')}"
    if groups and verbose:
        yield _list(_line(group, verbose=True) for group in groups)


def _accepted(result: Result) -> Iterator[str]:
    groups = by_control(result.findings, Outcome.EXCEPTED)
    if groups:
        yield f"## {HEADINGS[Outcome.EXCEPTED]}"
        rows = [_accepted_row(finding) for group in groups for finding in group.findings]
        yield table(("Control", "On", "Reason", "Owner", "Until"), rows)


def _accepted_row(finding: Finding) -> tuple[str, ...]:
    risk = finding.exception
    why = (fact_of(finding), "", "") if risk is None else (risk.reason, risk.owner or risk.where, risk.expires)
    return (f"{plain(finding.title)} ({code(finding.control)})", code(name_of(finding)), *map(plain, why))


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item.strip()}" for item in items)
