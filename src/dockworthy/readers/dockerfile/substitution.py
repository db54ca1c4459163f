"""`$NAME`, `${NAME:-word}` and their like, replaced by what the file itself says of NAME.

What only the builder, the base image or the command line knows is a gap: the whole word is then Unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...model.field import Unknown

Value = str | Unknown
"""What is known of a variable."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]|[@*#?$!-]")
_DEEPEST = 20
_LONGEST = 65_536
"""Characters: `A=$A$A`, said thirty times, would fill the memory."""


class NoValue(Unknown, frozen=True):
    """An ARG without a value: a gap by itself, nothing where a default stands ready (`${NAME:-word}`)."""


class Gap(Exception):
    """A part of the word is not known; `reason` why."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.reason)
        self.unknown = unknown


class BadSubstitution(Exception):
    """The builder refuses the word."""


def expand(word: str, variables: Mapping[str, Value], escape: str, *, undefined: Value = "") -> Value:
    """The word, variables replaced and quotes removed. `undefined`: what a name is that nobody set.

    Raises BadSubstitution where the builder would.
    """
    if "$" not in word and '"' not in word and "'" not in word and escape not in word:
        return word
    try:
        text, _ = _Expansion(word, variables, escape, undefined).until("", 0, 0)
    except Gap as gap:
        return gap.unknown
    return text


class _Expansion:
    def __init__(self, word: str, variables: Mapping[str, Value], escape: str, undefined: Value) -> None:
        self.word, self.variables, self.escape, self.undefined = word, variables, escape, undefined
        self.written = 0

    def until(self, stop: str, at: int, depth: int) -> tuple[str, int]:
        """The text from `at` to the character `stop` (not included), and the offset behind it."""
        if depth > _DEEPEST:
            raise BadSubstitution("nested too deep")
        parts: list[str] = []
        quote, word = "", self.word
        while at < len(word):
            char = word[at]
            if char == stop and not quote:
                return "".join(parts), at + 1
            if char == quote:
                quote, at = "", at + 1
            elif char == self.escape and quote != "'" and at + 1 < len(word):
                kept = char if quote and word[at + 1] not in f'"${self.escape}' else ""
                parts.append(kept + word[at + 1])
                at += 2
            elif char in "\"'" and not quote:
                quote, at = char, at + 1
            elif char == "$" and quote != "'":
                value, at = self._variable(at + 1, depth)
                self._count(value)
                parts.append(value)
            else:
                parts.append(char)
                at += 1
        if stop or quote:
            raise BadSubstitution(f"{stop or quote} is missing")
        return "".join(parts), at

    def _count(self, value: str) -> None:
        self.written += len(value)
        if self.written > _LONGEST:
            raise Gap(Unknown("longer than can be followed"))

    def _variable(self, at: int, depth: int) -> tuple[str, int]:
        braces = self.word[at : at + 1] == "{"
        match = _NAME.match(self.word, at + braces)
        if match is None:
            if braces:
                raise BadSubstitution("a name is missing behind ${")
            return "$", at
        at = match.end()
        if not braces:
            return self._known(match[0]), at
        if self.word[at : at + 1] == "}":
            return self._known(match[0]), at + 1
        return self._modified(match[0], at, depth)

    def _modified(self, name: str, at: int, depth: int) -> tuple[str, int]:
        """`${NAME:-word}`: a default, an alternative, an error, or a pattern to cut away."""
        colon = self.word[at : at + 1] == ":"
        at += colon
        how = self.word[at : at + 1]
        if not how:
            raise BadSubstitution("} is missing")
        value = self._value(name)
        if how in "-+" and self._is_used(how, value, colon):
            return self.until("}", at + 1, depth + 1)
        word_end = self._skip(at + 1, depth)
        if how == "+":
            return "", word_end
        if how == "?" and (value is None or (colon and value == "")):
            raise BadSubstitution(f"{name} must have a value")
        if how in "-?":
            return self._known(name), word_end
        if how in "#%/":
            self._known(name)
            raise Gap(Unknown(f"a part is cut out of ${name}, which is not followed here"))
        raise BadSubstitution(f"{how!r} is no way to change ${name}")

    def _is_used(self, how: str, value: Value | None, colon: bool) -> bool:
        """Is the word behind the sign what counts?"""
        if isinstance(value, Unknown):
            raise Gap(value)
        empty = value is None or (colon and value == "")
        return empty if how == "-" else not empty

    def _skip(self, at: int, depth: int) -> int:
        """Behind the closing brace of a word that does not count."""
        open_braces, quote = 1, ""
        while at < len(self.word):
            char = self.word[at]
            if char == self.escape and quote != "'":
                at += 2
                continue
            if quote:
                quote = "" if char == quote else quote
            elif char in "\"'":
                quote = char
            elif self.word.startswith("${", at):
                open_braces, at = open_braces + 1, at + 1
            elif char == "}":
                open_braces -= 1
                if not open_braces:
                    return at + 1
            at += 1
        raise BadSubstitution("} is missing")

    def _value(self, name: str) -> Value | None:
        """None: nobody sets it, or it is an ARG that waits for a value."""
        value = self.variables.get(name)
        if isinstance(value, NoValue):
            return None
        if value is None and isinstance(self.undefined, Unknown):
            return Unknown(f"${name}: {self.undefined.reason}", self.undefined.tell)
        return value

    def _known(self, name: str) -> str:
        value = self.variables.get(name, self.undefined)
        if isinstance(value, Unknown):
            raise Gap(Unknown(f"${name}: {value.reason}", value.tell))
        return value
