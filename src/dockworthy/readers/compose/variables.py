"""Variables of a project: where their values come from (the environment, `.env`, `--env-file`), and how they are
put into the files.

Source: the Compose specification, interpolation; compose-go, dotenv and template.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct, field, structs

from ...errors import UnreadableInput
from ...input_files import is_file, refusal
from ...model.field import Source
from ...model.pattern import lazy_pattern
from ..files import FoundFile
from ..yaml_source import Value

HOME: Final = "/root"
"""What `~` means in somebody else's file: whose home it will be is hidden, and root's is the one that matters most."""


def as_written_here(path: str) -> str:
    """As a person who stands in this folder would write it."""
    whole = os.path.abspath(path)
    below = os.path.relpath(whole)
    return whole if below.startswith("..") else below


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


_NO_LETTER_OF_A_NAME: Final = lazy_pattern(r"[^-_a-z0-9]")


class Variables(Struct, frozen=True):
    """`places`: for those that an env file gives a value, its line. `unseen`: those that have a value which may not be
    seen -> why. `unread`: why a file that may give a value to all others was not read. `growth`: what a project's
    values have grown to by now; variables made of these count on.
    """

    values: Mapping[str, str]
    places: Mapping[str, Source] = {}
    unseen: Mapping[str, str] = {}
    unread: str = ""
    growth: Growth = field(default_factory=Growth)

    def with_default(self, name: str, value: str) -> Variables:
        return structs.replace(self, values={name: value, **self.values})

    def hidden(self, name: str) -> str:
        """Why the value of a variable may not be seen; "" where it may, or where it has none."""
        return self.unseen.get(name) or ("" if name in self.values else self.unread)


FROM_ENVIRONMENT: Final = "from the environment"


def environment_of(environ: Mapping[str, str], *, trusted: bool) -> Variables:
    """The process's variables; where files of somebody else are read, only that there are such."""
    return Variables(environ) if trusted else Variables({}, unseen=dict.fromkeys(environ, FROM_ENVIRONMENT))


def with_env_files(outer: Variables, paths: Iterable[str]) -> Variables:
    """`outer` outranks the files, and a later file the earlier; one that is not there says nothing.

    Raises UnreadableInput where one is no text, and where its values grow too large.
    """
    values: dict[str, str] = {}
    places: dict[str, Source] = {}
    unseen: dict[str, str] = {}
    unread = outer.unread
    for path in paths:
        name = as_written_here(path)
        if why := refusal(path):
            unread = f"it may be set in {name}: {why}"
        if not is_file(path):
            continue
        for variable, found in read_env_file(FoundFile(name, path, True).text(), name, outer).items():
            values[variable] = found.value
            places[variable] = Source(name, variable, found.line)
            unseen[variable] = found.hidden
    known = {*outer.values, *outer.unseen}
    places = {name: place for name, place in places.items() if name not in known}
    unseen = {name: why for name, why in unseen.items() if why and name not in outer.values}
    return Variables(
        {**values, **outer.values}, {**places, **outer.places}, {**unseen, **outer.unseen}, unread, outer.growth
    )


def read_env_file(text: str, name: str, outer: Variables) -> dict[str, Assignment]:
    """What the env file called `name` says. Raises UnreadableInput with the line where its values grow too large."""
    try:
        return read_dotenv(text, outer.values, outer.hidden, outer.growth)
    except AssignmentTooLarge as error:
        raise UnreadableInput(f"{error.variable}: {error}", file=name, line=error.line) from None


def with_project_name(variables: Variables, files: Sequence[Value], folder: str) -> Variables:
    """`COMPOSE_PROJECT_NAME`, where nothing sets it: the last `name:` of the files, else the folder's name."""
    named = [name for name in (file.get("name") for file in files) if name is not None]
    try:
        written = interpolate(named[-1].scalar_text(), variables.values, variables.hidden).text if named else ""
    except (UnreadableInput, ValueError):  # said where the value itself is read
        written = ""
    name = written or _NO_LETTER_OF_A_NAME.sub("", os.path.basename(folder).lower()).lstrip("-_")
    return variables.with_default("COMPOSE_PROJECT_NAME", name)
