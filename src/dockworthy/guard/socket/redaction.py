"""What an answer may hold of secrets, blanked for those who may see what is there, but no secrets."""

from __future__ import annotations

from typing import Any

import msgspec

BLANK = "***"

HIDING = frozenset(
    (
        "GET /containers/{container}/json",
        "GET /exec/{execution}/json",
        "GET /images/{image}/json",
        "GET /services",
        "GET /services/{object}",
        "GET /tasks",
        "GET /tasks/{object}",
        "GET /configs",
        "GET /configs/{object}",
        "GET /plugins",
        "GET /plugins/{plugin}/json",
        "GET /volumes",
        "GET /volumes/{volume}",
        "GET /system/df",
    )
)
"""The routes whose answers hold environments, contents of configs, or options of volumes (a share's password)."""
_OPTIONS = frozenset(("Options", "DriverOpts"))


def without_secrets(body: bytes) -> bytes:
    """The same JSON: of `NAME=value` in any `Env`, of a config's `Data` and of options of drivers, the names stay.

    Raises ValueError for what is no JSON.
    """
    try:
        return msgspec.json.encode(_blanked(msgspec.json.decode(body))) + b"\n"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _blanked(value: Any, key: str = "") -> Any:
    if isinstance(value, list):
        return [_variable(item) if key == "Env" else _blanked(item) for item in value]
    if isinstance(value, dict):
        if key in _OPTIONS:
            return dict.fromkeys(value, BLANK)
        return {name: _blanked(item, name) for name, item in value.items()}
    if key == "Data" and isinstance(value, str):
        return ""  # base64: clients decode it
    return value


def _variable(item: Any) -> Any:
    """A plugin's variables are objects with a name and a value."""
    if isinstance(item, str):
        name, sign, _ = item.partition("=")
        return f"{name}={BLANK}" if sign else item
    return (
        {name: BLANK if name == "Value" else value for name, value in item.items()} if isinstance(item, dict) else item
    )


__all__ = ["BLANK", "HIDING", "without_secrets"]
