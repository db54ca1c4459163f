"""Values of a query as the engine reads them, in Go.

Python and Go differ about what is a space: Python's `strip` also takes \\x1c to \\x1f away, which Go keeps.
Sources: Engine 26.1, api/server/httputils/form.go, BoolValue; strings.TrimSpace; unicode.IsSpace.
"""

from __future__ import annotations

_SPACES = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""Unicode's White_Space, which Go trims."""
_NO = frozenset(("", "0", "no", "false", "none"))


def says_yes(value: str) -> bool:
    """Every word is a yes but these few. A name that is not there reads as an empty value."""
    return value.strip(_SPACES).lower() not in _NO


def in_plain_words(value: str) -> str:
    """The same yes or no in the one way that no reader can take for another. An empty value stays: some booleans of the
    engine are true where they are left out, or empty."""
    return value and ("1" if says_yes(value) else "0")


__all__ = ["in_plain_words", "says_yes"]
