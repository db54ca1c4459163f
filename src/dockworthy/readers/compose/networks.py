"""The networks that a service joins: their names, and how they are made, where the file says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ...model.field import Field, Set, Unknown, Unset
from ...model.workload import NetworkUse
from .entry import ComposeEntry, field_of, listed_as_mapping
from .mounts import MountScope

_DEFAULT: Final = "default"
"""The project's own network, for a service that names none."""
_SAYS_HOW: Final = ("driver", "driver_opts")


def read_networks(service: ComposeEntry, scope: MountScope) -> Field[tuple[str, ...]]:
    """The engine's names; Unset where the service takes the network of something else."""
    nowhere = Unset(service.key)
    if service.get("network_mode") is not None:
        return nowhere
    written = _written(service)
    if written is None:
        own = scope.declared("networks", _DEFAULT)
        return Set((scope.network_name(_DEFAULT),), service.key if own is None else own.source)
    gap = next((gap for name in written.mapping() if (gap := scope.gap_of_network(name))), None)
    return gap or field_of(written, nowhere, lambda entry: _names(entry, scope))


def read_network_uses(service: ComposeEntry, scope: MountScope) -> tuple[NetworkUse, ...]:
    """Those that can be told; `gap_of_network_uses` is the rest. An external one is made elsewhere."""
    return tuple(
        NetworkUse(
            name=scope.network_name(name),
            driver="" if declared is None else declared.word("driver"),
            options=_options(declared),
            endpoint_options=_options(use),
            declared_at=next(part.source for part in (declared, use, service) if part is not None),
        )
        for name, use, declared in _joined(service, scope)
        if not any(_gaps(use, declared))
    )


def gap_of_network_uses(service: ComposeEntry, scope: MountScope) -> Unknown | None:
    """A variable without a value in a network's name, in a driver or in its options."""
    return next((gap for _, use, declared in _joined(service, scope) for gap in _gaps(use, declared)), None)


def _written(service: ComposeEntry) -> ComposeEntry | None:
    """By their names in the file; None where there are none: for Compose an empty list is as good as no list."""
    found = service.get("networks")
    listed = None if found is None else listed_as_mapping(found)
    return listed if listed is not None and listed.mapping() else None


def _names(networks: ComposeEntry, scope: MountScope) -> tuple[str, ...]:
    """The highest `priority` first, then by name: the first is the one that Compose creates the container in."""
    listed = networks.mapping()
    return tuple(scope.network_name(name) for name in sorted(listed, key=lambda name: (-_priority(listed[name]), name)))


def _priority(network: ComposeEntry) -> int:
    written = network.get("priority") if network.is_mapping else None
    return 0 if written is None else written.integer()


def _joined(service: ComposeEntry, scope: MountScope) -> Iterator[tuple[str, ComposeEntry | None, ComposeEntry | None]]:
    """By their names in the file: what the service says of its use, and what the whole project says of the network."""
    if service.get("network_mode") is not None:
        return
    written = _written(service)
    uses: Mapping[str, ComposeEntry | None] = {_DEFAULT: None} if written is None else written.mapping()
    for name, use in uses.items():
        yield name, use, scope.declared("networks", name)


def _gaps(use: ComposeEntry | None, declared: ComposeEntry | None) -> Iterator[Unknown]:
    parts = [] if declared is None else [declared.get(key) for key in _SAYS_HOW]
    parts.append(use.get("driver_opts") if use is not None and use.is_mapping else use)
    yield from (part.gap for part in parts if part is not None and part.gap is not None)


def _options(part: ComposeEntry | None) -> tuple[tuple[str, str], ...]:
    found = part.get("driver_opts") if part is not None and part.is_mapping else None
    return () if found is None else tuple((name, value.text()) for name, value in found.mapping().items())
