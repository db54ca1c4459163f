"""Disk use of the engine, asked type by type: volumes are measured file by file, and must not hold up the rest."""

from __future__ import annotations

import asyncio
from typing import Any

from ..errors import EngineError, EngineTimeout
from ..model.dialect import Version
from ..model.field import Set, Source, Unknown
from .asking import Asking, unknown

_SECONDS = 2.0
_TYPES_SINCE = Version(1, 42)
"""Older engines know no types: one question for all."""

_KEPT: dict[str, tuple[str, ...]] = {
    "Images": ("Id", "Size", "SharedSize", "Containers"),
    "Containers": ("Id", "SizeRw", "SizeRootFs"),
    "Volumes": ("Name", "UsageData"),
    "BuildCache": ("ID", "Type", "Size", "InUse", "Shared", "CreatedAt", "LastUsedAt", "UsageCount"),
}
"""What only this answer tells; all else about these objects is read where they are inspected."""

_QUERIES = {"image": ("LayersSize", "Images"), "container": ("Containers",), "volume": ("Volumes",)}
_QUERIES["build-cache"] = ("BuilderSize", "BuildCache")

SOURCE = Source("GET /system/df")


async def read_disk_usage(asking: Asking) -> tuple[Set[dict[str, Any]] | Unknown, dict[str, Unknown]]:
    """What the engine's parts take, in bytes, by the API's own keys; and the parts that it did not tell in time.

    `LayersSize`, `Images`, `Containers`, `Volumes`, `BuildCache`: a part that could not be read is absent.
    """
    until = asyncio.get_running_loop().time() + _SECONDS
    queries = _QUERIES if asking.connection.api >= _TYPES_SINCE else {"": ("LayersSize", *_KEPT)}
    answers = await asyncio.gather(*(_part(asking, kind, until) for kind in queries))
    usage: dict[str, Any] = {}
    unread: dict[str, Unknown] = {}
    for keys, answer in zip(queries.values(), answers, strict=True):
        if isinstance(answer, Unknown):
            unread |= {f"disk_usage.{key}": answer for key in keys if key in _KEPT}
        else:
            usage |= {key: _kept(key, answer[key]) for key in keys if answer.get(key) is not None}
            usage |= {key: [] for key in keys if key in _KEPT and answer.get(key) is None}
    if not usage and unread:
        return next(iter(unread.values())), {}
    return Set(usage, SOURCE), unread


async def _part(asking: Asking, kind: str, until: float) -> dict[str, Any] | Unknown:
    try:
        answer = await asking.connection.get(f"/system/df?type={kind}" if kind else "/system/df", until=until)
    except EngineTimeout:
        what = f"{kind}s take" if kind in ("image", "container", "volume") else "its parts take"
        late = f"the engine took longer than {_SECONDS:.0f} s to measure how much room {what}"
        return Unknown(late, tell="docker system df -v", source=SOURCE)
    except EngineError as error:
        return unknown(error, SOURCE)
    if not isinstance(answer, dict):
        return Unknown("what the engine answered to GET /system/df is not what its API says", source=SOURCE)
    return answer


def _kept(key: str, value: Any) -> Any:
    if key not in _KEPT:
        return value
    items = value if isinstance(value, list) else []
    return [{name: item[name] for name in _KEPT[key] if name in item} for item in items if isinstance(item, dict)]
