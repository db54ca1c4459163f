"""A line of an ignore file, matched in a time that its writer can't stretch: who sends a pull request writes it."""

from __future__ import annotations

import re
from typing import Any, AnyStr

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

_STAR = "[^/]*"
"""What the library makes of `*` in a name: of nothing else, since a pattern's brackets hold no `/`."""
_ONE_NAME = re.compile(r"(?:\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[^()/\[\\])*", re.DOTALL)
"""A part of such an expression that begins and ends in one name, and has a fixed length."""
_ANY_FOLDERS = ("(?:.+/)?", "(?:/.+)?")
"""What the library makes of `**`, at the beginning and between two names."""
_MOST_ANY_FOLDERS = 4
"""Each one more takes as many times as long as there are folders above a file."""


class TooManyFolders(ValueError):
    """A pattern with more `**` than can be tried: it is read as none, so it leaves nothing out."""


class BoundedPattern(GitIgnoreSpecPattern):
    """Raises TooManyFolders, ValueError and re.error for a line that is no pattern."""

    @classmethod
    def pattern_to_regex(cls, pattern: AnyStr) -> tuple[AnyStr | None, bool | None]:
        expression, include = super().pattern_to_regex(pattern)
        if not isinstance(expression, str):
            return expression, include
        if sum(expression.count(each) for each in _ANY_FOLDERS) > _MOST_ANY_FOLDERS:
            raise TooManyFolders(pattern)
        bound: Any = without_second_tries(expression)  # str, as AnyStr then is
        return bound, include


def without_second_tries(expression: str) -> str:
    """The same, but what lies between two `*` of one name is taken where it is found first, for good. It matches the
    same names: a later place leaves less of the name for what follows. Otherwise `*a*a*a*a*a` tries all ways to
    choose five letters of a name."""
    first, *parts = expression.split(_STAR)
    if not parts:
        return expression
    *between, last = parts
    bound = [f"(?>{_STAR}?{part})" if _ONE_NAME.fullmatch(part) else f"{_STAR}{part}" for part in between]
    return "".join((first, *bound, _STAR, last))
