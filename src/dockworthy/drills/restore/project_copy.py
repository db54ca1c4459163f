"""A copy of a project that is cut off from the world, with fresh volumes for restored data. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct

from ...fix.verify.images import LocalImage
from ...fix.verify.owner import RunOwner
from ...fix.verify.scratch import cut_off
from ...fix.verify.stand_ins import StandIns
from ...model.backup import SavedData


class AsWritten(StandIns):
    """Nothing is stood in for: restored data knows the real passwords, and the copy reaches nobody."""

    def __init__(self) -> None:
        super().__init__(b"")

    def environment(self, variables: Mapping[str, str | None]) -> dict[str, str | None]:
        return dict(variables)

    def arguments(self, arguments: Any) -> Any:
        return arguments


class ProjectCopy(Struct, frozen=True, kw_only=True):
    """`config`: for Compose. `volumes`: name of a data set -> the engine's name of the volume that gets its data.
    `databases`: name of a data set -> the service whose container is its database. `order`: the services, each behind
    those that it depends on. `notes`: what the copy lacks, as sentences."""

    config: dict[str, Any]
    volumes: dict[str, str]
    databases: dict[str, str]
    order: tuple[str, ...]
    notes: tuple[str, ...]


def copy_of(
    rendered: Mapping[str, Any],
    images: Mapping[str, LocalImage],
    owner: RunOwner,
    saved: Collection[SavedData],
    *,
    without: Collection[str] = (),
) -> ProjectCopy:
    """`rendered`: the project in Compose's own JSON. `without`: services that the copy has no use for, as jobs."""
    scope = [name for name in rendered["services"] if name in images and name not in without]
    scratch = cut_off(rendered, scope, images, owner, AsWritten())
    config = {**scratch.config}
    for part in ("secrets", "configs"):
        if rendered.get(part):
            config[part] = {name: dict(each) for name, each in rendered[part].items() if not each.get("external")}
    for bind in scratch.binds:  # files beside the project: as they are, and never written to
        config["services"][bind.service]["volumes"][bind.index]["read_only"] = True
    names = {key: str(each.get("name") or key) for key, each in (rendered.get("volumes") or {}).items() if each}
    names |= {key: f"{rendered.get('name', '')}_{key}" for key in rendered.get("volumes") or {} if key not in names}
    volumes: dict[str, str] = {}
    databases: dict[str, str] = {}
    for number, data in enumerate(each for each in saved if "dump" not in each.snapshots):
        key = f"restored-{number}"  # a path can't name a volume
        for service in scope:
            for mount in config["services"][service]["volumes"]:
                if not _is_of(data, mount, names):
                    continue
                fresh = f"{owner.project}_{key}"
                mount |= {"type": "volume", "source": key, "read_only": bool(mount.get("read_only"))}
                mount.pop("volume", None)
                config.setdefault("volumes", {})[key] = {"name": fresh, "external": True}
                volumes[data.name] = fresh
                if "globals" in data.snapshots and not mount["read_only"]:
                    databases.setdefault(data.name, service)
    return ProjectCopy(
        config=config,
        volumes=volumes,
        databases=databases,
        order=tuple(_in_order(rendered["services"], scope)),
        notes=scratch.notes,
    )


def _is_of(data: SavedData, mount: Mapping[str, Any], names: Mapping[str, str]) -> bool:
    """Does it show the data set: by the volume's name, or by the folder of the host?"""
    source = str(mount.get("source") or "")
    if mount["type"] == "volume":
        return bool(data.volume) and names.get(source, source) == data.volume
    return mount["type"] == "bind" and not data.volume and source == data.path


def _in_order(services: Mapping[str, Any], scope: Collection[str]) -> list[str]:
    found: list[str] = []

    def add(name: str, above: tuple[str, ...]) -> None:
        if name in found or name not in scope or name in above:
            return
        for other in services[name].get("depends_on") or {}:
            add(str(other), (*above, name))
        found.append(name)

    for name in scope:
        add(name, ())
    return found
