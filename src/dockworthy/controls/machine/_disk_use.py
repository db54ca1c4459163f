"""What could be cleaned up, from `GET /system/df` of old engines (lists) and of API 1.52 and later (sums)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_Counts = Callable[[dict[str, Any]], int]


def reclaimable(usage: dict[str, Any]) -> dict[str, int]:
    """What -> bytes. Volumes are left out on purpose: they are data."""
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
