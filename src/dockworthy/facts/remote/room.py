"""The room on a file system, as programs on the host tell it."""

from __future__ import annotations

from collections.abc import Callable

from ..host.root import Room


def _of_stat(told: bytes) -> Room:
    block, blocks, free, inodes, inodes_free = (int(word) for word in told.split())
    return Room(block, blocks, free, inodes, inodes_free)


def _of_df(told: bytes) -> Room:
    """POSIX: a heading, then `name 1024-blocks used available capacity% place`; a name may hold spaces."""
    words = told.splitlines()[1].rpartition(b"%")[0].split()
    return Room(1024, int(words[-4]), int(words[-2]), 0, 0)


ROOM: tuple[tuple[tuple[str, ...], Callable[[bytes], Room]], ...] = (
    (("stat", "-f", "-c", "%S %b %a %c %d", "--"), _of_stat),
    (("df", "-Pk", "--"), _of_df),
)
"""Command, to be followed by a path, and what its answer means. The later ones are for hosts without the first."""
