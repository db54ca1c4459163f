"""What a check found as Markdown for a comment under a pull request: short, collapsed, with links to the lines.

It is bounded: GitHub takes 65,536 characters, GitLab more. What finds no room is counted.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from ..model.counts import number_of
from ..model.field import Source
from ..model.finding import Finding, Outcome
from ..model.levels import Severity
from ..model.result import Result
from .cited import telling_line
from .grouping import (
    FindingGroup,
    by_control,
    by_fault,
    by_tell,
    fact_of,
    how_many,
    name_of,
    number_of_controls,
    says_its_name,
    told_apart,
)
from .markdown import code, fence, plain, prose, table
from .places import chain
from .repairs import KINDS, offer, repairing, repairs_for, repairs_of
from .spans import spans
from .visible import short, visible, without_odd_bytes
from .words import HEADINGS, NOTHING_TELLS, QUESTIONS, answer_in_words, counts_sentence, some_of


def details(summary: str, parts: Iterable[str], *, is_open: bool = False) -> str:
    """A blank line after the summary: without it the rest would be HTML and no Markdown."""
    inside = "\n\n".join(parts)
    return f"<details{' open' if is_open else ''}>\n<summary>{summary}</summary>\n\n{inside}\n\n</details>"


def bullets(items: Sequence[str], room: int) -> str:
    shown = items if len(items) <= room + 1 else items[:room]
    lines = [f"- {item.strip()}" for item in shown]
    return "\n".join(lines if len(shown) == len(items) else [*lines, f"- and {len(items) - len(shown)} more"])


def indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))


def in_html(text: str) -> str:
    """A sentence inside of HTML, where Markdown means nothing: what stands between backticks is code."""
    pieces = (
        f"<code>{_escaped(span.text)}</code>"
        if span.code
        else re.sub(r"(?<!\w)@(?=\w)", "@<!-- -->", _escaped(span.text))
        for span in spans(text)
    )
    return "".join(pieces)


def _escaped(text: str) -> str:
    return html.escape(visible(text), quote=False)


SHOWN = 10
"""Findings of a group, and rows of a table, without `verbose`."""

LONGEST_FACT = 300
LONGEST_LINE = 200


class Sections:
    """Writes what needs to know the result as a whole: its lines, its repairs, and where links begin."""

    def __init__(self, result: Result, links: str, *, verbose: bool) -> None:
        self._result = result
        self._links = links
        self._verbose = verbose
        self._repairs = repairs_of(result)

    def unread(self) -> Iterator[str]:
        if self._result.unread:
            yield "## Could not be read, and is not part of the verdict"
            whys = (why if why.startswith(what) else f"{what}: {why}" for what, why in self._result.unread)
            yield bullets([plain(short(why, LONGEST_FACT)) for why in whys], self._room)

    @property
    def _room(self) -> int:
        return 10**9 if self._verbose else SHOWN

    def failing(self, group: FindingGroup) -> str:
        """One control, collapsed; what is critical stands open."""
        count = number_of(len(group.findings), "finding")
        says = f"{group.says}: {some_of(group.objects)}" if group.objects else group.says
        summary = f"<b>{group.severity.value}</b>: {in_html(says)} ({count})"
        names = ", ".join(code(control) for control in group.controls)
        parts = [f"{names} ({group.first.level.value})", self._findings(group)]
        if group.brings:
            parts.append("It brings with it: " + ", ".join(code(each.first.control) for each in group.brought))
        for remedy in group.remedies if self._verbose else group.remedies[:1]:
            parts.append(f"**Remedy:** {prose(remedy.says)}")
            parts += [fence(remedy.command, "sh")] if remedy.command else []
            parts += [f"Costs: {prose(remedy.costs)}"] if remedy.costs else []
        for fix in repairs_for(group.first, self._repairs)[:1]:
            parts.append(f"**Fix** ({KINDS[fix.kind]}): {prose(fix.says)}")
            parts += [f"What might break: {prose(fix.may_break)}"] if fix.may_break else []
        return details(summary, parts, is_open=group.severity is Severity.CRITICAL)

    def others(self) -> Iterator[str]:
        """What asks for nothing now, collapsed: what is unknown, what is accepted, what is in force later."""
        told = by_tell(self._result.findings)
        if told:
            summary = f"{HEADINGS[Outcome.UNKNOWN]} ({number_of(sum(how_many(g) for _, g in told), 'finding')})"
            single, alike = (told, []) if self._verbose else told_apart(told)
            lines = [_unseen(group, tell) for tell, groups in single for group in groups]
            lines += [_unseen(group, f"of {name_of(group.first)}, {group.first.tell}") for group in alike]
            yield details(summary, [bullets(lines, self._room)])
        accepted = [f for group in by_control(self._result.findings, Outcome.EXCEPTED) for f in group.findings]
        if accepted:
            summary = f"{HEADINGS[Outcome.EXCEPTED]} ({number_of(len(accepted), 'finding')})"
            yield details(summary, [bullets([_accepted(finding) for finding in accepted], self._room)])
        for outcome in (Outcome.PENDING, *((Outcome.PASS, Outcome.NOT_APPLICABLE) if self._verbose else ())):
            groups = by_control(self._result.findings, outcome)
            if groups:
                yield details(HEADINGS[outcome], [bullets([_line(group) for group in groups], self._room)])

    def _findings(self, group: FindingGroup) -> str:
        few = self._verbose or len(group.findings) <= SHOWN + 1
        shown = group.findings if few else group.findings[:SHOWN]
        lines = [self._finding(finding) for finding in shown]
        if len(shown) < len(group.findings):
            lines.append(f"and {len(group.findings) - len(shown)} more")
        return bullets(lines, len(lines))

    def _finding(self, finding: Finding) -> str:
        name = "" if says_its_name(finding) else f"{code(name_of(finding))}: "
        source = finding.evidence[0].source if finding.evidence else None
        places = "".join(f" ({self._link(place)})" for place in chain(source))
        text = telling_line(self._result, source)
        quoted = "" if text is None else "\n" + indented(fence(short(text.strip(), LONGEST_LINE)))
        return f"{name}{prose(short(fact_of(finding), LONGEST_FACT))}{places}{quoted}"

    def _link(self, source: Source) -> str:
        """Only a line of a file can be a link; its name is escaped as a name and as an address."""
        known = source.where in self._result.lines or any(s.file == source.where for s in self._result.subjects)
        if source.line is None or not known or source.where.startswith(("<", "/")):
            return code(visible(str(source)))
        address = quote(without_odd_bytes(source.where))
        return f"[{code(f'{source.where}:{source.line}')}]({self._links}{address}#L{source.line})"


def _line(group: FindingGroup) -> str:
    fact = prose(short(fact_of(group.first), LONGEST_FACT))
    return f"{plain(group.first.title)} ({code(group.first.control)}): {plain(some_of(group.names))}: {fact}"


def _unseen(group: FindingGroup, tell: str) -> str:
    return f"{_line(group)}; what would tell: {prose(short(tell or NOTHING_TELLS, LONGEST_FACT))}"


def _accepted(finding: Finding) -> str:
    risk = finding.exception
    why = f": {plain(risk.reason)} ({plain(risk.terms)})" if risk is not None else f": {prose(fact_of(finding))}"
    return f"{plain(finding.title)} ({code(finding.control)}): {code(name_of(finding))}{why}"


MOST_BYTES = 65_000
"""Of UTF-8: fewer than a comment may have characters, with room for a line that somebody puts before it."""


def render_comment(result: Result, *, verbose: bool = False, links: str = "") -> str:
    """The report. `links` is what a file's name is put behind to be a link (`https://…/blob/COMMIT/`).

    With `verbose` every finding is in it, and it may be too long for a comment.
    """
    sections = Sections(result, links, verbose=verbose)
    parts = [*_head(result), *_subjects(result, verbose=verbose), *sections.unread()]
    left = MOST_BYTES - 1000 - _size(parts)
    groups = by_fault(result.findings)
    blocks = [*(sections.failing(group) for group in groups), *sections.others()]
    for number, block in enumerate(blocks):
        if not verbose and _size([block]) > left:
            parts.append(_left_out(blocks[number:], groups[number:]))
            break
        parts.append(block)
        left -= _size([block])
    return "\n\n".join([*parts, *_offer(result)]) + "\n"


def _size(parts: Iterable[str]) -> int:
    return sum(len(part.encode(errors="surrogatepass")) + 2 for part in parts)


def _left_out(blocks: Sequence[str], groups: Sequence[FindingGroup]) -> str:
    controls = f"{number_of_controls(groups)} with {number_of(how_many(groups), 'finding')}"
    what = f"{controls} that fail" if groups else number_of(len(blocks), "section")
    return f"There is no room here for {what}: `dockworthy check -v` shows them."


def _head(result: Result) -> Iterator[str]:
    yield f"# {QUESTIONS.get(result.command, 'Fit for production?')}"
    yield f"**{plain(answer_in_words(result))}**"
    if result.verdict.because:
        yield bullets([plain(short(reason, LONGEST_FACT)) for reason in result.verdict.because], SHOWN)
    counts = counts_sentence(result.findings)
    yield f"Findings: {counts}." if counts else "No finding at all."
    if result.known:
        yield f"{number_of(len(result.known), 'failure')} known from {plain(result.known_from)} not shown here."
    if result.notes:
        yield bullets([plain(short(note, LONGEST_FACT)) for note in result.notes], SHOWN)


def _subjects(result: Result, *, verbose: bool) -> Iterator[str]:
    """Who has how many faults, worst first; nothing where there is only one."""
    failing: dict[str, list[Finding]] = {}
    for finding in result.findings:
        if finding.outcome is Outcome.FAIL:
            failing.setdefault(finding.subject, []).append(finding)
    counts = {subject: Counter(group.severity for group in by_fault(own)) for subject, own in failing.items()}
    first = {subject: own[0] for subject, own in failing.items()}
    if len(counts) < 2:
        return
    ranked = sorted(counts, key=lambda subject: [-counts[subject][severity] for severity in Severity])
    shown = ranked if verbose else ranked[:SHOWN]
    rows = [(code(_name(first[s])), *(str(counts[s][severity] or "-") for severity in Severity)) for s in shown]
    text = table(("On", *(severity.value for severity in Severity)), rows)
    yield text if len(shown) == len(ranked) else f"{text}\n\nand {len(ranked) - len(shown)} more"


def _name(finding: Finding) -> str:
    file = finding.subject.rpartition("#")[0]
    return f"{short(file, 60)}: {name_of(finding)}" if file else name_of(finding)


def _offer(result: Result) -> Iterator[str]:
    offered = offer(result)
    if offered:
        yield f"{offered}:\n\n" + fence(repairing(result), "sh")
