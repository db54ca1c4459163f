"""What a container may cost the host beside its limits: health checks without a pause, memory for its files, and being
killed last when the host has no memory left."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from ...readers.api_object import ApiObject
from ..decision import Refusal, refused

LEAST_INTERVAL = 500_000_000
"""Nanoseconds between two health checks. The engine itself takes 1 ms; each check is a new process by way of it."""
_SIZE = re.compile(r"(?:\A|,)size=(\d{1,20})([kmgtpe%]?)(?=,|\Z)", re.IGNORECASE | re.ASCII)
_UNITS = " kmgtpe"


def refused_cost(container: ApiObject, host: ApiObject, memory: int) -> Iterator[Refusal]:
    """`container` holds the health check and `host` the rest: of a service both are its ContainerSpec. `memory`: what
    this host has, in bytes."""
    for key in ("Interval", "StartInterval"):
        every = container.at("Healthcheck", key).data
        if isinstance(every, int) and 0 < every < LEAST_INTERVAL:
            yield refused(
                "guard/health-check",
                "Health checks leave the engine time for others",
                f"Healthcheck.{key} is {every / 1_000_000:g} ms, less than {LEAST_INTERVAL // 1_000_000} ms",
                "check every second, or every 30 seconds, which is the engine's own",
            )
    score = host.at("OomScoreAdj").data
    if isinstance(score, int) and score < 0:
        yield refused(
            "guard/oom-kill",
            "Containers are killed for memory before what the host itself runs",
            f"OomScoreAdj is {score}",
            "leave --oom-score-adj out, or give a number from 0 to 1000",
        )
    for where, size in _sizes(host, memory):
        if size > memory:
            yield refused(
                "guard/memory-files",
                "Files in memory are no larger than the host's memory",
                f"{where} may take {size} bytes, and this host has {memory}",
                "give it a smaller size, or a volume",
            )


def _sizes(host: ApiObject, memory: int) -> Iterator[tuple[str, int]]:
    shared = host.at("ShmSize").data
    if isinstance(shared, int):
        yield "/dev/shm", shared
    for path, options in host.at("Tmpfs").words().items():
        yield f"the tmpfs at {path}", size_of(options, memory)
    for item in host.items("Mounts"):
        size = item.at("TmpfsOptions", "SizeBytes").data
        if isinstance(size, int):
            yield f"the tmpfs at {item.word('Target')}", size
        written = item.words("VolumeOptions", "DriverConfig", "Options").get("o", "")
        yield f"the volume at {item.word('Target')}", size_of(written, memory)


def size_of(options: str, memory: int) -> int:
    """Of a tmpfs, from the options of its mount: `size=10m,mode=700`; the last counts. 0 where none is written."""
    found = _SIZE.findall(options)
    if not found:
        return 0
    number, unit = found[-1]
    return int(number) * memory // 100 if unit == "%" else int(number) * 1024 ** _UNITS.index(unit.lower() or " ")


def memory_of_host() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


__all__ = ["LEAST_INTERVAL", "memory_of_host", "refused_cost", "size_of"]
