"""Which data sets of a restore come back to a moment, and by what: what the repository has of their logs, and what of
them is still on this host alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import structs

from ..engine.site import Site
from ..errors import DockworthyError, UsageError
from ..model.backup import BackupRun, DataKind, DataSet
from ..model.moments import read_moment
from ..model.saying import Say
from .log_needs import look_for_way
from .log_reach import LATEST, LogReach, Recovery, reaches_of, recovery_at
from .log_receiver import LogReceiver
from .log_saving import save_logs
from .recognising import server_of
from .repository import Repository


class RestoredLogs:
    """Of the data sets `there`, of the project `scope`."""

    def __init__(
        self,
        site: Site,
        repository: Repository,
        scope: str,
        there: Sequence[DataSet],
        *,
        say: Say,
    ) -> None:
        self._site = site
        self._repository = repository
        self._scope = scope
        self._there = there
        self._say = say

    async def recoveries(
        self, runs: Sequence[BackupRun], wanted: Sequence[str], at: str
    ) -> dict[tuple[str, str], Recovery]:
        """(project, name) -> its recovery, where `at` is a moment or LATEST: of those that were saved with their log.
        What is received now and saved nowhere yet counts: it will be. Raises UsageError for what can't be reached."""
        if at != LATEST and read_moment(at) is None:
            return {}
        found = {}
        snapshots = await self._repository.snapshots()
        for project, name in _with_log(runs, wanted):
            reaches = reaches_of(runs, snapshots, project, name)
            if reaches:
                found[project, name] = recovery_at(await self._with_now(reaches, project, name), at, name)
        if at == LATEST and not found:
            raise UsageError(f"--at {LATEST}: no data here was saved with its log", hint="dockworthy backup list")
        return found

    async def saved_recoveries(
        self, runs: Sequence[BackupRun], wanted: Sequence[str], at: str
    ) -> dict[tuple[str, str], Recovery]:
        """The same, when what was received until now has been saved. Where its server is gone, that is what there is.
        Raises UsageError, HostError."""
        names = {*_with_log(runs, wanted)}
        received = [each for each in self._there if (each.project, each.name) in names]
        try:
            await save_logs(self._site, self._repository, received, self._scope, say=self._say)
        except DockworthyError as error:
            self._say(f"{error.says}; so what was saved of its log until now counts")
        snapshots = await self._repository.snapshots()
        return {
            (project, name): recovery_at(reaches_of(runs, snapshots, project, name), at, name)
            for project, name in names
            if reaches_of(runs, snapshots, project, name)
        }

    async def _with_now(self, reaches: list[LogReach], project: str, name: str) -> list[LogReach]:
        """With the log that goes on now until this moment."""
        data = next((each for each in self._there if (each.project, each.name) == (project, name)), None)
        writer = server_of(data, (DataKind.POSTGRESQL,)) if data is not None else None
        if data is None or writer is None:
            return reaches
        try:
            way, _ = await look_for_way(self._site, data, writer)
            chain = await LogReceiver(self._site, data, writer, way).goes_on()
        except DockworthyError:
            return reaches
        if chain is None:
            return reaches
        now = datetime.now(UTC)
        return [
            structs.replace(each, until=max(each.until, now)) if each.log.chain == chain.name else each
            for each in reaches
        ]


def _with_log(runs: Sequence[BackupRun], wanted: Sequence[str]) -> list[tuple[str, str]]:
    found = {
        (saved.project, saved.name): None
        for run in runs
        for saved in run.data
        if saved.log is not None and (not wanted or saved.name in wanted)
    }
    return list(found)
