"""Markdown that stays what was meant: tables and fenced blocks whatever the text inside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .spans import spans
from .visible import visible

GENERATED = "<!-- Generated from the controls. Change those, not this page. -->"
"""Marks a page that may be written over, and deleted when its control is gone."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell(text) for text in line)} |" for line in lines)


def cell(text: str) -> str:
    """A table's cell is one line, and a bar would end it, even in code."""
    return " ".join(text.split()).replace("|", "\\|")


def plain(text: str) -> str:
    """`text` as itself, in one line: no emphasis, link, HTML, formula, list or heading, and nobody is mentioned."""
    shown = visible(text).replace("&", "&amp;").replace("<", "&lt;")
    shown = re.sub(r"([\\`*_\[\]~$])", r"\\\1", shown)
    shown = re.sub(r"^(\s*\d+)([.)])|^(\s*)([-+#>=])", r"\1\3\\\2\4", shown)
    return re.sub(r"(?<!\w)@(?=\w)", "@<!-- -->", shown)


def prose(text: str) -> str:
    """A sentence of a control: what stands between backticks is code, all else is plain."""
    return "".join(code(span.text) if span.code else plain(span.text) for span in spans(text))


def code(text: str) -> str:
    """`text` as code inside a line."""
    shown = visible(text)
    if not shown.strip():
        return ""
    ticks = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    padding = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{padding}{shown}{padding}{ticks}"


def fence(text: str, language: str = "") -> str:
    """A code block; its fence is longer than any run of backticks in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}"
