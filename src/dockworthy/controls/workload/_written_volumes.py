"""Entries of a service's `volumes` as people write them: `SOURCE:TARGET[:MODE]`, or a mapping."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ...model.compose_fix import WrittenService, set_key
from ...model.fix import Change

PROPAGATION = {"shared": "slave", "rshared": "rslave"}
"""What carries mounts to the host -> what only takes them from there."""


def read_only_for(*paths: str) -> Callable[[WrittenService], Iterable[Change]]:
    """Binds of exactly these paths of the host become read-only."""

    def changes(written: WrittenService) -> Iterator[Change]:
        for index, entry in _entries(written):
            if isinstance(entry, dict):
                if entry.get("type") == "bind" and _cleaned(entry.get("source")) in paths:
                    yield set_key("volumes", index, "read_only", to=True)
                continue
            source, _, rest = entry.partition(":")
            if _cleaned(source) in paths and rest:
                yield set_key("volumes", index, to=_with_mode(entry, ["ro"], "rw"))

    return changes


def without_sharing(written: WrittenService) -> Iterator[Change]:
    """Shared propagation becomes that of a slave."""
    for index, entry in _entries(written):
        if isinstance(entry, dict):
            said = (entry.get("bind") or {}).get("propagation")
            if said in PROPAGATION:
                yield set_key("volumes", index, "bind", "propagation", to=PROPAGATION[said])
            continue
        options = entry.split(":")[2].split(",") if entry.count(":") > 1 else []
        for option in options:
            if option in PROPAGATION:
                yield set_key("volumes", index, to=_with_mode(entry, [PROPAGATION[option]], option))


def _entries(written: WrittenService) -> Iterator[tuple[str, Any]]:
    """Those that hold no variable: what a variable says, its place has to say."""
    listed = written.service.get("volumes")
    for index, entry in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(entry, dict) or (isinstance(entry, str) and "$" not in entry):
            yield str(index), entry


def _cleaned(path: Any) -> str:
    return posixpath.normpath(path) if isinstance(path, str) and path.startswith("/") else ""


def _with_mode(entry: str, options: list[str], instead_of: str) -> str:
    """The short form with options in place of another one."""
    parts = entry.split(":")
    kept = [option for option in parts[2].split(",") if option != instead_of] if len(parts) > 2 else []
    return ":".join([*parts[:2], ",".join([*kept, *options])])
