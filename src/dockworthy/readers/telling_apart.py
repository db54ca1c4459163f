"""Every subject of a file has an id of its own: of two with one id, only one would be judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from msgspec import structs

from ..model.access import Access
from ..model.workload import Unit

_T = TypeVar("_T", Unit, Access)


def told_apart(found: Iterable[_T]) -> tuple[_T, ...]:
    """Those of one id are told apart by the line, and on one line (JSON without line ends) by their number."""
    found = tuple(found)
    times = Counter(each.id for each in found)
    if len(times) == len(found):
        return found
    met: Counter[str] = Counter()
    lined = (structs.replace(each, id=_with_line(each)) if times[each.id] > 1 else each for each in found)
    return tuple(_numbered(each, met) for each in lined)


def _with_line(found: Unit | Access) -> str:
    line = f"@{found.source.line}"
    return found.id if found.id.endswith(line) else found.id + line


def _numbered(found: _T, met: Counter[str]) -> _T:
    met[found.id] += 1
    return found if met[found.id] == 1 else structs.replace(found, id=f"{found.id}.{met[found.id]}")
