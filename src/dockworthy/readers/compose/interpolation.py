"""`$VAR` and `${VAR}` in a Compose file. Source: the Compose specification, interpolation.

A variable that is not set here is a gap and no empty text: the host on which the project runs may well set it. So is
one whose value is hidden, also where the file has a default: what would count is the value that nobody may see. And
`${VAR:+host}` is not empty where VAR has no value here: it is `host` wherever VAR has one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_OPERATORS = (":-", ":?", ":+", "-", "?", "+")
_DEEPEST = 20
LONGEST: Final = 128 * 1024
"""Letters that variables may add to one value. Linux passes no longer variable or argument to a program."""

MOST_LETTERS: Final = 16 * 1024 * 1024
"""Letters of all values of a project into which variables were put."""


class GrowsTooLarge(ValueError):
    """Variables whose values hold variables, each twice: thirty lines of them would fill the memory."""


class Growth:
    """The letters of the values into which variables were put, counted over a project with all that it includes."""

    def __init__(self) -> None:
        self.letters = 0

    def add(self, value: str) -> None:
        """Raises GrowsTooLarge."""
        self.letters += len(value)
        if self.letters > MOST_LETTERS:
            raise GrowsTooLarge(f"variables make the values of this project larger than {MOST_LETTERS:,} letters")


class Missing(Struct, frozen=True):
    """A variable that has no value here; `demand` is what the file says where it needs one (`${VAR:?demand}`).
    `hidden`: why its value may not be seen, where it has one. `instead`: the file says what counts where it has a value
    (`${VAR:+instead}`)."""

    name: str
    demand: str = ""
    hidden: str = ""
    instead: bool = False


Hidden = Callable[[str], str]
"""A variable's name -> why its value may not be seen; "" where it may."""


def nothing_hidden(name: str) -> str:
    return ""


class Interpolated(Struct, frozen=True):
    """The text with what is known put in; what is missing stays as it was written. `used`: whose values were put in."""

    text: str
    missing: tuple[Missing, ...] = ()
    used: tuple[str, ...] = ()


def interpolate(
    text: str, variables: Mapping[str, str], hidden: Hidden = nothing_hidden, depth: int = 0
) -> Interpolated:
    """`$$` is a dollar, and so is one that begins no variable (`$(date)`, `^a$`): Compose leaves it as it is.

    Raises ValueError, with a sentence, where a `${` begins none, and where the text grows too large.
    """
    if "$" not in text:
        return Interpolated(text)
    if depth > _DEEPEST:
        raise ValueError("variables in variables, too deep")
    parts: list[Interpolated] = []
    at = 0
    while (dollar := text.find("$", at)) >= 0:
        parts.append(Interpolated(text[at:dollar]))
        found, at = _one(text, dollar, variables, hidden, depth)
        parts.append(found)
    parts.append(Interpolated(text[at:]))
    if sum(len(part.text) for part in parts) > len(text) + LONGEST:
        raise GrowsTooLarge(f"variables make this value larger than {LONGEST:,} letters")
    return Interpolated(
        "".join(part.text for part in parts),
        tuple(gap for part in parts for gap in part.missing),
        tuple(name for part in parts for name in part.used),
    )


def _one(text: str, dollar: int, variables: Mapping[str, str], hidden: Hidden, depth: int) -> tuple[Interpolated, int]:
    """What begins at `dollar`, and where it ends."""
    following = text[dollar + 1 : dollar + 2]
    if following == "$":
        return Interpolated("$"), dollar + 2
    if following == "{":
        end = _closing(text, dollar + 2)
        return _braced(text[dollar : end + 1], variables, hidden, depth), end + 1
    name = _NAME.match(text, dollar + 1)
    if name is None:
        return Interpolated("$"), dollar + 1
    value, why = variables.get(name[0]), hidden(name[0])
    if value is None or why:
        return Interpolated(f"${name[0]}", (Missing(name[0], hidden=why),)), name.end()
    return Interpolated(value, used=(name[0],)), name.end()


def _closing(text: str, start: int) -> int:
    depth = 1
    for index in range(start, len(text)):
        if text[index] == "{" and text[index - 1] == "$":
            depth += 1
        elif text[index] == "}":
            depth -= 1
        if depth == 0:
            return index
    raise ValueError("`${` without its `}`")


def _braced(written: str, variables: Mapping[str, str], hidden: Hidden, depth: int) -> Interpolated:
    inner = written[2:-1]
    name = _NAME.match(inner)
    operator = next((o for o in _OPERATORS if name and inner.startswith(o, name.end())), "")
    if name is None or (not operator and name.end() != len(inner)):
        raise ValueError(f"`{written[:40]}` is no variable")
    if why := hidden(name[0]):
        return Interpolated(written, (Missing(name[0], hidden=why, instead=operator.endswith("+")),))
    value = variables.get(name[0])
    there = value is not None and (value != "" or not operator.startswith(":"))
    argument = inner[name.end() + len(operator) :]
    if operator.endswith("+"):
        if value is None:
            return Interpolated(written, (Missing(name[0], instead=True),))
        return interpolate(argument, variables, hidden, depth + 1) if there else Interpolated("")
    if there and value is not None:
        return Interpolated(value, used=(name[0],))
    if operator.endswith("-"):
        return interpolate(argument, variables, hidden, depth + 1)
    return Interpolated(written, (Missing(name[0], argument if operator else ""),))
