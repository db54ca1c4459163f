"""Where a value stands on a command line: the flag in place of the key that it became."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from msgspec import Struct

from ...model.field import Source
from .flags import KEYS, PLACES

WHERE = "docker run"
_WHOLE_PARTS = ("", "HostConfig")
_T = TypeVar("_T")
_FLAG_FOR = {path: f"--{flag}" for flag, (_, path) in KEYS.items()} | {
    path: f"--{flag}" for flag, path in PLACES.items()
}
"""Key -> the flag that would write it, for what nobody wrote."""


def at_flags(value: _T, flags: Mapping[str, str]) -> _T:
    """The same part of the model with flags for paths. `flags`: path -> the flag that wrote it."""
    made: object = value
    if isinstance(value, Source):
        made = Source(WHERE, _flag(value.path, flags)) if value.where == WHERE else value
    elif isinstance(value, Struct):
        made = type(value)(**{name: at_flags(getattr(value, name), flags) for name in value.__struct_fields__})
    elif isinstance(value, tuple):
        made = tuple(at_flags(item, flags) for item in value)
    elif isinstance(value, dict):
        made = {key: at_flags(item, flags) for key, item in value.items()}
    return cast(_T, made)


def _flag(path: str, flags: Mapping[str, str]) -> str:
    """Of the path itself, else the first below it, else the one that would write it."""
    if path in flags:
        return flags[path]
    if path in _WHOLE_PARTS:
        return ""
    below = next((flag for known, flag in flags.items() if known.startswith(f"{path}.")), "")
    return below or _FLAG_FOR.get(path, "")


__all__ = ["WHERE", "at_flags"]
