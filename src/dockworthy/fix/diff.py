"""A repair as a unified diff that may be shown: what is secret in its lines is hidden."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from ..facts.quoting import HIDDEN, SecretTelling, places_in_yaml
from ..model.repair import FileRepair

_NAMES_OF_SECRETS = re.compile(r"\s*secrets: \[[\w.-]+(?:, [\w.-]+)*\]\n?")
_NO_BREAK = "\\ No newline at end of file\n"


def shown_diff(repair: FileRepair) -> str:
    """`diff -u` of one file, `""` where nothing changes. With a secret hidden it is for reading, not for `patch`."""
    hidden = {**_hidden(repair.old), **_hidden(repair.new)}
    return "".join(_lines(repair, hidden))


def _lines(repair: FileRepair, hidden: dict[str, str]) -> Iterator[str]:
    old, new = _cut(repair.old), _cut(repair.new)
    for line in difflib.unified_diff(old, new, repair.file, repair.file):
        sign, text = (line[:1], line[1:]) if not line.startswith(("---", "+++", "@@")) else ("", line)
        shown = hidden.get(text, text) if sign else text
        yield f"{sign}{shown}" if shown.endswith("\n") else f"{sign}{shown}\n{_NO_BREAK}"


def _cut(text: str) -> list[str]:
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _hidden(text: str) -> dict[str, str]:
    """Line -> the line up to where a secret begins, for those that hold one."""
    lines, telling = _cut(text), SecretTelling()
    places = places_in_yaml(text, range(len(lines)), telling)
    found: dict[str, str] = {}
    for number, line in enumerate(lines):
        by_line = None if _NAMES_OF_SECRETS.fullmatch(line) else telling.begins(line.rstrip("\n"))
        seen = (None if places is None else places.begins.get(number), by_line)
        begins = [place for place in seen if place is not None]
        if begins:
            found[line] = f"{line[: min(begins)]}{HIDDEN}\n"
    return found
