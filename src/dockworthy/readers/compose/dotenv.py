"""`.env` files: `NAME=value` lines, as Compose reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from ...model.pattern import lazy_pattern
from .interpolation import GrowsTooLarge, Growth, Hidden, interpolate, nothing_hidden

_LINE: Final = lazy_pattern(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*(?:[=:]\s*(.*))?")
_LONGEST: Final = 200
"""Lines of one value: a private key has some fifty."""

_CLOSED: Final = lazy_pattern(r"""(['"])((?:[^\\]|\\.)*?)\1""", re.DOTALL)
_CLOSES: Final = {
    "'": lazy_pattern(r"(?:[^\\']|\\.)*+'"),
    '"': lazy_pattern(r'(?:[^\\"]|\\.)*+"'),
}
"""A further line of a value, from its beginning to the quote."""

_ESCAPES: Final = {
    **{"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"},
    **{'"': '"', "\\": "\\", "$": "$$"},
}


class AssignmentTooLarge(ValueError):
    """The value of `variable` in that line."""

    def __init__(self, why: GrowsTooLarge, variable: str, line: int) -> None:
        super().__init__(str(why))
        self.variable = variable
        self.line = line


class Assignment(Struct, frozen=True):
    """`line` counts from 1. `hidden`: why the value may not be seen; it is then as written."""

    value: str
    line: int
    hidden: str = ""


def read_dotenv(
    text: str, outer: Mapping[str, str], hidden: Hidden = nothing_hidden, growth: Growth | None = None
) -> dict[str, Assignment]:
    """Every name with its last value. A name alone takes its value from `outer`, and so does a variable in a value
    that no earlier line sets. `growth` counts the values' letters.

    Raises AssignmentTooLarge.

    A line that is no assignment is left out: what it meant nobody can tell, and Compose itself refuses it loudly.
    """
    found: dict[str, Assignment] = {}
    known = dict(outer)
    growth = Growth() if growth is None else growth
    unseen: dict[str, str] = {}
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        began, line = at, lines[at]
        at += 1
        match = None if line.lstrip().startswith("#") else _LINE.fullmatch(line)
        if match is None:
            continue
        name, written = match[1], match[2]
        if written is None:
            if name in outer or hidden(name):
                found[name] = Assignment(outer.get(name, ""), began + 1, hidden(name))
            continue
        if written[:1] in ("'", '"'):
            written, at = _to_its_end(written, lines, at)
        try:
            value, why = _value(written, known, lambda name: hidden(name) or unseen.get(name, ""), growth)
        except GrowsTooLarge as error:
            raise AssignmentTooLarge(error, name, began + 1) from None
        found[name] = Assignment(value, began + 1, why)
        known[name] = outer.get(name, value)
        unseen[name] = why
    return found


def read_raw(text: str) -> dict[str, Assignment]:
    """`format: raw`: what stands behind the first `=` is the value, quotes and dollars and all."""
    found = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, parted, value = line.partition("=")
        if parted and not line.lstrip().startswith("#"):
            found[name.strip()] = Assignment(value, number)
    return found


def _to_its_end(written: str, lines: list[str], at: int) -> tuple[str, int]:
    """A quoted value goes on to the quote that closes it; where none does, the line is all there is."""
    if _CLOSED.match(written) is None:
        closes = _CLOSES[written[0]]
        for following in range(at, min(len(lines), at + _LONGEST)):
            if closes.match(lines[following]) is not None:
                return "\n".join([written, *lines[at : following + 1]]), following + 1
    return written, at


def _value(written: str, variables: Mapping[str, str], hidden: Hidden, growth: Growth) -> tuple[str, str]:
    """The value, and why it may not be seen. Raises GrowsTooLarge."""
    closed = _CLOSED.match(written)
    if closed is not None and closed[1] == "'":
        return closed[2].replace("\\'", "'"), ""
    if closed is not None:
        text = re.sub(r"\\([abfnrtv\"\\$])", lambda escape: _ESCAPES[escape[1]], closed[2], flags=re.DOTALL)
    else:
        text = written.split(" #", 1)[0].strip()
    try:
        read = interpolate(text, variables, hidden)
        if "$" in text:
            growth.add(read.text)
    except GrowsTooLarge:
        raise
    except ValueError:
        return text, ""
    why = (gap.hidden or f"it depends on {gap.name}, which has no value here" for gap in read.missing)
    return read.text, next(why, "")
