"""Where does a text begin to tell a secret? Its shape tells, its name, or that it is known to be one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...model.pattern import lazy_pattern
from ..secret_arguments import hide_in_arguments, hide_in_command
from ..secret_names import is_secret
from ..secret_values import hide_in_text

_MARK = "\0"
"""Stands for a secret: no text of a file that can be judged holds it."""

_SHORTEST = 4
"""Characters. A shorter secret is found by its name alone: as a value it is part of many other words."""

_ONE_BY_ONE = 200
"""Known secrets that are looked for everywhere in a text; with more of them only its words are looked up."""

_WORD = lazy_pattern(r"[^\s\"'=,;:@\[\]{}()<>|&]+")
_DEFAULT = lazy_pattern(r"\$\{(\w+):?[-+]([^}]*)")
_NAMED = lazy_pattern(r"\s*(?:(?:ENV|ARG|LABEL)\s+)?([A-Za-z_][\w.-]*)(?:\s*[=:]\s*|\s+)(.+)", re.DOTALL)
_LOGIN = lazy_pattern(r"\blogin\b.*?\s-p[= ]?\s*(?=\S)")
"""`docker login -u shop -p …`; elsewhere docker's `-p` is a port."""
_QUOTED = lazy_pattern(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s,\[\]\"']+")


class Telling:
    """Knows the secrets that were found in the same files."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        parts = {part for secret in secrets for part in (secret, *secret.splitlines())}
        self._known = frozenset(part for part in parts if len(part) >= _SHORTEST)

    def begins(self, text: str) -> int | None:
        """The first character that must not be shown; None where the text tells nothing."""
        looks = (_by_shape, _default, _by_name, _argument, _login)
        places = [self._known_one(text), *(look(text) for look in looks)]
        return min((place for place in places if place is not None), default=None)

    def tells(self, text: str) -> bool:
        """Is there a secret in it?"""
        return self.begins(text) is not None

    def _known_one(self, text: str) -> int | None:
        if len(self._known) <= _ONE_BY_ONE:
            return min((place for secret in self._known if (place := text.find(secret)) >= 0), default=None)
        return next((word.start() for word in _WORD.finditer(text) if word[0] in self._known), None)


def names_secret(name: str) -> bool:
    """Is whatever stands under this name a secret, also where it is long and has parts?"""
    return is_secret(name, "x" * 20)


def secrets_in_arguments(arguments: list[str]) -> list[int | None]:
    """Of each the character at which a secret begins, by the flag before it or by its program; None where none does."""
    hidden = hide_in_arguments(arguments, lambda _: _MARK)
    return [place if (place := argument.find(_MARK)) >= 0 else None for argument in hidden]


def _by_shape(text: str) -> int | None:
    hidden = hide_in_text(hide_in_command(text, lambda _: _MARK), lambda _: _MARK)
    place = hidden.find(_MARK)
    return None if place < 0 else place


def _default(text: str) -> int | None:
    """`${PASSWORD:-this}`: a default is a value like any other."""
    return next((found.start(2) for found in _DEFAULT.finditer(text) if is_secret(found[1], found[2])), None)


def _by_name(text: str) -> int | None:
    """`PASSWORD=two words`, `ENV PASSWORD value`: all of the rest is the value."""
    found = _NAMED.match(text)
    return found.start(2) if found and is_secret(found[1], found[2].strip("\"' ")) else None


def _argument(text: str) -> int | None:
    """Of a command that is written as a list: `["mysqladmin", "-psecret"]`."""
    words = list(_QUOTED.finditer(text))
    places = secrets_in_arguments([word[0].strip("\"'") for word in words])
    return next((word.start() + place for word, place in zip(words, places, strict=True) if place is not None), None)


def _login(text: str) -> int | None:
    found = _LOGIN.search(text)
    return found.end() if found else None
