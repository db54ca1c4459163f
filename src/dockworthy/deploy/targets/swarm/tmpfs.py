"""The short form of a tmpfs, `/tmp:size=64m,mode=1777`: a swarm has words for its size, its mode and `ro` alone. Pure.

Source: the Compose Specification, services.tmpfs; Engine API reference v1.45, Mount.TmpfsOptions.
"""

from __future__ import annotations

import re
from typing import Any

from .amounts import size

_MODE = re.compile(r"[0-7]{1,4}")
_ALWAYS = ("noexec", "nosuid", "nodev")
"""What the engine gives each tmpfs of a task, and each tmpfs of a container for which nothing else is said."""


def tmpfs_mount(written: str) -> dict[str, Any]:
    """As a mount of a task. What no swarm is told (`tmpfs_faults`) is left out."""
    target, said = _parts(written)
    mount: dict[str, Any] = {"Type": "tmpfs", "Target": target}
    options: dict[str, int] = {}
    for key, value in said:
        if _fault(key, value):
            continue
        if key == "ro":
            mount["ReadOnly"] = True
        elif key == "size":
            options["SizeBytes"] = size(value)
        else:
            options["Mode"] = int(value, 8)
    return {**mount, "TmpfsOptions": options} if options else mount


def tmpfs_faults(written: str) -> list[tuple[str, str]]:
    """What a swarm can't be told of it, and the way round."""
    target, said = _parts(written)
    found = (_fault(key, value) for key, value in said)
    return [(f"tmpfs {target}: {fault[0]}", fault[1]) for fault in found if fault]


def _parts(written: str) -> tuple[str, list[tuple[str, str]]]:
    target, _, options = written.partition(":")
    pairs = (each.partition("=") for each in options.split(",") if each)
    return target, [(key, value) for key, _, value in pairs]


def _fault(key: str, value: str) -> tuple[str, str] | None:
    if key == "ro" and not value:
        return None
    if key == "mode":
        way = "write it in octal digits: `mode=1777`"
        return None if _MODE.fullmatch(value) else (f"{value or 'nothing'} is no mode", way)
    if key == "size":
        way = "write it in bytes, or with k, m or g: `size=64m`"
        return None if _is_size(value) else (f"a swarm can't be told the size {value or 'nothing'}", way)
    if key in _ALWAYS:
        return f"a swarm can't be told {key}", "leave it out: each tmpfs of a task has noexec, nosuid and nodev"
    way = "leave it out: a swarm has `size`, `mode` and `ro`"
    return f"a swarm can't be told {key}", way


def _is_size(value: str) -> bool:
    try:
        return size(value) > 0
    except ValueError:
        return False
