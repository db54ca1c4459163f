"""`.env` files: `NAME=value` lines, as Compose reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice

from .interpolation import interpolate

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*[=:]\s*(.*)")
_LONGEST = 200
"""Lines of one value: a private key has some fifty."""

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$$"}


def parse_dotenv(text: str, outer: Mapping[str, str]) -> dict[str, str]:
    """Name -> value; `outer` is what a value's own variables may come from, and earlier lines.

    A line that is no assignment is left out: what it meant nobody can tell, and Compose itself refuses it loudly.
    """
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        match = None if line.lstrip().startswith("#") else _LINE.match(line)
        if match is None:
            continue
        value = match[2]
        if value[:1] in ("'", '"'):
            for following in islice(lines, 0 if _is_closed(value) else _LONGEST):
                value += "\n" + following
                if _is_closed(value):
                    break
        found[match[1]] = _value(value, {**found, **outer})
    return found


def _is_closed(value: str) -> bool:
    return re.match(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"", value, re.DOTALL) is not None


def _value(written: str, variables: Mapping[str, str]) -> str:
    single = re.match(r"'([^']*)'", written)
    if single:
        return single[1]
    double = re.match(r'"((?:[^"\\]|\\.)*)"', written, re.DOTALL)
    if double:
        text = re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[0]), double[1], flags=re.DOTALL)
    else:
        text = re.split(r"(?:^|\s)#", written, maxsplit=1)[0].strip()
    try:
        return interpolate(text, variables).text
    except ValueError:
        return text
