"""The mounts of a unit that open something of the host, by how bad that is."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.levels import Level
from ...model.volume_options import VolumeKind
from ...model.workload import Unit
from ._containers import Fault
from ._graded import GradedFault
from ._host_exposure import exposure
from ._host_paths import content_of, described
from ._platforms import ENGINES


def unclear_volumes(unit: Unit) -> Iterator[Fault]:
    """Volumes of which nothing tells what they show: of a driver that is not the engine's, with options that no one
    knows. Marathon's external volumes have providers of another kind."""
    for container in unit.containers:
        for mount in container.mounts:
            content = content_of(mount)
            at_engine = unit.dialect.platform in ENGINES or mount.options
            if content is not None and content.kind is VolumeKind.UNKNOWN and at_engine:
                yield Fault(f"volume {mount.source} at {mount.target}: {content.says} can't be seen", mount.declared_at)


def faults_at(level: Level, unit: Unit) -> list[GradedFault]:
    """Those whose worst stands at `level`: each mount is a fault of one control only."""
    seen = [(m, exposure(m, unit.engine_paths)) for container in unit.containers for m in container.mounts]
    return [
        GradedFault(f"{described(mount)}: {opens.gives}", mount.declared_at, opens.severity)
        for mount, opens in seen
        if opens is not None and opens.level is level
    ]
