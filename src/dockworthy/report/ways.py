"""The ways to production, for people to read aloud and for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from ..model.way import Fit, Way
from .json_text import json_text

_WORDS = {Fit.FITS: "fits", Fit.POSSIBLE: "possible", Fit.UNFIT: "does not fit"}


def render_ways(found: Sequence[Way], intent: str, *, stated: bool, format_: str, seen: Sequence[str] = ()) -> str:
    """`format_` is `table`, `markdown` or `json`. `intent` is the use in words, `stated` whether the team said it,
    `seen` what was found here that the reasons rest on."""
    if format_ == "json":
        document = {"schema": 1, "command": "path", "intent": intent, "stated": stated, "seen": seen, "ways": found}
        return json_text(document)
    head = f"For {intent}{'' if stated else ' (assumed where dockworthy.yaml is silent: dockworthy intent)'}:"
    here = [f"Seen: {', '.join(seen)}."] if seen else []
    here.append("Hours are estimates, for people who know Linux and Docker: yours may be half or double.")
    blocks = [_markdown(way) if format_ == "markdown" else _text(way) for way in found]
    return (
        "\n\n".join(["\n".join(textwrap.wrap(head, 80)), "\n".join(textwrap.wrap(" ".join(here), 80)), *blocks]) + "\n"
    )


def _text(way: Way) -> str:
    lines = [f"{_WORDS[way.fit]:<13} {way.title}"]
    lines += [_entry("+", reason) for reason in way.reasons_for]
    lines += [_entry("-", reason) for reason in way.reasons_against]
    lines += [_entry("effort:", way.effort), _entry("to leave:", way.leaving)]
    return "\n".join(lines)


def _entry(mark: str, says: str) -> str:
    start = f"    {mark} "
    return textwrap.fill(says, 80, initial_indent=start, subsequent_indent=" " * len(start))


def _markdown(way: Way) -> str:
    reasons = [f"- for: {reason}" for reason in way.reasons_for]
    reasons += [f"- against: {reason}" for reason in way.reasons_against]
    return "\n".join(
        [f"## {way.title}: {_WORDS[way.fit]}", "", *reasons, f"- effort: {way.effort}", f"- to leave: {way.leaving}"]
    )
