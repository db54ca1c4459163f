"""How the networks that a service joins are made, where the file says so."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.field import Unknown
from ...model.workload import NetworkUse
from .entry import ComposeEntry, listed_as_mapping
from .mounts import MountScope

_SAYS_HOW = ("driver", "driver_opts")


def read_network_uses(service: ComposeEntry, scope: MountScope) -> tuple[NetworkUse, ...]:
    """Those that can be told; `gap_of_network_uses` is the rest. An external one is made elsewhere."""
    return tuple(
        NetworkUse(
            name=scope.network_name(name),
            driver="" if declared is None else declared.word("driver"),
            options=_options(declared),
            endpoint_options=_options(use),
            declared_at=use.source if declared is None else declared.source,
        )
        for name, use, declared in _joined(service, scope)
        if not any(_gaps(use, declared))
    )


def gap_of_network_uses(service: ComposeEntry, scope: MountScope) -> Unknown | None:
    """A variable without a value in a driver or its options."""
    return next((gap for _, use, declared in _joined(service, scope) for gap in _gaps(use, declared)), None)


def _joined(service: ComposeEntry, scope: MountScope) -> Iterator[tuple[str, ComposeEntry, ComposeEntry | None]]:
    """By their names in the file: this service's part, and what the whole project says of it."""
    if service.get("network_mode") is not None:
        return
    written = service.get("networks")
    if written is None:
        yield "default", service, scope.declared("networks", "default")
        return
    if written.gap is None:
        for name, use in listed_as_mapping(written).mapping().items():
            yield name, use, scope.declared("networks", name)


def _gaps(use: ComposeEntry, declared: ComposeEntry | None) -> Iterator[Unknown]:
    parts = [] if declared is None else [declared.get(key) for key in _SAYS_HOW]
    parts += [use.get("driver_opts")] if use.is_mapping else []
    yield from (part.gap for part in parts if part is not None and part.gap is not None)


def _options(part: ComposeEntry | None) -> tuple[tuple[str, str], ...]:
    found = part.get("driver_opts") if part is not None and part.is_mapping else None
    return () if found is None else tuple((name, value.text()) for name, value in found.mapping().items())
