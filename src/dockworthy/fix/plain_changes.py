"""Changes made in plain data: to compare what was meant with what was written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..model.fix import WHOLE_FILE, Change, How


def same(one: Any, other: Any) -> bool:
    """Equal in type, too: to Python 1, 1.0 and True are equal, to a container they are not."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def with_change(data: Any, change: Change) -> Any:
    """The data with the change made. The data itself is not touched. Raises KeyError where there is no such place."""
    return _changed(data, place_of(change), change)


def place_of(change: Change) -> tuple[str, ...]:
    """The whole path, from the top of the file."""
    return change.path if change.service == WHOLE_FILE else ("services", change.service, *change.path)


def _changed(data: Any, path: Sequence[str], change: Change) -> Any:
    if not path:
        return _at_the_place(data, change)
    key = path[0]
    if isinstance(data, list):
        index = int(key)
        return [*data[:index], _changed(data[index], path[1:], change), *data[index + 1 :]]
    if data is not None and not isinstance(data, dict):
        raise KeyError(key)
    found = dict(data or {})
    changed = _changed(found.get(key), path[1:], change)
    if change.how is How.REMOVE and (changed is None or changed in ([], {})):
        found.pop(key, None)
    else:
        found[key] = changed
    return found


def _at_the_place(data: Any, change: Change) -> Any:
    if change.how is How.SET:
        return change.value
    if change.how is How.REMOVE:
        if change.value is None:
            return None
        leaving = (
            change.value if isinstance(change.value, Sequence) and not isinstance(change.value, str) else [change.value]
        )
        return [item for item in as_list(data) if not any(same(item, gone) for gone in leaving)]
    return added(data, change.value)


def added(data: Any, value: Any) -> Any:
    """Entries added to a list, keys to a mapping; `A=1` where a mapping is written as a list, and a single value
    becomes a list."""
    if isinstance(value, Mapping) and (data is None or isinstance(data, dict)):
        return {**(data or {}), **value}
    entries = [f"{key}={inner}" for key, inner in value.items()] if isinstance(value, Mapping) else as_list(value)
    found = as_list(data)
    return found + [entry for entry in entries if not any(same(entry, known) for known in found)]


def as_list(data: Any) -> list[Any]:
    if data is None:
        return []
    return list(data) if isinstance(data, (list, tuple)) else [data]
