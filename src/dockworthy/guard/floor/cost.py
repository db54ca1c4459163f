"""What a container may cost the host beside its limits: health checks without a pause, memory for its files, programs
that pass its ports on, and the time for which an engine that ends waits for it."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...readers.api_object import ApiObject
from ..bounds import check_bounds, check_kept
from ..decision import Refusal, refused
from ..request import TooMuch
from .engine_crash import refused_empty_check

LEAST_INTERVAL = 500_000_000
"""Nanoseconds between two health checks. The engine itself takes 1 ms; each check is a new process by way of it."""
MOST_PUBLISHED = 256
"""Ports of the host. For each one the engine starts two programs of 1.5 MB, and writes rules of the packet filter one
after the other, while nobody else is answered: 1,000 ports took 2.9 GB and, on two cores, 204 s to start."""
MOST_TO_STOP = 3600
"""Seconds that a container may take to stop. An engine that ends answers nobody, and waits for the longest."""
_LIMITS = ("size", "nr_blocks")
"""Options of a tmpfs that say how much it takes; of several the last counts. Source: mm/shmem.c."""
_NUMBER = re.compile(r"([1-9]\d{0,19})([kmgtpe%]?)", re.IGNORECASE | re.ASCII)
_SECONDS = re.compile(r"\d{1,9}", re.ASCII)
_UNITS = " kmgtpe"


def refused_cost(
    container: ApiObject, host: ApiObject, memory: int, image: Mapping[str, Any] | None = None
) -> Iterator[Refusal]:
    """`container` holds the health check and `host` the rest: of a service both are its ContainerSpec. `memory`: what
    this host has, in bytes; `image`: as the engine inspects it, where it is here."""
    yield from refused_health_check(container.at("Healthcheck").data, image)
    yield from refused_empty_check(container.at("Healthcheck").data, image)
    yield from refused_time_to_stop(container, image)
    yield from _refused_image(container, image)
    yield from refused_ports(_published(container, host, image))
    for where, size in _sizes(host, memory):
        yield from _refused_size(where, size, memory)


def refused_health_check(check: Any, image: Mapping[str, Any] | None = None) -> Iterator[Refusal]:
    """The engine takes from the image what a container's own check leaves out."""
    own = check if isinstance(check, dict) else {}
    brought = _config_of(image).get("Healthcheck") or {}
    if (own.get("Test") or brought.get("Test") or ("",))[0] == "NONE":
        return
    for key in ("Interval", "StartInterval"):
        every, whose = own.get(key), "Healthcheck"
        if not every:
            every, whose = brought.get(key), "the image's HEALTHCHECK:"
        if isinstance(every, int) and 0 < every < LEAST_INTERVAL:
            yield refused(
                "guard/health-check",
                "Health checks leave the engine time for others",
                f"{whose}{'.' if whose == 'Healthcheck' else ' '}{key} is {every / 1_000_000:g} ms, less than "
                f"{LEAST_INTERVAL // 1_000_000} ms",
                "check every second, or every 30 seconds, which is the engine's own"
                + (" (--health-interval)" if whose != "Healthcheck" else ""),
            )


def refused_time_to_stop(container: ApiObject, image: Mapping[str, Any] | None = None) -> Iterator[Refusal]:
    """`container`: a request, the Config of one that is there, or a ContainerSpec, which counts in nanoseconds. The
    engine takes the image's where a container says nothing."""
    own, grace = container.at("StopTimeout").data, container.at("StopGracePeriod").data
    if isinstance(grace, int):
        yield from _refused_stop("StopGracePeriod", grace / 1_000_000_000)
    if isinstance(own, int):
        yield from _refused_stop("StopTimeout", own)
    elif grace is None:
        brought = _config_of(image).get("StopTimeout")
        yield from _refused_stop("the image's StopTimeout", brought) if isinstance(brought, int) else ()


def refused_stop_wait(written: str) -> Iterator[Refusal]:
    """`t` in the query of a stop or restart, in seconds; empty is the container's own."""
    if written and not (_SECONDS.fullmatch(written) and int(written) <= MOST_TO_STOP):
        yield _stops_in_time(f"t is {written[:20]!r}")


def _refused_stop(name: str, seconds: float) -> Iterator[Refusal]:
    if not 0 <= seconds <= MOST_TO_STOP:
        yield _stops_in_time(f"{name} is {seconds:g} s{'' if seconds >= 0 else ', which is without end'}")


def _stops_in_time(says: str) -> Refusal:
    return refused(
        "guard/stop-time",
        "Containers stop within an hour",
        f"{says}: an engine that ends or restarts waits as long, and answers nobody meanwhile",
        f"0 to {MOST_TO_STOP} seconds (stop_grace_period, --stop-timeout)",
    )


def _refused_image(container: ApiObject, image: Mapping[str, Any] | None) -> Iterator[Refusal]:
    """Its volumes, ports, variables and labels become the container's, as if it had asked for them."""
    config = _config_of(image)
    try:
        check_bounds(config)
        if config:
            check_kept(container.data, config)
    except TooMuch as much:
        yield refused(
            "guard/size",
            "A request asks for what can be judged in a moment",
            f"with its image, {much}",
            "build it with fewer of them",
        )


def _config_of(image: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What the image brings; nothing where it is not here."""
    return (image or {}).get("Config") or {}


def refused_ports(number: int) -> Iterator[Refusal]:
    """`number` of the host's ports that are published."""
    if number > MOST_PUBLISHED:
        yield refused(
            "guard/ports",
            "Ports of the host are published one by one",
            f"{number} are published, more than {MOST_PUBLISHED}: for each the engine starts programs on the host, "
            "outside of every limit, and answers nobody meanwhile",
            "publish those that are used; an admin may give a server of many ports the host's network",
        )


def _published(container: ApiObject, host: ApiObject, image: Mapping[str, Any] | None) -> int:
    """How many ports a HostConfig publishes: with `--publish-all` those that container and image expose, too."""
    bindings = host.at("PortBindings").data or {}
    number = sum(max(1, len(each or ())) for each in bindings.values())
    if host.at("PublishAllPorts").data is not True:
        return number
    brought = _config_of(image).get("ExposedPorts") or {}
    return number + len({*(container.at("ExposedPorts").data or {}), *brought} - set(bindings))


def refused_memory_volume(name: str, options: Mapping[str, str], memory: int) -> Iterator[Refusal]:
    """A volume by the options of the local driver."""
    if options.get("type") in ("tmpfs", "ramfs"):
        yield from _refused_size(f"volume {name}", size_of(options.get("o", ""), memory), memory)


def _refused_size(where: str, size: float, memory: int) -> Iterator[Refusal]:
    if size > memory:
        takes = f"{size:.0f} bytes" if math.isfinite(size) else "all there is, or its size can't be read"
        yield refused(
            "guard/memory-files",
            "Files in memory are no larger than the host's memory",
            f"{where} may take {takes}, and this host has {memory}",
            "give it a smaller size (size=64m), or a volume",
        )


def _sizes(host: ApiObject, memory: int) -> Iterator[tuple[str, float]]:
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


def size_of(options: str, memory: int) -> float:
    """Of a tmpfs, from the options of its mount: `size=10m,mode=700`; the last counts. 0 where none is written: then it
    takes half of the memory. Infinite where nothing limits it (`size=0`), and for what is no plain number: the kernel
    reads `0x…`, too."""
    named = [option.partition("=") for option in options.split(",")]
    written = [(name, value) for name, _, value in named if name.strip().lower() in _LIMITS]
    if not written:
        return 0
    name, value = written[-1]
    found = _NUMBER.fullmatch(value)
    if found is None or name not in _LIMITS:
        return math.inf
    number, unit = int(found[1]), found[2].lower()
    if unit == "%":
        return number * memory // 100 if name == "size" else math.inf
    size: int = number * 1024 ** _UNITS.index(unit or " ")
    return size if name == "size" else size * os.sysconf("SC_PAGE_SIZE")


def memory_of_host() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
