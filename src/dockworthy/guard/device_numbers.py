"""Which numbers the devices of this host have: a rule of the device cgroup speaks of numbers, a policy of paths."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

_KINDS = {stat.S_IFCHR: "c", stat.S_IFBLK: "b"}


def device_numbers(path: str) -> frozenset[tuple[str, int, int]]:
    """Links are followed, as the engine does; a folder (`/dev/snd`) stands for every device in it. None where there is
    no device: it may come later, and then it counts."""
    return frozenset(_numbers(path))


def _numbers(path: str) -> Iterator[tuple[str, int, int]]:
    try:
        found = os.stat(path)
        if stat.S_ISDIR(found.st_mode):
            for entry in os.scandir(path):
                if not entry.is_dir():
                    yield from _numbers(entry.path)
            return
    except OSError:
        return
    kind = _KINDS.get(stat.S_IFMT(found.st_mode))
    if kind is not None:
        yield kind, os.major(found.st_rdev), os.minor(found.st_rdev)


__all__ = ["device_numbers"]
