"""The project of an object: of Compose, or a stack of Swarm."""

from __future__ import annotations

from typing import Any

_LABELS = ("com.docker.compose.project", "com.docker.stack.namespace")


def project_of(owner: Any) -> str:
    labels = owner.get("Labels") if isinstance(owner, dict) else None
    found = [labels[name] for name in _LABELS if name in labels] if isinstance(labels, dict) else []
    return found[0] if len(set(found)) == 1 and isinstance(found[0], str) else ""  # two of two projects: of none


__all__ = ["project_of"]
