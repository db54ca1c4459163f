"""A difference as Markdown, for a ticket or a pull request."""

from __future__ import annotations

from ...model.finding import Outcome
from ..grouping import fact_of
from ..markdown import code, plain, prose
from ..words import some_of
from .compare import HEADINGS, Difference, FindingMove, answers, heading, moves, summary


def render_difference_markdown(difference: Difference, *, verbose: bool = False) -> str:
    """Headed by the answers; `verbose` names every subject."""
    parts = [f"# {plain(answers(difference))}", f"Findings: {summary(difference)}."]
    parts += [f"Note: {plain(note)}." for note in difference.notes]
    for way in HEADINGS:
        changes = difference.changes[way]
        if changes:
            parts.append(f"## {heading(way, changes)}")
        entries = [_entry(move, verbose=verbose) for move in moves(changes)]
        if entries:
            parts.append("\n".join(entries))
    return "\n\n".join(parts) + "\n"


def _entry(move: FindingMove, *, verbose: bool) -> str:
    group = move.group
    names = ", ".join(group.names) if verbose else some_of(group.names)
    lines = [
        f"- **{group.severity.value}** {plain(move.title)} ({code(group.first.control)})",
        f"  - {code(names)}: {move.says}: {prose(fact_of(group.first))}",
    ]
    if move.now is Outcome.FAIL and group.remedies:
        lines.append(f"  - Remedy: {prose(group.remedies[0].says)}")
    return "\n".join(lines)
