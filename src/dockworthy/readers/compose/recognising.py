"""Is a document a Compose file? Judged by its content, never by the file's name."""

from __future__ import annotations

import os
from typing import Final

from ..yaml_source import Value
from .keys import TOP_LEVEL

_TELLING: Final = ("image", "build", "extends", "provider")


def is_compose(document: Value) -> bool:
    """Is it written as a Compose file?"""
    if not document.is_mapping:
        return False
    keys = document.keys()
    services = document.get("services")
    if services is None:
        return "include" in keys and all(key in TOP_LEVEL or key.startswith("x-") for key in keys)
    return services.is_mapping


def looks_like_compose(document: Value) -> bool:
    """The same, sure enough for a file that nobody named: other programs have `services` and `include`, too."""
    if not is_compose(document):
        return False
    services = document.get("services")
    if services is None:
        return "compose" in os.path.basename(document.file)
    return any(service.is_mapping and set(_TELLING) & set(service.keys()) for _, service in services.entries())
