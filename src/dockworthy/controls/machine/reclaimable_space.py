"""Unused images, build cache and dead layers fill the disk on which the running containers write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...model.control import Control, Subject, cis, nist
from ...model.field import Set, Source, Unknown
from ...model.finding import Evidence, Judgement, Outcome, Remedy, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, not_seen, on_host
from ..sizes import GIGABYTE, in_words

_Counts = Callable[[dict[str, Any]], int]


def reclaimable(usage: dict[str, Any]) -> dict[str, int]:
    """What -> bytes, from `GET /system/df` of old engines (lists) and of API 1.52 and later (sums). Volumes are left out
    on purpose: they are data."""
    return {
        "of unused images": _sum(usage, "ImageUsage", "Images", _unused_image),
        "of build cache": _sum(usage, "BuildCacheUsage", "BuildCache", _unused_cache),
        "of stopped containers": _sum(usage, "ContainerUsage", "Containers", _stopped),
    }


def _sum(usage: dict[str, Any], total: str, items: str, size: _Counts) -> int:
    summed = usage.get(total)
    if isinstance(summed, dict) and "Reclaimable" in summed:
        return _number(summed["Reclaimable"])
    listed = usage.get(items)
    return sum(size(item) for item in listed if isinstance(item, dict)) if isinstance(listed, list) else 0


def _unused_image(image: dict[str, Any]) -> int:
    """Layers that it shares with another image stay. -1 in `Containers` is "not counted"."""
    if image.get("Containers") != 0:
        return 0
    return max(_number(image.get("Size")) - _number(image.get("SharedSize")), 0)


def _unused_cache(record: dict[str, Any]) -> int:
    return 0 if record.get("InUse") or record.get("Shared") else _number(record.get("Size"))


def _stopped(container: dict[str, Any]) -> int:
    return 0 if container.get("State") in ("running", "paused", "restarting") else _number(container.get("SizeRw"))


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


_DISK = {
    "path": "/var/lib/docker",
    "mount": "/",
    "fstype": "ext4",
    "own_filesystem": False,
    "inodes": 0,
    "inodes_free": 0,
}


def _room(size: int, free: int) -> dict[str, Any]:
    return on_host(storage={**_DISK, "size": size * GIGABYTE, "free": free * GIGABYTE})


def _cache(size: int) -> dict[str, Any]:
    cache = [{"InUse": False, "Shared": False, "Size": size * GIGABYTE}]
    return {
        "engine": {
            "disk_usage": {
                "is": "set",
                "value": {"BuildCache": cache, "Images": []},
                "source": {"where": "GET /system/df"},
            }
        }
    }


control = Control(
    id="machine/reclaimable-space",
    title="What nobody uses takes little of the disk",
    fault="What nobody uses takes much of the disk",
    rationale="Images of old versions, build cache and layers of stopped containers grow with every deploy until the disk "
    "is full and everything on it stops.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.cleanup",
    subject=Subject.MACHINE,
    references=(cis("1.6.0", "6.1"), cis("1.8.0", "6.1"), nist("4.1.1")),
    remedy=Remedy(
        "Clean up by a policy that keeps what a rollback needs. Never `--volumes`: that is data.",
        "images that were removed must be fetched or built again before they can be used",
        "docker image prune -a --filter until=720h; docker builder prune --filter until=168h",
    ),
    check_yourself="docker system df; df -h $(docker info -f '{{.DockerRootDir}}')",
    bad={"snapshot": [both(_cache(30), _room(100, 60)), both(_cache(15), _room(100, 10))]},
    good={"snapshot": [both(_cache(5), _room(100, 60)), both(_cache(0), on_host(storage=not_seen()))]},
    unclear={
        "snapshot": [
            both(_cache(30), on_host(storage=not_seen())),
            {"engine": {"disk_usage": {"is": "unknown", "reason": "not measured in time", "tell": "docker system df"}}},
        ]
    },
)

_MOST = 0.2
"""Of the file system: what a cleanup may leave behind for rollbacks and quick builds."""
_LITTLE = GIGABYTE
_WORTH_NAMING = 1_000_000


@control.judge
def reclaimable_space(machine: Machine) -> Judgement:
    usage = machine.engine.disk_usage
    if not isinstance(usage, Set):
        reason = usage.reason if isinstance(usage, Unknown) else "the engine does not tell its disk use"
        return unknown(reason, usage.source, tell="docker system df")
    parts = reclaimable(usage.value)
    total = sum(parts.values())
    words = (
        ", ".join(f"{in_words(size)} {what}" for what, size in parts.items() if size >= _WORTH_NAMING)
        or "hardly anything"
    )
    storage = machine.host.storage
    if total <= _LITTLE:
        return _says(Outcome.PASS, f"{words} could be cleaned up", usage.source)
    if not isinstance(storage, Set):
        reason = storage.reason if isinstance(storage, Unknown) else "the size of the disk is not known"
        return unknown(f"{words} could be cleaned up; {reason}", storage.source)
    disk = storage.value
    wrong = total > _MOST * disk.size or total > disk.free
    says = f"{words} could be cleaned up, of {in_words(disk.size)} with {in_words(disk.free)} free"
    return _says(Outcome.FAIL if wrong else Outcome.PASS, says, usage.source)


def _says(outcome: Outcome, says: str, source: Source) -> Judgement:
    return Judgement(outcome, (Evidence(says, source),))
