"""What must not be done without a person's word: data that would be left behind, or be written by two. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from ...model.labels import COMPOSE_PROJECT, COMPOSE_VOLUME, STACK
from ...model.rollout import Desired, Question, Running, TaskState
from .causes import EarlierReleases, by_hand

_ANONYMOUS = re.compile(r"[0-9a-f]{64}")


def questions(
    desired: Desired,
    running: Running,
    only: Collection[str] = (),
    known: EarlierReleases | None = None,
    apart: Collection[str] = (),
) -> Iterator[Question]:
    """For every named volume that a service would mount, for the data of containers that would be replaced, and for
    what somebody changed by hand. `apart`: projects that have data of their own: it is no predecessor's."""
    for key, definition in desired.spec.volumes.items():
        name = desired.spec.object_name("volumes", key)
        if not definition.external:
            yield from _empty(desired, running, key, name, apart)
        yield from _shared(desired, running, key, name)
    for service in only or desired.services:
        yield from _left_behind(desired, running, service)
        if known is not None and known.asks:
            yield from _overwritten(desired, running, service, known)


def _empty(desired: Desired, running: Running, key: str, name: str, apart: Collection[str]) -> Iterator[Question]:
    """A new volume would be made although one that looks like its predecessor is there."""
    users = [service for service, target in _users(desired, key)]
    if name in running.volumes or not users:
        return
    older = sorted(
        other
        for other, labels in running.volumes.items()
        if (labels.get(COMPOSE_VOLUME) == key or other.endswith(f"_{key}"))
        and not ({labels.get(COMPOSE_PROJECT), labels.get(STACK), other.removesuffix(f"_{key}")} & {*apart})
    )
    mounted = sorted(
        {
            task.mounts[target]
            for service, target in _users(desired, key)
            for task in running.tasks.get(service, ())
            if task.mounts.get(target, name) != name
        }
    )
    if not older and not mounted:
        return
    there = (mounted or older)[0]
    yield Question(
        accept=f"{key}:empty",
        says=f"{' and '.join(users)} would start on a new, empty volume {name}; an older volume, {there}, exists",
        hint=f"to go on with it: `volumes: {{{key}: {{name: {there}, external: true}}}}`; to start empty: "
        f"--accept {key}:empty",
    )


def _shared(desired: Desired, running: Running, key: str, name: str) -> Iterator[Question]:
    """Somebody else's container writes to it."""
    others = running.volume_users.get(name, ())
    users = [service for service, _ in _users(desired, key)]
    if others and users:
        yield Question(
            accept=f"{key}:shared",
            says=f"{' and '.join(users)} would write to the volume {name}, which {', '.join(others)} writes to now",
            hint=f"stop the other one first, or say that both may: --accept {key}:shared",
        )


def _left_behind(desired: Desired, running: Running, service: str) -> Iterator[Question]:
    """Volumes without a name stay with the old container: the new one begins with empty ones."""
    shipped = desired.services[service]
    edge_name = desired.edge_names.get(service) if service in desired.routed else None
    targets = sorted(
        {
            target
            for task in running.tasks.get(service, ())
            if not task.is_job and not (task.is_of(shipped) and task.is_found_by(edge_name))
            for target, source in task.mounts.items()
            if _ANONYMOUS.fullmatch(source)
        }
    )
    if targets:
        yield Question(
            accept=f"{service}:anonymous",
            says=f"what {service} wrote to {', '.join(targets)} lies in a volume without a name, and a new container "
            "begins with an empty one",
            hint=f"give it a named volume, or say that nothing there is needed: --accept {service}:anonymous",
        )


def _overwritten(desired: Desired, running: Running, service: str, known: EarlierReleases) -> Iterator[Question]:
    """Somebody mended something by hand, perhaps in need: a deploy would undo it without a word."""
    shipped = desired.services[service]
    tasks = [task for task in running.tasks.get(service, ()) if not task.is_job]
    if service in (*desired.jobs_before, *desired.jobs_after):  # `docker compose up` starts jobs, too: one that ended
        tasks = [task for task in tasks if task.state is not TaskState.EXITED]  # is nobody's work that would be lost
    other = [task for task in tasks if not task.is_of(shipped)]
    if by_hand(service, other, known):
        names = [task.name for task in other if by_hand(service, [task], known)]
        changed = f"{', '.join(names)} {'was' if len(names) == 1 else 'were'} changed by hand"
        yield Question(
            accept=f"{service}:by-hand",
            says=f"{changed} since release {known.number}, and would be made as the files say",
            hint="to keep the change, write it into compose.yaml, or ship other services alone (`dockworthy deploy "
            f"SERVICE…`); to overwrite it: --accept {service}:by-hand",
        )


def _users(desired: Desired, key: str) -> Iterator[tuple[str, str]]:
    """(service, path inside) of who mounts it to write."""
    for service, definition in desired.spec.services.items():
        for mount in definition.mounts:
            if mount.type == "volume" and mount.source == key and not mount.read_only:
                yield service, mount.target
