"""daemon.json with some settings changed: what a person wrote stays as it is, letter by letter."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .situation import parse_settings

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


class Member(NamedTuple):
    """A setting of the file: where its name begins, and from where to where its value goes."""

    name: str
    start: int
    value_start: int
    end: int


def changed_settings(text: str | None, values: Mapping[str, Any], file: str) -> str:
    """The file's new text. None takes a setting away; a map is laid over the map that is there.

    Raises UnreadableInput where the old text isn't JSON.
    """
    before = parse_settings(text, file)
    wanted = {name: _laid_over(before.get(name), value) for name, value in values.items()}
    after = {name: value for name, value in {**before, **wanted}.items() if value is not None}
    if text is not None and after == before:
        return text
    if text is None or not before:
        return json.dumps(after, indent=2, ensure_ascii=False) + "\n"
    edited = text
    for name, value in wanted.items():
        edited = _edited(edited, name, value)
    # Whatever an odd layout does to the edits, the meaning is never left to them.
    return edited if parse_settings(edited, file) == after else json.dumps(after, indent=2, ensure_ascii=False) + "\n"


def _laid_over(old: Any, new: Any) -> Any:
    return {**old, **new} if isinstance(old, dict) and isinstance(new, Mapping) else new


def _edited(text: str, name: str, value: Any) -> str:
    members = list(_members(text))
    at = next((index for index, member in enumerate(members) if member.name == name), None)
    if at is None:
        return text if value is None else _added(text, members, name, value)
    member = members[at]
    if value is None:
        return _removed(text, members, at)
    if json.loads(text[member.value_start : member.end]) == value:
        return text
    return text[: member.value_start] + _written(value, text, members) + text[member.end :]


def _added(text: str, members: list[Member], name: str, value: Any) -> str:
    end = members[-1].end if members else text.index("{") + 1
    comma = "," if members else ""
    return (
        f"{text[:end]}{comma}{_before(text, members)}{json.dumps(name)}: {_written(value, text, members)}{text[end:]}"
    )


def _removed(text: str, members: list[Member], at: int) -> str:
    """With the comma that joined it to the one before, or else to the one behind."""
    if at:
        return text[: members[at - 1].end] + text[members[at].end :]
    end = members[1].start if len(members) > 1 else members[0].end
    return text[: members[0].start] + text[end:]


def _before(text: str, members: list[Member]) -> str:
    """What stands before a setting's name: a line break and its indentation, or a space."""
    if not members:
        return "\n  "
    found = re.search(r"\r?\n[ \t]*\Z", text[: members[-1].start])
    return found[0] if found else " "


def _written(value: Any, text: str, members: list[Member]) -> str:
    """In the file's own indentation; in one line where the file is one."""
    before = _before(text, members)
    if "\n" not in before:
        return json.dumps(value, ensure_ascii=False)
    own = before.lstrip("\r\n")
    lines = json.dumps(value, indent=own or 2, ensure_ascii=False).split("\n")
    return (before[: len(before) - len(own)] + own).join(lines) if len(lines) > 1 else lines[0]


def _members(text: str) -> Iterator[Member]:
    """The settings of a JSON object, in order; the text is known to be one."""
    at = _skip(text, text.index("{") + 1)
    while text[at] == '"':
        name, end = _DECODER.raw_decode(text, at)
        value_start = _skip(text, _skip(text, end) + 1)
        _, value_end = _DECODER.raw_decode(text, value_start)
        yield Member(name, at, value_start, value_end)
        at = _skip(text, value_end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
