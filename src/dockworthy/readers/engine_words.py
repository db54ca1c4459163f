"""How the engine says "none" and names capabilities and ulimits: inspect, request, service, Compose file alike."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.field import Field, Set, Unset


def above_zero(field: Field[int]) -> Field[int]:
    """0, and for processes -1, is "no limit"."""
    return Unset(field.source) if isinstance(field, Set) and field.value <= 0 else field


def unless_zero(field: Field[int]) -> Field[int]:
    """0 is "not said", -1 is "unlimited" (swap)."""
    return Unset(field.source) if isinstance(field, Set) and field.value == 0 else field


def unless_empty(field: Field[str]) -> Field[str]:
    return Unset(field.source) if isinstance(field, Set) and not field.value else field


def capability_names(names: Iterable[str]) -> tuple[str, ...]:
    """The engine takes names in any case, with `CAP_` or without."""
    return tuple(name.upper().removeprefix("CAP_") for name in names)


def capabilities(field: Field[tuple[str, ...]]) -> Field[tuple[str, ...]]:
    return Set(capability_names(field.value), field.source) if isinstance(field, Set) else field


def ulimit_name(name: str) -> str:
    """The engine takes names in any case: it asks the kernel for RLIMIT_ and the name in capital letters, as Go and
    Python write them (`nıce` is NICE). Source: Engine 26.1, daemon/oci_linux.go, WithRlimits."""
    return name.upper().lower()
