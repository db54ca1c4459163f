"""What containers tell of backups and projects: folders of the host that they write to, and who made them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ...model.evidence import ToolTask
from ...model.field import Field, Set, Source
from ...model.knowledge.tools import tool_of_container
from ...model.snapshot import ContainerFacts
from .endpoints import programs_of
from .projects import LabelledProject, made_by_compose

_ARCHIVES = frozenset("/archive /backup /backups /data/backups /repo /repository /srv/backup".split())
"""Where backup containers usually write."""
_NO_DATA = ("/proc", "/sys", "/dev", "/run", "/var/run", "/tmp", "/etc")


class Archive(NamedTuple):
    path: str
    tool: str
    does: ToolTask
    source: Source
    who: str


def archives(containers: Sequence[ContainerFacts]) -> Iterator[Archive]:
    """The host's folders that containers of backup tools write to."""
    for container in containers:
        if (told := _backup_tool(container)) is None:
            continue
        source = Source(f"GET /containers/{container.name}/json", "Mounts")
        for mount in _mounts(container):
            if mount.get("Destination") in _ARCHIVES and mount.get("Source"):
                yield Archive(str(mount["Source"]), *told, source, f"container/{container.name}")


def written_paths(containers: Sequence[ContainerFacts]) -> Iterator[str]:
    """The host's folders that containers write their data to, those of backup tools left out."""
    for container in containers:
        for mount in _mounts(container) if _backup_tool(container) is None else ():
            path = str(mount.get("Source", ""))
            bound = mount.get("Type") == "bind" and mount.get("RW") is True
            if bound and path.startswith("/") and not path.startswith(_NO_DATA):
                yield path


def made_by(containers: Sequence[ContainerFacts]) -> Mapping[LabelledProject, None]:
    """The Compose projects of the containers, each once."""
    found: dict[LabelledProject, None] = {}
    for container in containers:
        labels = _config(container).get("Labels")
        if isinstance(labels, dict) and (made := made_by_compose(labels)) is not None:
            found[made] = None
    return found


def _backup_tool(container: ContainerFacts) -> tuple[str, ToolTask] | None:
    told = tool_of_container(str(_config(container).get("Image", "")), programs_of(container))
    does = next((task for task in told[0].does if task in (ToolTask.BACKUP, ToolTask.DUMP)), None) if told else None
    return (told[0].name, does) if told and does else None


def _config(container: ContainerFacts) -> dict[str, Any]:
    config = _inspected(container.inspect).get("Config")
    return config if isinstance(config, dict) else {}


def _mounts(container: ContainerFacts) -> list[dict[str, Any]]:
    mounts = _inspected(container.inspect).get("Mounts")
    return [mount for mount in mounts if isinstance(mount, dict)] if isinstance(mounts, list) else []


def _inspected(field: Field[dict[str, Any]]) -> dict[str, Any]:
    return field.value if isinstance(field, Set) else {}
