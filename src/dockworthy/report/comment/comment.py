"""What a check found as Markdown for a comment under a pull request: short, collapsed, with links to the lines.

It is bounded: GitHub takes 65,536 characters, GitLab more. What finds no room is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ...model.finding import Finding, Outcome
from ...model.levels import Severity
from ...model.result import Result
from ..grouping import Group, by_fault, how_many, name_of, number_of_controls
from ..markdown import code, fence, plain, table
from ..repairs import command, offer
from ..visible import short
from ..words import QUESTIONS, answer_in_words, counts_sentence, number_of
from .pieces import bullets
from .sections import LONGEST_FACT, SHOWN, Sections

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


def _left_out(blocks: Sequence[str], groups: Sequence[Group]) -> str:
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
        yield f"{offered}:\n\n" + fence(command(result), "sh")
