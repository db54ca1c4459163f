"""The order of a report: what was read, the verdict, what matters most, what fails, the demands; then the rest."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from ...model.counts import number_of
from ...model.demands import DEMANDS
from ...model.finding import Finding, Outcome
from ...model.levels import Severity
from ...model.requirement import Need
from ...model.result import Answer, DemandAnswer, Result
from ..demands import spoken_of
from ..grouping import (
    FindingGroup,
    Told,
    by_control,
    by_fault,
    by_tell,
    fact_of,
    how_many,
    name_of,
    number_of_controls,
    told_apart,
    what_matters,
)
from ..sheet import Sheet
from ..visible import short, visible
from ..words import ANSWERS, NOTHING_TELLS, QUESTIONS, counts_sentence, some_of, use_sentence, verdict_sentence
from .by_container import write_by_container
from .failures import with_names, write_evidence, write_failures

SCREEN = 24
"""Lines of the smallest terminal that a report must make sense on."""


def render_terminal(
    result: Result, *, width: int = 80, colour: bool = False, verbose: bool = False, by: str = "control"
) -> str:
    """The whole report. `verbose` shows every finding with its evidence; `by` is what failures are listed by, `control`
    or `container`. Lines end in `\n`."""
    sheet = Sheet(width=width, colour=colour)
    write_head(sheet, result, verbose=verbose)
    if result.command == "check" and by == "control":
        write_subjects(sheet, result, verbose=verbose)
    write_unread(sheet, result, verbose=verbose)
    if by == "container":
        write_by_container(sheet, result, verbose=verbose)
    else:
        write_failures(sheet, result, verbose=verbose)
    if verbose or result.command != "check":
        write_demands(sheet, result)
    write_notes(sheet, result)
    write_uses(sheet, result)
    write_unseen(sheet, result, verbose=verbose)
    write_pending(sheet, result)
    write_accepted(sheet, result)
    write_known(sheet, result, verbose=verbose)
    if verbose:
        write_passes(sheet, result)
    if len(sheet) > SCREEN:  # a long report leaves its end on the screen, not its beginning
        sheet.blank()
        write_verdict(sheet, result)
    return str(sheet)


def verdict_line(result: Result) -> str:
    """The verdict alone, as one line."""
    return visible(verdict_sentence(result)) + "\n"


_STYLES = {Answer.YES: "good", Answer.ACCEPTED: "good", Answer.NO: "bad", Answer.NOT_YET: "bad"}

COLUMN = 12
"""Where the text begins that stands beside a severity."""

MATTER = 3
"""Faults on the first screen, where no more of them are critical."""

MOST_MATTER = 9
"""Lines of them that the first screen has room for."""


def write_head(sheet: Sheet, result: Result, *, verbose: bool) -> None:
    """Fits 20 lines of 80 columns, whatever was found, unless `verbose`."""
    sheet.line(f"{_read(result)} Nothing was changed.", at_most=0 if verbose else 4)
    sheet.blank()
    if result.command in QUESTIONS:
        sheet.line(QUESTIONS[result.command])
    write_verdict(sheet, result, at_most=0 if verbose else 2)
    use = use_sentence(result.verdict)
    if use:
        sheet.line(use, style="quiet", at_most=0 if verbose else 3)
    counts = counts_sentence(result.findings)
    sheet.line(f"Findings: {counts}." if counts else "No finding at all.", style="quiet")
    if result.unread:
        unread = number_of(len(result.unread), "input could not be read and is", "inputs could not be read and are")
        sheet.line(f"{unread} not part of this verdict.", style="open")
    _write_what_matters(sheet, result)


def write_verdict(sheet: Sheet, result: Result, *, at_most: int = 3) -> None:
    """The answer with its reasons."""
    sheet.line(
        verdict_sentence(result, unread_told=True), style=_STYLES.get(result.verdict.answer, "open"), at_most=at_most
    )


def _read(result: Result) -> str:
    read = "; ".join(sentence.rstrip(".") for sentence in result.read)
    return f"Read: {read or number_of(len(result.subjects), 'subject')}."


def _write_what_matters(sheet: Sheet, result: Result) -> None:
    """All that is critical, and at least three faults; with their remedies where these fit the screen as well."""
    failures = by_fault(result.findings)
    if failures:
        shown = what_matters(failures, MATTER)
        sheet.heading("What matters most")
        for group in shown[:MOST_MATTER]:
            _write_failure(sheet, group, with_remedy=len(shown) <= MATTER)
        if len(shown) > MOST_MATTER:
            sheet.line(f"and {len(shown) - MOST_MATTER} more that are critical", indent=COLUMN)
        return
    told = by_tell(result.findings)
    if told and result.verdict.answer is Answer.UNDECIDED:
        sheet.heading("What would tell")
        for tell, groups in told[:3]:
            write_way_to_know(sheet, tell, groups)


def _write_failure(sheet: Sheet, group: FindingGroup, *, with_remedy: bool) -> None:
    severity = group.severity.value
    text = with_names(group, sheet.width - COLUMN)
    sheet.entry(severity, text, indent=2, column=COLUMN, label_style=severity, at_most=2)
    if group.first.remedy is not None and with_remedy:
        sheet.line(group.first.remedy.says, indent=COLUMN, style="quiet", at_most=1)


def write_uses(sheet: Sheet, result: Result) -> None:
    """For which uses the answer would be yes, and which single answer of the intent would turn it."""
    verdict = result.verdict
    if not verdict.yes_for and not verdict.changes:
        return
    sheet.heading("If something else is intended")
    for use in verdict.yes_for:
        sheet.entry("-", f"yes for {use}", indent=2, column=4)
    for change in verdict.changes:
        sheet.entry("-", change, indent=2, column=4)


def write_notes(sheet: Sheet, result: Result) -> None:
    """Exceptions that expired or match nothing, evidence that no longer counts; keys of a file that mean nothing."""
    if not result.notes:
        return
    sheet.heading("Worth knowing" if result.command == "check" else "Of dockworthy.yaml")
    for note in result.notes:
        sheet.entry("-", note, indent=2, column=4)


SUBJECTS_SHOWN = 12
LONGEST_NAME = 28
_SHORTEST_PATH = 12
_UNSEEN = "unknown"


def write_subjects(sheet: Sheet, result: Result, *, verbose: bool) -> None:
    """Nothing where there is only one: all findings are its own."""
    found: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in result.findings:
        if finding.outcome in (Outcome.FAIL, Outcome.UNKNOWN):
            found[finding.subject].append(finding)
    failing = [findings for findings in found.values() if any(f.outcome is Outcome.FAIL for f in findings)]
    if len(failing) < 2:
        return
    failing.sort(key=lambda findings: [-count for count in _counts(findings)])
    shown = failing if verbose or len(failing) <= SUBJECTS_SHOWN + 1 else failing[:SUBJECTS_SHOWN]
    sheet.blank()
    sheet.line("  " + _row([severity.value for severity in Severity] + [_UNSEEN], "On"), style="heading")
    with_file = len({_file(findings[0]) for findings in failing}) > 1
    for findings in shown:
        numbers = [str(count or "-") for count in _counts(findings)]
        row = _row(numbers, "")
        room = sheet.width - len(row) - 2
        sheet.line(row + _where(findings[0], room, with_file=with_file), indent=2, at_most=1)
    if len(shown) < len(failing):
        sheet.line(f"and {number_of(len(failing) - len(shown), 'more subject')}", indent=2)


def _counts(findings: list[Finding]) -> list[int]:
    """Faults by severity, and what is unknown: what one fault brings with it counts once."""
    failing = Counter(group.severity for group in by_fault(findings))
    unseen = sum(finding.outcome is Outcome.UNKNOWN for finding in findings)
    return [*(failing[severity] for severity in Severity), unseen]


def _row(numbers: list[str], words: str) -> str:
    titles = [*(severity.value for severity in Severity), _UNSEEN]
    return " ".join(f"{number:>{len(title)}}" for number, title in zip(numbers, titles, strict=True)) + f"  {words}"


def _where(finding: Finding, room: int, *, with_file: bool) -> str:
    """A line that is too long would lose its columns: of a long path the end is shown, which tells it from others."""
    file = _file(finding)
    name = short(name_of(finding), min(LONGEST_NAME, room) if file and with_file else room)
    left = room - len(name) - len(" ()")
    if not (file and with_file and left >= _SHORTEST_PATH):
        return name
    file = visible(file)
    return f"{name} ({file if len(file) <= left else '...' + file[3 - left :]})"


def _file(finding: Finding) -> str:
    return finding.subject.rpartition("#")[0]


def write_demands(sheet: Sheet, result: Result) -> None:
    """Numbers first, the words last: they may be long."""
    demands = spoken_of(result.demands)
    if not demands:
        return
    fails = _width("fail", [demand.fail for demand in demands])
    unseen = _width("unknown", [demand.unknown for demand in demands])
    sheet.blank()
    sheet.line(f"  {'Demands':<9} {'fail':>{fails}} {'unknown':>{unseen}}", style="heading")
    for demand in demands:
        numbers = f" {_number(demand.fail):>{fails}} {_number(demand.unknown):>{unseen}} "
        _write(sheet, demand, numbers)


def _write(sheet: Sheet, demand: DemandAnswer, numbers: str) -> None:
    label = f"{ANSWERS[demand.answer]:<9}"
    words = DEMANDS.get(demand.demand, demand.demand)
    if demand.need is not Need.REQUIRED:
        words = f"{words} ({demand.need.value.replace('_', ' ')})"
    column = 3 + len(label) + len(numbers)
    sheet.entry(label + numbers, words, indent=2, column=column, label_style=_STYLES.get(demand.answer, "open"))


def _width(title: str, numbers: list[int]) -> int:
    return max(len(title), *(len(str(number)) for number in numbers))


def _number(number: int) -> str:
    return str(number) if number else "-"


def write_pending(sheet: Sheet, result: Result) -> None:
    """Done already, but not in force yet."""
    groups = by_control(result.findings, Outcome.PENDING)
    if groups:
        sheet.heading("Done, in force later")
    for group in groups:
        sheet.point(f"{group.first.title}: {some_of(group.names)}: {short(fact_of(group.first), 200)}")


def write_accepted(sheet: Sheet, result: Result) -> None:
    """Who accepted which risk, why, and until when."""
    groups = by_control(result.findings, Outcome.EXCEPTED)
    if groups:
        sheet.heading("Accepted risks")
    for group in groups:
        for finding in group.findings:
            sheet.point(f"{finding.title} ({finding.control}): {name_of(finding)}")
            risk = finding.exception
            if risk is not None:
                sheet.line(f"{risk.reason} ({risk.terms})", indent=4, style="quiet")
            else:  # the file itself accepts it, and the fact says where
                sheet.line(short(fact_of(finding), 300), indent=4, style="quiet")


def write_known(sheet: Sheet, result: Result, *, verbose: bool) -> None:
    """Failures that were there before: how many, and with `verbose` which."""
    groups = by_control(result.known, Outcome.FAIL)
    if not groups:
        return
    sheet.heading(f"Known from {result.known_from}")
    failures, controls = number_of(len(result.known), "failure"), number_of(len(groups), "control")
    sheet.line(f"{failures} of {controls}{'' if verbose else ': see -v'}", indent=2)
    for group in groups if verbose else ():
        sheet.point(f"{group.first.title} ({group.first.control})")
        for finding in group.findings:
            write_evidence(sheet, finding, column=4)


def write_passes(sheet: Sheet, result: Result) -> None:
    """What passes and what does not apply, with the fact that says so."""
    for outcome, title in ((Outcome.PASS, "Passes"), (Outcome.NOT_APPLICABLE, "Does not apply")):
        groups = by_control(result.findings, outcome)
        if groups:
            sheet.heading(title)
        for group in groups:
            sheet.point(f"{group.first.title} ({group.first.control})")
            for finding in group.findings:
                write_evidence(sheet, finding, column=4)


UNSEEN_SHOWN = 8
"""Ways to know that are named without -v."""


def write_unseen(sheet: Sheet, result: Result, *, verbose: bool) -> None:
    """The largest gap first."""
    told = by_tell(result.findings)
    if not told:
        return
    groups = [group for _, of_tell in told for group in of_tell]
    sheet.heading(f"Unknown: {number_of(how_many(groups), 'finding')} of {number_of_controls(groups)}; what would tell")
    if not verbose:
        _write_ways(sheet, told)
        return
    for tell, of_tell in told:
        sheet.blank()
        sheet.line(f"{number_of(how_many(of_tell), 'finding')}; what would tell: {tell or NOTHING_TELLS}")
        for group in of_tell:
            sheet.point(f"{group.first.title} ({group.first.control})")
            for finding in group.findings:
                write_evidence(sheet, finding, column=4)


def _write_ways(sheet: Sheet, told: Sequence[Told]) -> None:
    """A way to know, and which rules it would decide."""
    single, alike = told_apart(told)
    ways = [(f"of {name_of(group.first)} (-v: of each): {group.first.tell}", [group]) for group in alike] + single
    ways.sort(key=lambda way: -how_many(way[1]))
    for tell, groups in ways[:UNSEEN_SHOWN]:
        write_way_to_know(sheet, tell, groups)
    if len(ways) > UNSEEN_SHOWN:
        sheet.line(f"and {len(ways) - UNSEEN_SHOWN} more: see -v", indent=2)


def write_way_to_know(sheet: Sheet, tell: str, groups: Sequence[FindingGroup]) -> None:
    """Where nothing tells, why it is unknown."""
    way = tell or f"{NOTHING_TELLS}; the reason is: {fact_of(groups[0].first)}"
    sheet.entry("-", way, indent=2, column=4, at_most=2)
    rules = some_of([f"{group.first.title}{_names(group)}" for group in groups], 2)
    sheet.line(f"{number_of(how_many(groups), 'finding')}: {rules}", indent=4, style="quiet", at_most=2)


def _names(group: FindingGroup) -> str:
    return f" ({some_of(group.objects)})" if group.objects else ""


UNREAD_SHOWN = 5


def write_unread(sheet: Sheet, result: Result, *, verbose: bool) -> None:
    if not result.unread:
        return
    sheet.heading("Could not be read, and is not part of the verdict")
    shown = result.unread if verbose or len(result.unread) <= UNREAD_SHOWN + 1 else result.unread[:UNREAD_SHOWN]
    for what, why in shown:
        sheet.line(why if why.startswith(what) else f"{what}: {why}", indent=2)
    if len(shown) < len(result.unread):
        sheet.line(f"and {len(result.unread) - len(shown)} more", indent=2)
