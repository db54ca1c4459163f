"""Backup runs as repositories hold them: which repository answers, which runs ended well there, which one is meant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import msgspec

from ..engine.clock import now
from ..engine.site import Site
from ..errors import DockworthyError, HostError, UsageError
from ..model.backup import BackupRun
from ..model.backup_settings import BackupSettings
from ..model.moments import days_between, read_moment
from ..model.saying import Say
from .repository import Repository, RepositorySnapshot

MANIFEST = "manifest.json"
MANIFEST_PART = "manifest"
PROBE_PART = "probe"
"""Of what is saved only to see that it can't be removed."""
PROVEN_PART = "proven"
"""Of what tells an append-only store that a drill has restored a run."""
_MOST_MANIFEST = 64 * 1024 * 1024
_SHORTEST_ID = 4


def must_name_repository(settings: BackupSettings, *, hint: str = "") -> None:
    """Raises UsageError where `backup.to` is empty."""
    if not settings.to:
        raise UsageError(
            "`backup.to` in dockworthy.yaml names no repository",
            hint=hint
            or "name one that is not on this host, as `to: [sftp:backup@vault:/srv/shop]`; or have a store "
            "made that this host can't empty: dockworthy backup target ssh://root@vault",
        )


def age_of(run: BackupRun) -> float:
    """Seconds since it was taken."""
    return round((days_between(run.taken, now()) or 0.0) * 86400, 0)


@asynccontextmanager
async def opened(site: Site, settings: BackupSettings, place: str = "") -> AsyncIterator[tuple[Repository, list[str]]]:
    """The first repository that answers, or the one called `place`; and why those before it do not. Raises UsageError
    where none is named, HostError where none answers."""
    if not place:
        must_name_repository(settings, hint="name one, or say --from REPOSITORY")
    places = [place] if place else [*settings.to]
    notes: list[str] = []
    first: DockworthyError | None = None
    for each in places:
        repository = Repository(site.shell, each, settings.key, site.state)
        try:
            await repository.ready(create=False)
        except DockworthyError as error:
            if len(places) == 1:
                raise
            first = first or error
            notes.append(f"{repository.shown} does not answer: {error.says}")
            continue
        yield repository, notes
        return
    assert first is not None
    raise type(first)(f"no repository can be opened: {'; '.join(notes)}", hint=first.hint)


class NoManifest(HostError):
    """A snapshot is called one, and holds none that is understood."""


async def runs_in(
    repository: Repository, scope: str | None = None, *, say: Say = lambda _: None
) -> tuple[BackupRun, ...]:
    """All runs that ended well, oldest first; of one scope, where that is said. A manifest that can't be read does not
    keep back what the others tell: whoever may add to a repository can add one, and it may be one which nobody here
    can remove. Raises HostError, also where none can be read."""
    tags = {"part": MANIFEST_PART} if scope is None else {"part": MANIFEST_PART, "scope": scope}
    found: list[BackupRun] = []
    failed: NoManifest | None = None
    for each in await repository.snapshots(tags):
        try:
            found.append(await _run_of(repository, each))
        except NoManifest as error:
            failed = failed or error
            say(f"note: {error.says}; it is left out")
    if failed is not None and not found:
        raise failed
    return tuple(found)


async def newest_undoubted(
    repository: Repository, snapshots: Iterable[RepositorySnapshot], scope: str
) -> BackupRun | None:
    """Of those that `snapshots`, the repository's, oldest first, have a manifest of. Raises HostError."""
    wanted = {"part": MANIFEST_PART, "scope": scope}
    for snapshot in reversed([each for each in snapshots if wanted.items() <= each.tags.items()]):
        try:
            run = await _run_of(repository, snapshot)
        except NoManifest:
            continue
        if not run.doubts:
            return run
    return None


async def _run_of(repository: Repository, manifest: RepositorySnapshot) -> BackupRun:
    try:
        content = await repository.read_once(manifest.id, MANIFEST, most=_MOST_MANIFEST)
    except HostError as error:
        await repository.snapshots({"part": MANIFEST_PART})  # does it answer at all?
        raise NoManifest(error.says, hint=error.hint) from None
    try:
        run = msgspec.json.decode(content, type=BackupRun)
        if (run.id, run.scope) == (manifest.tags.get("run", ""), manifest.tags.get("scope", "")):
            return run
        why = f"it is of {run.scope or 'the whole engine'} ({run.id}), and is kept as another one"
    except msgspec.MsgspecError as error:
        why = str(error)
    seen_by = repository.by_hand("dump", manifest.id[:8], f"/{MANIFEST}")
    raise NoManifest(
        f"{repository.shown}: the manifest {manifest.id[:8]} can't be read: {why}",
        hint=f"was it written by a newer dockworthy? To see it: {seen_by}",
    )


def run_at(runs: Sequence[BackupRun], at: str, *, today: str) -> BackupRun:
    """The newest run about which there is no doubt ("": of all; a moment: of those that were taken by then), or the one
    of that id. `today`: what time it is; one that says that it is of later than that day was made by a wrong clock, and
    is never the newest as long as there is another one. Pure. Raises UsageError where there is none."""
    if not runs:
        raise UsageError("nothing was backed up yet", hint="dockworthy backup makes the first one")
    if not at:
        return _newest(runs, today)
    if found := [each for each in runs if len(at) >= _SHORTEST_ID and each.id.startswith(at)]:
        return found[0]
    moment = read_moment(at)
    if moment is None:
        raise UsageError(
            f"--at {at}: no backup is called so, and it is no time", hint="dockworthy backup list shows them"
        )
    earlier = [each for each in runs if (taken := read_moment(each.taken)) is not None and taken <= moment]
    if not earlier:
        oldest = min(runs, key=lambda each: each.taken)
        raise UsageError(f"there is no backup of {at} or before", hint=f"the oldest is of {oldest.taken}")
    return _newest(earlier, today)


def _newest(runs: Iterable[BackupRun], today: str) -> BackupRun:
    every = [*runs]
    known = [each for each in every if (days_between(today, each.taken) or 0.0) < 1.0] or every
    return max([each for each in known if not each.doubts] or known, key=lambda each: each.taken)
