"""In which order services come: what others depend on comes first. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ...errors import UsageError


def in_order(spec: Mapping[str, Any], services: Iterable[str], before: Collection[str] = ()) -> tuple[str, ...]:
    """The services so that each follows those that it depends on; else by name.

    `before`: jobs that everything waits for, but for what they depend on themselves: a migration needs its database.
    Raises UsageError where they depend on each other in a circle.
    """
    chosen = sorted({*services, *before})
    needed = {name for job in before for name in _needs(spec, job, set())}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name in chosen:
        waits_for = [other for other in _depends_on(spec["services"][name]) if other in chosen]
        if name not in needed and name not in before:
            waits_for += [job for job in before if job not in waits_for]
        sorter.add(name, *waits_for)
    try:
        sorter.prepare()
    except CycleError as error:
        raise UsageError(f"services depend on each other in a circle: {' -> '.join(error.args[1])}") from None
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += ready
        sorter.done(*ready)
    return tuple(ordered)


def _needs(spec: Mapping[str, Any], name: str, seen: set[str]) -> Iterator[str]:
    """All that it depends on, at however many removes."""
    for other in _depends_on(spec["services"].get(name) or {}):
        if other not in seen:
            seen.add(other)
            yield other
            yield from _needs(spec, other, seen)


def _depends_on(service: Mapping[str, Any]) -> Iterable[str]:
    yield from sorted(service.get("depends_on") or {})
    mode = str(service.get("network_mode") or "")
    if mode.startswith("service:"):
        yield mode.removeprefix("service:")
