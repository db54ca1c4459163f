"""In which order the services of a project start: each behind those that it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import UsageError


def scope_of(services: Mapping[str, Any], wanted: Iterable[str]) -> tuple[str, ...]:
    """The wanted services and all that they depend on, dependencies first. Raises UsageError where one is missing."""
    order: dict[str, None] = {}
    for name in wanted:
        if name not in services:
            raise UsageError(f"the project has no service {name}", hint=f"it has {', '.join(sorted(services))}")
        _add(name, services, order, ())
    return tuple(order)


def dependencies(service: Mapping[str, Any]) -> tuple[str, ...]:
    """The services that one names: it starts after them, or shares their namespaces or volumes."""
    found = dict.fromkeys(service.get("depends_on") or ())
    found.update(dict.fromkeys(str(link).split(":")[0] for link in service.get("links") or ()))
    for entry in service.get("volumes_from") or ():
        if not str(entry).startswith("container:"):
            found[str(entry).split(":")[0]] = None
    for key in ("network_mode", "ipc", "pid"):
        kind, _, name = str(service.get(key) or "").partition(":")
        if kind == "service" and name:
            found[name] = None
    return tuple(found)


def _add(name: str, services: Mapping[str, Any], order: dict[str, None], above: tuple[str, ...]) -> None:
    if name in order or name in above:  # Compose itself refuses a circle
        return
    for needed in dependencies(services[name]):
        if needed in services:
            _add(needed, services, order, (*above, name))
    order[name] = None
