"""Markdown that stays what was meant: tables and fenced blocks whatever the text inside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

GENERATED = "<!-- Generated from the controls. Change those, not this page. -->"
"""Marks a page that may be written over, and deleted when its control is gone."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell(text) for text in line)} |" for line in lines)


def cell(text: str) -> str:
    """A table's cell is one line, and a bar would end it, even in code."""
    return " ".join(text.split()).replace("|", "\\|")


def fence(text: str, language: str = "") -> str:
    """A code block; its fence is longer than any run of backticks in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}"


__all__ = ["GENERATED", "cell", "fence", "table"]
