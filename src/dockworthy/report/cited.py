"""The line that a fact points to, and the value in it."""

from __future__ import annotations

import re

from ..model.field import Source
from ..model.result import Result

_VALUE = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s,\]}\"']+(?: [^\s,\]}#]+)*")
_ONLY_A_KEY = re.compile(r"\s*(?:- )?[\"']?[^\s:\"'#]+[\"']?:\s*(?:[|>&*][\w+-]*)?|\s*- name: \S+")


def line_of(result: Result, source: Source | None) -> str | None:
    """The line that `source` points to, as it may be shown; None where there is none."""
    if source is None or source.line is None:
        return None
    return result.lines.get(source.where, {}).get(source.line)


def telling_line(result: Result, source: Source | None) -> str | None:
    """The same where it shows something: not the mere name of a service or container that does not say a thing."""
    text = line_of(result, source)
    return None if text is None or _ONLY_A_KEY.fullmatch(text) else text


def value_at(text: str, column: int) -> str:
    """The value that begins in `column` (from 1); `""` where that is no single value but a list or a mapping."""
    found = None if text[column - 1 : column] in ("[", "{") else _VALUE.match(text, column - 1)
    return found[0].rstrip(":") if found else ""
