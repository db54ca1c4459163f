"""Where does a text begin to tell a secret? Its shape tells, its name, or that it is known to be one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...model.pattern import lazy_pattern
from ...model.secret_names import is_secret
from ..secret_values import first_secret, secret_begins

_SHORTEST = 4
"""Characters. A shorter secret is found by its name alone: as a value it is part of many other words."""

_LONG = 8
"""Characters. A shorter known secret counts only where it is a whole word; one of letters alone may be any word."""

_ONE_BY_ONE = 200
"""Known secrets that are looked for everywhere in a text; with more of them only its words are looked up."""

_WORD = lazy_pattern(r"[^\s\"'=,;:@\[\]{}()<>|&]+")
_NAMED = lazy_pattern(r"\s*(?:(?:ENV|ARG|LABEL)\s+)?([A-Za-z_][\w.-]*)(?:\s*[=:]\s*|\s+)(.+)", re.DOTALL)


class Telling:
    """Knows the secrets that were found in the same files."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        parts = {part for secret in secrets for part in (secret, *secret.splitlines())}
        known = {part for part in parts if len(part) >= _SHORTEST and not part.isalpha()}
        self._long = frozenset(part for part in known if len(part) >= _LONG)
        self._words = known - self._long if len(self._long) <= _ONE_BY_ONE else frozenset(known)

    def begins(self, text: str) -> int | None:
        """The first character that must not be shown; None where the text tells nothing."""
        places = (self._known_one(text), first_secret(text), _by_name(text))
        return min((place for place in places if place is not None), default=None)

    def tells(self, text: str) -> bool:
        """Is there a secret in it?"""
        return self.begins(text) is not None

    def _known_one(self, text: str) -> int | None:
        words = (word.start() for word in _WORD.finditer(text) if word[0] in self._words) if self._words else ()
        anywhere = self._long if len(self._long) <= _ONE_BY_ONE else ()
        return min((*words, *(place for secret in anywhere if (place := text.find(secret)) >= 0)), default=None)


def names_secret(name: str) -> bool:
    """Is whatever stands under this name a secret, also where it is long and has parts?"""
    return is_secret(name, "a1" * 10)


def secrets_in_arguments(arguments: list[str]) -> list[int | None]:
    """Of each the character at which a secret begins, by the flag before it or by its program; None where none does."""
    return secret_begins(arguments)


def _by_name(text: str) -> int | None:
    """`PASSWORD=two words`, `ENV PASSWORD value`: all of the rest is the value."""
    found = _NAMED.match(text)
    return found.start(2) if found and is_secret(found[1], found[2].strip("\"' ")) else None
