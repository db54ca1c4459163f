"""A text before it is read as YAML: letters as YAML knows them, and no more values than memory can hold."""

from __future__ import annotations

import re
from typing import Final

import yaml

from ..errors import UnreadableInput
from ..model.pattern import lazy_pattern

LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MOST_VALUES: Final = 2_000_000
"""Scalars, lists and mappings of one text: half a gigabyte. A cluster's 4,500 pods as one list have 1.3 million."""
_HALVES = lazy_pattern(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def with_whole_letters(text: str) -> str:
    """JSON escapes a letter beyond 16 bits as two halves (`\\ud83d\\ude00`), which YAML does not know as one."""
    return _HALVES.sub(_whole_letter, text) if "\\u" in text else text


def _whole_letter(halves: re.Match[str]) -> str:
    high, low = int(halves[2], 16), int(halves[3], 16)
    return f"{halves[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


def refuse_too_many(text: str, file: str) -> None:
    """A value takes a quarter of a kilobyte: what is written in two bytes must not fill the memory. Only where a text
    has that many places for values they are counted."""
    if sum(text.count(mark) for mark in ",:\n[{") <= MOST_VALUES:
        return
    count = 0
    for event in yaml.parse(text, Loader=LOADER):
        count += isinstance(event, yaml.NodeEvent)
        if count > MOST_VALUES:
            line = None if event.start_mark is None else event.start_mark.line + 1
            raise UnreadableInput(f"more than {MOST_VALUES:,} values: no manifest holds as many", file=file, line=line)
