"""JSON that has one meaning for every reader of it.

The engine's JSON reader takes more than the standard says: of a name that comes twice it merges the values, broken
UTF-8 becomes a replacement character. Who judges such a text judges another one than the engine reads: it is refused.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import partial
from typing import Any, NoReturn

from ...errors import UnreadableInput

MOST_BYTES = 4 * 1024 * 1024
"""The engine's own readers of requests stop here (an authorization plugin is given no more)."""
DEEPEST = 64

_TEXT_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""Never steps back, and matches a text without an end too: no input takes more than one pass."""
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Repeated:
    """Stands in for an object that has a name twice, until its path is known."""

    def __init__(self, name: str) -> None:
        self.name = name


def parse(body: bytes, where: str) -> Any:
    """The one value of a text. Raises UnreadableInput, with the path inside where there is one.

    Refused: more than MOST_BYTES, nesting over DEEPEST, no UTF-8, names that come twice in an object, NaN and
    Infinity, half of a surrogate pair, anything behind the value.
    """
    _check_size_and_depth(body, where)
    text = _decoded(body, where)
    repeated: list[_Repeated] = []
    try:
        value = json.loads(text, object_pairs_hook=partial(_object, repeated), parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise UnreadableInput(f"not JSON: {error.msg}", file=where, line=error.lineno) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableInput(f"not JSON: {error}", file=where) from error
    if repeated or "\\u" in text:  # only an escape can write half of a pair
        _check(value, "", where)
    return value


def _check_size_and_depth(body: bytes, where: str) -> None:
    if len(body) > MOST_BYTES:
        raise UnreadableInput(f"larger than {MOST_BYTES // 2**20} MiB", file=where)
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return  # as nearly all are; and what is too deep is known where it is, not after all that follows
    depth = 0
    for match in _TEXT_OR_BRACKET.finditer(body):
        found = match[0]
        if found[:1] == b'"':
            continue
        depth += 1 if found in b"[{" else -1
        if depth > DEEPEST:
            raise UnreadableInput(f"nested more than {DEEPEST} deep", file=where)


def _decoded(body: bytes, where: str) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise UnreadableInput(f"not UTF-8 (byte {body[error.start]:#04x})", file=where, line=line) from error


def _object(repeated: list[_Repeated], members: list[tuple[str, Any]]) -> Any:
    found = dict(members)
    if len(found) == len(members):
        return found
    times = Counter(name for name, _ in members)
    repeated.append(_Repeated(times.most_common(1)[0][0]))
    return repeated[-1]


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _check(value: Any, path: str, where: str) -> None:
    if isinstance(value, _Repeated):
        raise UnreadableInput(f"{path or 'the request'}: {value.name!r} comes twice", file=where)
    if isinstance(value, str):
        _check_text(value, path, where)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check(item, f"{path}[{index}]", where)
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_text(name, path, where)
            _check(item, f"{path}.{name}" if path else name, where)


def _check_text(text: str, path: str, where: str) -> None:
    if _SURROGATE.search(text):
        raise UnreadableInput(f"{path or 'the request'}: half of a surrogate pair is no text", file=where)
