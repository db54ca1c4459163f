"""A sentence that is the same of several services is said once, and lists them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import TypeVar

from ..model.counts import number_of
from .sheet import Sheet

T = TypeVar("T")


def alike(items: Iterable[T], said: Callable[[T], Hashable]) -> list[list[T]]:
    """Those that say the same together, where the first of them stood."""
    found: dict[Hashable, list[T]] = {}
    for item in items:
        found.setdefault(said(item), []).append(item)
    return list(found.values())


def listed_once(notes: Iterable[str], services: Collection[str]) -> list[str]:
    """`db: no limit` and `cache: no limit` as `db, cache: no limit`; what is of no service stays as it is."""
    of_services = alike(notes, lambda note: _without_service(note, services))
    return [_joined(same, services) for same in of_services]


def _without_service(note: str, services: Collection[str]) -> tuple[bool, str]:
    name, colon, says = note.partition(": ")
    return (True, says) if colon and name in services else (False, note)


def _joined(same: Sequence[str], services: Collection[str]) -> str:
    of_service, says = _without_service(same[0], services)
    names = dict.fromkeys(note.partition(": ")[0] for note in same)
    return f"{', '.join(names)}: {says}" if of_service else same[0]


def write_once(sheet: Sheet, services: Sequence[str], says: str, *, column: int) -> None:
    """`web   drops all capabilities`; of several `3 services   drops all capabilities: web, worker, beat`."""
    names = list(dict.fromkeys(services))
    if len(names) == 1:
        sheet.entry(names[0], says, indent=4, column=column)
    else:
        sheet.entry(number_of(len(names), "service"), f"{says}: {', '.join(names)}", indent=4, column=column)
