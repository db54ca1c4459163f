"""Parts of an object of JSON that anybody may have written: a wrong type is an absent part, never a crash."""

from __future__ import annotations

from typing import Any


def part(data: Any, *keys: str) -> Any:
    """What stands under a path of keys; None where nothing does."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def items(data: Any, *keys: str) -> list[Any]:
    """The same where a list stands there; an empty one where none does."""
    found = part(data, *keys)
    return found if isinstance(found, list) else []
