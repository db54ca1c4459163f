"""Variables of a shell, as far as their values stand in the same text."""

from __future__ import annotations

import re
from collections.abc import Mapping

NAME = re.compile(r"[A-Za-z_]\w*\Z")
"""Of a shell's variable."""
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def expanded(word: str, environment: Mapping[str, str]) -> str:
    """Variables that are known are put in; others stay as written."""
    if "$" not in word:
        return word
    return _VARIABLE.sub(lambda found: environment.get(found[1] or found[2], found[0]), word)


def without_assignments(words: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    own: dict[str, str] = {}
    while words and "=" in words[0] and NAME.match(words[0].partition("=")[0]):
        name, _, value = words[0].partition("=")
        own[name] = value
        words = words[1:]
    return words, own
