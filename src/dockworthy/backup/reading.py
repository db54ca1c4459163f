"""What repositories hold, and how the data stands by that: for `backup status`, `list`, `check`, and restores."""

from __future__ import annotations

import datetime
from collections.abc import Awaitable, Callable, Mapping, Sequence

from msgspec import Struct, structs

from ..engine.site import Site, reach
from ..errors import DockworthyError, HostError, UsageError
from ..model.backup import BackupRun, DataStanding
from ..model.backup_settings import BackupSettings
from ..model.counts import number_of
from ..model.drill_proof import DrillProof
from ..model.saying import Say
from .discovery import find_data
from .log_needs import with_log_needs
from .log_reach import LOG_PART
from .log_standing import log_standings
from .plan import plan_backup
from .repository import Repository, RepositorySnapshot
from .repository_place import place_for_restic
from .runs import opened, runs_in
from .standing import standing_of
from .target.words import must_refuse_removal, words_of_store


class BackupStanding(Struct, frozen=True):
    """`notes`: why a repository was not read, as sentences."""

    data: tuple[DataStanding, ...]
    notes: tuple[str, ...] = ()


class RunsFound(Struct, frozen=True, kw_only=True):
    """`place`: of the repository that was read; `notes`: why others were not."""

    place: str
    runs: tuple[BackupRun, ...]
    notes: tuple[str, ...] = ()


async def read_runs(
    endpoint: str,
    scope: str | None,
    settings: BackupSettings,
    *,
    place: str,
    sudo: bool,
    proven_of: Callable[[Site], Awaitable[Mapping[str, str]]],
) -> RunsFound:
    """All that can be restored, oldest first. `proven_of` tells the id of each backup that a drill restored, and when.
    Raises HostError, UsageError."""
    async with (
        reach(endpoint, command="backup list", sudo=sudo) as site,
        opened(site, settings, place) as (store, notes),
    ):
        proven = await proven_of(site)
        runs = [
            structs.replace(run, proven=proven.get(run.id, "")) for run in await runs_in(store, scope, say=notes.append)
        ]
        return RunsFound(place=store.shown, runs=tuple(runs), notes=tuple(notes))


async def read_standing(
    endpoint: str,
    scope: str,
    settings: BackupSettings,
    *,
    sudo: bool,
    proof_of: Callable[[Site], Awaitable[DrillProof | None]],
) -> BackupStanding:
    """How each data set stands. `proof_of` tells the proof of the last drill that restored them. Raises HostError,
    EngineError, UsageError."""
    async with reach(endpoint, command="backup status", sudo=sudo) as site:
        plan = plan_backup(settings, await with_log_needs(site, settings, await find_data(site, scope)), scope)
        runs: Sequence[BackupRun] = ()
        snapshots: Sequence[RepositorySnapshot] = ()
        notes: list[str] = []
        if settings.to:
            try:
                async with opened(site, settings) as (repository, said):
                    notes = [*said, *await words_of_store(repository)]
                    runs = await runs_in(repository, scope, say=notes.append)
                    if any(each.point_in_time for each in plan.data):
                        snapshots = await repository.snapshots({"part": LOG_PART})
            except DockworthyError as error:
                notes.append(f"{error.says}{f' ({error.hint})' if error.hint else ''}")
        now = datetime.datetime.now(datetime.UTC)
        clock = datetime.datetime.now().astimezone().tzinfo or datetime.UTC
        proof = await proof_of(site)
        proofs = dict.fromkeys((each.data.name for each in plan.data), proof) if proof is not None else {}
        logs = await log_standings(site, plan.data, runs, snapshots)
        told = []
        for each in standing_of(settings, plan, runs, proofs, now, clock=clock):
            log, problem = logs.get(each.name, (None, ""))
            told.append(structs.replace(each, log=log, problem=each.problem or problem))
        return BackupStanding(tuple(told), tuple(notes))


async def read_kit(
    endpoint: str, scope: str, settings: BackupSettings, *, place: str, sudo: bool
) -> tuple[BackupRun, tuple[str, ...], str]:
    """The newest run, all repositories as restic takes them (the one that answers first), and their key. Raises
    HostError, UsageError."""
    async with reach(endpoint, command="backup kit", sudo=sudo) as site, opened(site, settings, place) as (store, _):
        runs = await runs_in(store, scope)
        if not runs:
            raise UsageError("nothing was backed up yet", hint="dockworthy backup makes the first one")
        key = await site.shell.file(settings.key)
        if key is None:
            raise HostError(f"{site.name}: {settings.key} is not there", hint="put the key back from its copy")
        others = (each for each in settings.to if each != store.place)
        places = tuple(place_for_restic(each) for each in (store.place, *others))
        return max(runs, key=lambda each: each.taken), places, key.strip()


async def check_repositories(endpoint: str, settings: BackupSettings, *, read_data: str, sudo: bool, say: Say) -> None:
    """Checks each repository of the settings, tries whether a store is still append-only, and says of each what was
    found. Raises HostError or UsageError at the end where one is damaged or does not answer."""
    said = []
    failed: DockworthyError | None = None
    async with reach(endpoint, command="backup check", sudo=sudo) as site:
        for place in settings.to:
            repository = Repository(site.shell, place, settings.key, site.state)
            try:
                await repository.ready(create=False)
                await repository.check(read_data=read_data)
                await must_refuse_removal(repository)
                say(f"{repository.shown}: whole, {number_of(len(await runs_in(repository)), 'backup')}")
            except DockworthyError as error:
                failed = failed or error
                said.append(f"{repository.shown}: {error.says}")
    if failed is not None:
        raise type(failed)("; ".join(said), hint=failed.hint)
