"""Which backups stay: of the newest days, weeks and months that have one the newest, as restic's `forget` has it. And
only where a drill has shown that something newer can be restored. What looks after an append-only store repeats the
rules in its own words (target/keep_store.sh)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from ..engine.clock import now
from ..model.backup_settings import Keep
from ..model.moments import days_between
from ..model.saying import Say
from .images import IMAGE_PART, images_without_user
from .log_reach import superseded
from .repository import RemovalRefused, Repository, RepositorySnapshot
from .runs import MANIFEST_PART, PROVEN_PART

_UNDER_WAY = 2.0
"""Days that a run may take."""

_SPANS: tuple[tuple[str, Callable[[datetime], tuple[int, ...]]], ...] = (
    ("daily", lambda at: (at.year, at.month, at.day)),
    ("weekly", lambda at: at.isocalendar()[:2]),
    ("monthly", lambda at: (at.year, at.month)),
)


def to_forget(taken: Mapping[str, str], keep: Keep, protected: Collection[str]) -> tuple[str, ...]:
    """The ids that may go, oldest first. `taken`: id -> when it was taken, RFC 3339; a day is one of the offset that is
    written there, and a week begins on Monday. `protected`: ids that stay whatever `keep` says, as that of what the
    last passed drill restored.

    As restic does: days, weeks and months without a backup do not count, and as long as there are fewer of them than
    are to be kept, the oldest backup stays. Otherwise than restic: the newest backup always stays, and one whose time
    can't be read.
    """
    times = {id: at for id, time in taken.items() if (at := _moment(time)) is not None}
    newest_first = sorted(times, key=lambda id: (times[id].timestamp(), id), reverse=True)
    staying = set(newest_first[:1]) | set(protected)
    for name, span_of in _SPANS:
        left: int = getattr(keep, name)
        last: tuple[int, ...] = ()
        for id in newest_first:
            if left and (span_of(times[id]) != last or id == newest_first[-1]):
                staying.add(id)
                last = span_of(times[id])
                left -= 1
    return tuple(id for id in reversed(newest_first) if id not in staying)


def _moment(time: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(time)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


async def forget_old(
    repository: Repository,
    snapshots: Sequence[RepositorySnapshot],
    scope: str,
    keep: Keep,
    proven: Collection[str],
    *,
    say: Say,
) -> tuple[str, ...]:
    """Removes what `keep` no longer asks for, and what is left of runs that were broken off. Nothing as long as no
    drill has restored a backup that is still there: nobody knows then that a newer one is worth the older one.
    `snapshots`: those of the repository; `proven`: ids of backups that drills restored, the last one first. Returns the
    ids of the runs that went. Raises HostError.

    An append-only store removes them itself: it is told what a drill restored, by which it can only keep more."""
    if repository.store is not None:
        await _tell_proven(repository, scope, proven, snapshots)
        return ()
    manifests = {each.tags["run"]: each for each in snapshots if each.tags.get("part") == MANIFEST_PART}
    taken = {run: each.time for run, each in manifests.items() if each.tags.get("scope") == scope}
    restored = [run for run in proven if run in taken]
    old = to_forget(taken, keep, restored[:1])
    if old and not restored:
        say(
            f"{len(old)} older backups stay in {repository.shown}: nothing is removed before a drill has restored one "
            "(dockworthy drill restore)"
        )
        old = ()
    going = [each.id for each in snapshots if each.tags.get("run") in old]
    going += (id for id in superseded(snapshots) if id not in going)
    going += [
        each.id
        for each in snapshots
        if each.tags.get("part") != IMAGE_PART and each.tags.get("run") not in manifests and _is_of_another_day(each)
    ]
    staying = [each for run, each in manifests.items() if run not in old]
    going += [each.id for each in images_without_user(snapshots, staying) if _is_of_another_day(each)]
    if going:
        try:
            await repository.forget(going)
        except RemovalRefused as refused:
            say(f"{refused.says} ({refused.hint})")
            return ()
    return old


async def _tell_proven(
    repository: Repository, scope: str, proven: Collection[str], snapshots: Collection[RepositorySnapshot]
) -> None:
    """By a snapshot beside the run's own: on the host that keeps the store only these can be read."""
    runs = {each.tags["run"] for each in snapshots if each.tags.get("part") == MANIFEST_PART}
    told = {each.tags.get("proven") for each in snapshots if each.tags.get("part") == PROVEN_PART}
    last = next((run for run in proven if run in runs), None)
    if last is not None and last not in told:
        tags = {"run": last, "scope": scope, "part": PROVEN_PART, "proven": last}
        await repository.save_bytes(PROVEN_PART, last.encode(), tags=tags)


def _is_of_another_day(snapshot: RepositorySnapshot) -> bool:
    """A run that is still under way has no manifest either."""
    days = days_between(snapshot.time, now())
    return days is not None and days > _UNDER_WAY
