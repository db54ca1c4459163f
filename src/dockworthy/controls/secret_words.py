"""Which variables and arguments hold a secret: by the mark that redaction left, else by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..model.pattern import lazy_pattern
from ..model.secret_names import is_secret

_REDACTED = lazy_pattern(r"hash:[0-9a-f]{16}")
"""Stands where a secret stood when the facts were read."""

_IN_ADDRESS = lazy_pattern(r"://[^\s/:@]*:(?!\$)[^\s/@]+@")


def secret_variables(environment: Mapping[str, str]) -> list[str]:
    """Their names alone, in order."""
    return sorted(name for name, value in environment.items() if _holds_secret(name, value))


def _holds_secret(name: str, value: str) -> bool:
    if _REDACTED.search(value) or _IN_ADDRESS.search(value):
        return True
    return is_secret(name, value)


def has_secret_argument(arguments: Iterable[str]) -> bool:
    return any(_REDACTED.search(argument) or _IN_ADDRESS.search(argument) for argument in arguments)
