"""In which order services come: what others depend on comes first. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from ...errors import UsageError
from ...model.compose_project import ComposeProject


def in_order(spec: ComposeProject, services: Iterable[str], before: Collection[str] = ()) -> tuple[str, ...]:
    """The services so that each follows those that it depends on; else by name.

    `before`: jobs that everything waits for, but for what they depend on themselves: a migration needs its database.
    Raises UsageError where they depend on each other in a circle.
    """
    chosen, written = sorted({*services, *before}), spec.services
    needed = {name for job in before for name in _needs(spec, job, set())}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name in chosen:
        waits_for = [other for other in written[name].needs if other in chosen]
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


def _needs(spec: ComposeProject, name: str, seen: set[str]) -> Iterator[str]:
    """All that it depends on, at however many removes."""
    services = spec.services
    for other in services[name].needs if name in services else ():
        if other not in seen:
            seen.add(other)
            yield other
            yield from _needs(spec, other, seen)
