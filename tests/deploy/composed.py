"""A project of Compose, in few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dockworthy.model.compose_project import ComposeProject


def composed(json: Mapping[str, Any] | None = None, **parts: Any) -> ComposeProject:
    """`composed(name="shop", services={"web": {...}})`; `json`: the same as one mapping."""
    return ComposeProject.from_json({**(json or {}), **parts})
