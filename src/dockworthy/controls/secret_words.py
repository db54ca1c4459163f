"""Which variables and arguments hold a secret: by the mark that redaction left, else by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..model.pattern import lazy_pattern

_REDACTED = lazy_pattern(r"hash:[0-9a-f]{16}")
"""Stands where a secret stood when the facts were read."""

_NAMED = lazy_pattern(
    r"(?:password|passwd|passphrase|secret|credential)|(?:^|_)(?:pass|pwd|token|api_?key|access_?key|private_?key)(?:_|$)",
    re.IGNORECASE,
)
_SPEAKS_ABOUT = lazy_pattern(
    r"_(?:file|path|dir|name|id|user|username|url|host|ttl|expiry|lifetime|length|policy|header|type|algorithm|scheme|enabled)$",
    re.IGNORECASE,
)
_NO_VALUE = lazy_pattern(
    r"(?:true|false|yes|no|on|off|none|null|)\Z|\$[({A-Za-z_]|/(?:var/)?run/secrets/", re.IGNORECASE
)
_IN_ADDRESS = lazy_pattern(r"://[^\s/:@]*:[^\s/@]+@")


def secret_variables(environment: Mapping[str, str]) -> list[str]:
    """Their names alone, in order."""
    return sorted(name for name, value in environment.items() if _holds_secret(name, value))


def _holds_secret(name: str, value: str) -> bool:
    if _REDACTED.search(value) or _IN_ADDRESS.search(value):
        return True
    return bool(_NAMED.search(name)) and not _SPEAKS_ABOUT.search(name) and not _NO_VALUE.match(value)


def has_secret_argument(arguments: Iterable[str]) -> bool:
    return any(_REDACTED.search(argument) or _IN_ADDRESS.search(argument) for argument in arguments)
