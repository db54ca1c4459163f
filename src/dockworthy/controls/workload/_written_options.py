"""Entries of `security_opt` as people write them: `seccomp:unconfined` and `seccomp=unconfined` are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...model.compose_fix import WrittenService, remove_entries
from ...model.fix import Change


def without_option(name: str, *values: str) -> Callable[[WrittenService], Iterable[Change]]:
    """Takes the option of that name away where it has one of the values."""

    def changes(written: WrittenService) -> Iterable[Change]:
        entries = [entry for entry in written.listed("security_opt") if parted(entry) in {(name, v) for v in values}]
        return remove_entries("security_opt", entries=entries)

    return changes


def parted(entry: str) -> tuple[str, str]:
    """Name and value, parted at the first `=`, or at the first `:` where there is none (as the engine does)."""
    name, _, value = entry.partition("=" if "=" in entry else ":")
    return name, value
