"""The plan of a backup from what is on the host now: `dockworthy backup --dry-run`."""

from __future__ import annotations

from collections.abc import Sequence

from ..engine.site import reach
from ..model.backup import BackupPlan
from ..model.backup_settings import BackupSettings
from .discovery import find_data
from .plan import plan_backup


async def read_plan(
    endpoint: str, scope: str, settings: BackupSettings, *, sudo: bool = False, notes: Sequence[str] = ()
) -> BackupPlan:
    """`scope`: a project, "" for the whole engine. Changes nothing. Raises EngineError, HostError, UsageError."""
    async with reach(endpoint, command="backup", sudo=sudo) as site:
        found = await find_data(site, scope)
    return plan_backup(settings, found, scope, notes=notes)
