"""Releases that `dockworthy deploy` recorded here: rollbacks that were made, and what deploys did to requests."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ...model.evidence import Drill, Task
from ...model.field import Source
from ...model.release import Observation, Release, ReleaseState
from ..host.root import Root, clean

RELEASES = "/var/lib/dockworthy/releases"
_NEWEST = 10
"""Of a project: older ones say little of today."""
_TOOL = "dockworthy deploy"


def read_releases(root: Root) -> Iterator[Drill]:
    """Of each project the newest rollback, and the newest deploy that was observed under requests.

    Raises OSError where they may not be read. A damaged record tells nothing, and is said by a deploy.
    """
    for project in root.names_or_none(RELEASES):
        releases = [*_newest(root, f"{RELEASES}/{project}")]
        yield from (found for found in (_rollback(releases), _under_requests(releases)) if found is not None)


def _newest(root: Root, folder: str) -> Iterator[tuple[str, Release]]:
    numbers = [name[:-5] for name in root.names_or_none(folder) if name.endswith(".json") and name[:-5].isdecimal()]
    for number in sorted(map(int, numbers), reverse=True)[:_NEWEST]:
        path = f"{folder}/{number}.json"
        try:
            yield path, msgspec.json.decode(root.read_bytes(path), type=Release)
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
    return f"{seen.probes:,} probes" + (f" and {seen.requests:,} requests" if seen.requests else "")


def _drill(demand: str, says: str, path: str, release: Release, passed: bool) -> Drill:
    when = release.ended or release.began
    return Drill(demand, Task.DEPLOY, _TOOL, says, when, passed, Source(clean(path)))
