"""Changes of a service, made in its rendered form: what the file will say, as Compose would render it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from ...model.fix import WHOLE_FILE, Change, How


def with_changes(service: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
    """A copy of the rendered service, changed. Values are taken over as they are."""
    changed = copy.deepcopy(dict(service))
    for change in changes:
        if change.service == WHOLE_FILE:  # a volume that is named there is one without a name in a trial
            continue
        _make(changed, change.path, change)
    if "volumes" in changed:
        changed["volumes"] = [_long_form(mount) for mount in changed["volumes"]]
    return changed


def _long_form(mount: Any) -> Any:
    """A path, or `name:path` of a volume that a trial has as one without a name: it goes with its container."""
    return {"type": "volume", "target": mount.rpartition(":")[2]} if isinstance(mount, str) else mount


def _make(place: dict[str, Any], path: tuple[str, ...], change: Change) -> None:
    key, *rest = path
    if rest:
        inner = place.get(key)
        if not isinstance(inner, dict):
            if change.how is How.REMOVE:
                return
            inner = place[key] = {}
        _make(inner, tuple(rest), change)
    elif change.how is How.REMOVE:
        _remove(place, key, change.value)
    elif change.how is How.ADD:
        place[key] = _added(place.get(key), change.value)
    else:
        place[key] = copy.deepcopy(change.value)


def _remove(place: dict[str, Any], key: str, entries: Any) -> None:
    """The key, or entries of its list."""
    if entries is None or not isinstance(place.get(key), list):
        place.pop(key, None)
        return
    gone = entries if isinstance(entries, list) else [entries]
    place[key] = [entry for entry in place[key] if entry not in gone]


def _added(old: Any, new: Any) -> Any:
    if isinstance(new, dict):
        return {**(old if isinstance(old, dict) else {}), **copy.deepcopy(new)}
    entries = new if isinstance(new, list) else [new]
    known = [] if old is None else list(old) if isinstance(old, list) else [old]
    return known + [entry for entry in entries if entry not in known]
