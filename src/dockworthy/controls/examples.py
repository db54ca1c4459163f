"""Words for the examples of controls on host and engine: parts of a snapshot that are laid over a tight machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NOT_SEEN = {"is": "unknown", "reason": "not allowed to look", "tell": "run as root"}


def known(value: Any) -> dict[str, Any]:
    """A field whose value is seen."""
    return {"is": "set", "value": value, "source": {"where": "example"}}


def absent() -> dict[str, Any]:
    """A field that is a fact: nothing is there."""
    return {"is": "unset", "source": {"where": "example"}}


def not_seen() -> dict[str, Any]:
    """A field that could not be read."""
    return dict(_NOT_SEEN)


def on_host(**fields: Any) -> dict[str, Any]:
    """Facts of the host. A value that is no field yet becomes one that is seen."""
    return {"host": {name: _field(value) for name, value in fields.items()}}


def engine_says(**info: Any) -> dict[str, Any]:
    """Fields of GET /info."""
    return {"engine": {"info": known(info)}}


def sysctls(**values: str) -> dict[str, Any]:
    """Kernel settings; `net__ipv4__ip_forward` stands for net.ipv4.ip_forward."""
    return {"host": {"sysctls": {name.replace("__", "."): known(value) for name, value in values.items()}}}


def both(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """Several parts as one, rooms merged."""
    merged: dict[str, Any] = {}
    for part in parts:
        for room, fields in part.items():
            merged[room] = {**merged.get(room, {}), **fields}
    return merged


def settings_not_seen() -> dict[str, Any]:
    """Neither the engine's API, nor its command line, nor daemon.json could be read."""
    return {
        "host": {"daemon": not_seen(), "daemon_json": not_seen()},
        "engine": {"info": not_seen(), "networks": not_seen()},
    }


def _field(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) and "is" in value else known(value)
