"""What the lost host's edge had of the project."""

from __future__ import annotations

from ..backup.repository import Repository
from ..engine.site import Site
from ..model.backup import BackupRun
from .lost_project import LostProject


async def bring_edge(site: Site, store: Repository, run: BackupRun, lost: LostProject) -> None:
    return
