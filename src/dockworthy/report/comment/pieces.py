"""Pieces of a comment that stay what was meant: lists that end, parts that are folded away."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from ..spans import spans
from ..visible import visible


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
