"""Compose renders a `$` as `$$`, for who reads it is Compose again; a swarm is not. Pure."""

from __future__ import annotations

from typing import Any


def unescaped(value: Any) -> Any:
    """The same with every `$$` as one `$`; keys stay."""
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, dict):
        return {key: unescaped(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [unescaped(part) for part in value]
    return value
