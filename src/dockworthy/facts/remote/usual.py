"""What is asked of every host at once, before any reader has asked. Only speed depends on this list."""

from __future__ import annotations

from .capture import Question

USUAL: tuple[Question, ...] = ()


def usual_contents() -> list[bytes]:
    return []
