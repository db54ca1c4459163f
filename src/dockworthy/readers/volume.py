"""Volumes of the engine. Source: Engine API v1.45, `GET /volumes`, `GET /system/df`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..model.engine import DataVolume
from ..model.field import Field, Set, Source, Unknown
from ..model.snapshot import EngineFacts
from .api_object import ApiObject

WHERE = "GET /volumes"
DISK_USE = "GET /system/df"

_ANONYMOUS_LABEL = "com.docker.volume.anonymous"
_ANONYMOUS_NAME = re.compile(r"[0-9a-f]{64}")
"""Engines before 23.0 gave anonymous volumes no label, only such a name."""


def read_volumes(facts: EngineFacts, users: Mapping[str, tuple[str, ...]]) -> tuple[DataVolume, ...]:
    """`users`: volume name -> names of the containers that mount it."""
    if not isinstance(facts.volumes, Set):
        return ()
    sizes = _sizes(facts.disk_usage)
    return tuple(_volume(ApiObject(volume, WHERE), sizes, users) for volume in facts.volumes.value)


def _volume(
    volume: ApiObject, sizes: dict[str, Field[int]] | Unknown, users: Mapping[str, tuple[str, ...]]
) -> DataVolume:
    name, labels = volume.word("Name"), volume.words("Labels")
    return DataVolume(
        name=name,
        driver=volume.word("Driver"),
        mountpoint=volume.word("Mountpoint"),
        source=Source(WHERE, name),
        options=volume.words("Options"),
        labels=labels,
        created=volume.word("CreatedAt"),
        anonymous=_ANONYMOUS_LABEL in labels or _ANONYMOUS_NAME.fullmatch(name) is not None,
        size=sizes if isinstance(sizes, Unknown) else sizes.get(name, _not_measured()),
        used_by=users.get(name, ()),
    )


def _sizes(disk_usage: Field[dict[str, Any]]) -> dict[str, Field[int]] | Unknown:
    """Volume name -> bytes. From API 1.52 on the list stands under `VolumeUsage.Items`."""
    if not isinstance(disk_usage, Set):
        return disk_usage if isinstance(disk_usage, Unknown) else _not_measured()
    usage = ApiObject(disk_usage.value, DISK_USE)
    listed = [*usage.items("Volumes"), *usage.items("VolumeUsage", "Items")]
    return {volume.word("Name"): _size(volume) for volume in listed}


def _size(volume: ApiObject) -> Field[int]:
    """-1 is the engine's word for "not measured" (a volume of another driver)."""
    size = volume.integer("UsageData", "Size")
    if isinstance(size, Set):
        return size if size.value >= 0 else _not_measured()
    return size if isinstance(size, Unknown) else _not_measured()


def _not_measured() -> Unknown:
    return Unknown(
        "the engine did not measure the volume", tell="docker system df -v", source=Source(DISK_USE, "Volumes")
    )
