"""What was proven by doing it: a rollback, a deploy under requests, a restore that came to its end.

Of releases that `dockworthy deploy` recorded here, and of tools that leave such proofs behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from ...model.counts import number_of
from ...model.evidence import Drill, ToolTask
from ...model.field import Source
from ...model.release import Observation, Release, ReleaseState, release_from_json
from ..host.root import Root, clean
from .ledger import read_proven
from .systemd import rfc3339

RELEASES = "/var/lib/dockworthy/releases"
_NEWEST = 10
"""Of a project: older ones say little of today."""
_TOOL = "dockworthy deploy"


def read_releases(root: Root) -> Iterator[Drill]:
    """Of each project the newest rollback, and the newest deploy that was observed under requests.

    Raises OSError where they may not be read. A damaged record tells nothing, and is said by a deploy.
    """
    for project in root.names_or_none(RELEASES):
        yield from drills_of(newest_releases(root, f"{RELEASES}/{project}"))


def drills_of(releases: Iterable[tuple[str, Release]]) -> Iterator[Drill]:
    """What the releases of one project prove: each with the place of its record, newest first."""
    known = [*releases]
    yield from (found for found in (_rollback(known), _under_requests(known)) if found is not None)


def newest_releases(root: Root, folder: str) -> Iterator[tuple[str, Release]]:
    """Of one project's folder, each with the path of its record, newest first. Raises OSError."""
    numbers = [name[:-5] for name in root.names_or_none(folder) if name.endswith(".json") and name[:-5].isdecimal()]
    for number in sorted(map(int, numbers), reverse=True)[:_NEWEST]:
        path = f"{folder}/{number}.json"
        try:
            yield path, release_from_json(root.read_bytes(path))
        except msgspec.MsgspecError:
            continue


def _rollback(releases: list[tuple[str, Release]]) -> Drill | None:
    for path, release in releases:
        name = f"release {release.number} of {clean(release.project)}"
        if release.state is ReleaseState.KEPT and release.returns_to is not None:
            return _drill("3.rollback", f"{name} went back to release {release.returns_to}", path, release, True)
        if release.state is ReleaseState.ROLLED_BACK and not release.nothing_before:
            return _drill("3.rollback", f"{name} failed, and what ran before ran again", path, release, True)
        if release.state is ReleaseState.FAILED and release.observation is not None and not release.irreversible:
            return _drill("3.rollback", f"{name} failed and could not be taken back", path, release, False)
    return None


def _under_requests(releases: list[tuple[str, Release]]) -> Drill | None:
    for path, release in releases:
        seen = release.observation
        replaced = any(step.startswith("replace ") for step in release.steps)
        if release.state is ReleaseState.KEPT and replaced and seen is not None and seen.probes:
            failed = seen.probes_failed + (seen.requests_failed or 0)
            says = f"release {release.number} of {clean(release.project)} was shipped under {_requests(seen)}"
            return _drill("3.zero-downtime", f"{says}, and {failed or 'none'} failed", path, release, not failed)
    return None


def _requests(seen: Observation) -> str:
    return number_of(seen.probes, "probe") + (f" and {number_of(seen.requests, 'request')}" if seen.requests else "")


def _drill(demand: str, says: str, path: str, release: Release, passed: bool) -> Drill:
    when = release.ended or release.began
    return Drill(demand, ToolTask.DEPLOY, _TOOL, says, when, passed, Source(clean(path)))


RENEWALS = "/var/lib/dockworthy/edge/renewals.json"


class _Failure(Struct):
    at: str = ""
    says: str = ""


class _Renewals(Struct):
    failed: dict[str, _Failure] = {}


def read_edge_renewals(root: Root) -> Iterator[Drill]:
    """Raises OSError where it may not be read. A damaged record tells nothing: the next renewal writes it again."""
    try:
        kept = msgspec.json.decode(root.read_bytes(RENEWALS), type=_Renewals)
    except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
        return
    for name, failure in sorted(kept.failed.items()):
        says = f"the certificate for {clean(name)} could not be renewed: {clean(failure.says)[:300]}"
        yield Drill(
            "3.zero-downtime", ToolTask.EDGE, "dockworthy edge renew", says, failure.at, False, Source(RENEWALS)
        )


_PGBACKREST_LOGS = "/var/log/pgbackrest"
_END = "restore command end: "


def read_drills(root: Root) -> tuple[Drill, ...]:
    """Restores that pgBackRest's logs tell of, the last of each log, and what our own drills, releases and renewals
    tell.

    Raises OSError where a log or a record may not be read.
    """
    return (*_pgbackrest(root), *read_proven(root), *read_releases(root), *read_edge_renewals(root))


def _pgbackrest(root: Root) -> Iterator[Drill]:
    for name in root.names_or_none(_PGBACKREST_LOGS):
        if not name.endswith("-restore.log"):
            continue
        path = f"{_PGBACKREST_LOGS}/{name}"
        ends = [(n, line) for n, line in enumerate(root.read(path).splitlines(), 1) if _END in line]
        if ends:
            number, line = ends[-1]
            passed = "completed successfully" in line
            stanza = clean(name.removesuffix("-restore.log"))
            says = f"a restore of {stanza} {'came to its end' if passed else 'did not come to its end'}"
            when = rfc3339(root.stat(path).st_mtime)
            yield Drill(
                "3.db-backup", ToolTask.RESTORE, "pgBackRest", says, when, passed, Source(clean(path), "", number)
            )
