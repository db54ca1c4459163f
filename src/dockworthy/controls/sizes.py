"""Sizes in words."""

from __future__ import annotations

GIGABYTE = 1_000_000_000


def in_words(size: int) -> str:
    """Bytes as `3.2 GB` or `450 MB`; smaller ones as `0 MB` would say nothing, so they stay bytes."""
    if size >= GIGABYTE:
        return f"{size / GIGABYTE:.1f} GB"
    if size >= 1_000_000:
        return f"{size / 1_000_000:.0f} MB"
    return f"{size} bytes"
