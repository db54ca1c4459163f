"""What a backup run saved less of than the one before: a dump that came out half empty is noticed on the day it is
made, and before an older one is removed because of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ..model.backup import BackupRun, SavedData

_SMALL = 1_000_000
"""Bytes: below that half of it is no sign of anything."""


def shrunk(before: BackupRun | None, now: BackupRun, *, accepted: Collection[str] = ()) -> tuple[str, ...]:
    """As sentences. `before`: the newest run of the same scope about which there was no doubt; `accepted`: names of
    data sets of which less is meant."""
    if before is None:
        return ()
    found = {(each.project, each.name): each for each in now.data}
    said: list[str] = []
    for earlier in before.data:
        if earlier.name in accepted:
            continue
        later = found.get((earlier.project, earlier.name))
        if later is None:
            if earlier.name not in now.skipped:
                said.append(f"{earlier.name} was saved on {before.taken[:10]}, and is not there any more")
            continue
        if earlier.bytes > _SMALL and later.bytes * 2 < earlier.bytes:
            said.append(f"{earlier.name} has {later.bytes:,} bytes, and had {earlier.bytes:,} on {before.taken[:10]}")
        said += (f"{earlier.name}: {says}" for says in _gone(earlier, later, before.taken[:10]))
    return tuple(said)


def damaged(before: BackupRun | None, now: BackupRun, *, accepted: Collection[str] = ()) -> tuple[str, ...]:
    """Databases that came out damaged, as sentences: they were saved as they are. What the run before had, and nobody
    doubted, is said no more."""
    known = {(each.project, each.name): each for each in (before.data if before is not None else ())}
    said = []
    for data in now.data:
        earlier = known.get((data.project, data.name))
        for database, holds in data.expected.get("databases", {}).items():
            was = earlier.expected.get("databases", {}).get(database, {}) if earlier is not None else {}
            damage = holds.get("damage", "")
            if damage and damage != was.get("damage") and data.name not in accepted:
                said.append(f"{data.name}: the database {database} is damaged: {damage}")
    return tuple(said)


def _gone(earlier: SavedData, later: SavedData, day: str) -> Iterator[str]:
    """Databases, and tables of them."""
    now: Mapping[str, Any] = later.expected.get("databases", {})
    for database, expected in earlier.expected.get("databases", {}).items():
        if database not in now:
            yield f"the database {database} was there on {day}, and is not any more"
            continue
        tables = expected.get("tables", {}).keys() - now[database].get("tables", {}).keys()
        for table in sorted(tables):
            yield f"the table {table} of {database} was there on {day}, and is not any more"
