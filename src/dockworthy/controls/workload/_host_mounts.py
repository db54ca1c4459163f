"""The mounts of a unit that open something of the host, by how bad that is."""

from __future__ import annotations

from ...model.levels import Level
from ...model.workload import Unit
from ._graded import GradedFault
from ._host_exposure import exposure
from ._host_paths import described


def faults_at(level: Level, unit: Unit) -> list[GradedFault]:
    """Those whose worst stands at `level`: each mount is a fault of one control only."""
    seen = [(m, exposure(m, unit.engine_paths)) for container in unit.containers for m in container.mounts]
    return [
        GradedFault(f"{described(mount)}: {opens.gives}", mount.declared_at, opens.severity)
        for mount, opens in seen
        if opens is not None and opens.level is level
    ]
