"""The status of the release in force: what it shipped, and what runs of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from ..model.deploy_settings import DeploySettings
from ..model.release import Release
from ..model.rollout import EDGE_NETWORK, Health, LostContainer, Running, ServiceStanding, Task, TaskState
from .planning.causes import EarlierReleases, by_hand, earlier
from .planning.standby import standing_words


def standing_of(release: Release, running: Running, releases: Sequence[Release]) -> tuple[ServiceStanding, ...]:
    """The standing of every service that the release shipped, jobs left out, and of what runs besides. `releases`: all
    records, which tell what was left over from what was changed by hand."""
    jobs = {*release.jobs_before, *release.jobs_after}
    known = earlier(releases, release, release.spec, release.versions)
    aside = {id for each in running.standby for id in each.tasks}
    routed = _routed(release)
    found = []
    for name, shipped in sorted(release.services.items()):
        if name in jobs:
            continue
        tasks = [task for task in running.tasks.get(name, ()) if not task.is_job]
        current = [task for task in tasks if task.is_of(shipped)]
        other = [task for task in tasks if task not in current and task.id not in aside]
        found.append(
            ServiceStanding(
                service=name,
                image=shipped.reference,
                wanted=shipped.replicas,
                serving=sum(task.is_serving for task in current),
                faults=(
                    *(() if tasks else ("no container of it is there: `dockworthy deploy` recreates it",)),
                    *_faults(current),
                    *_drift(name, other, known),
                    *_lost(running.lost.get(name, ())),
                    *(_off_edge(tasks, aside) if name in routed else ()),
                ),
                standby=standing_words(running, name),
            )
        )
    return tuple(found)


def _routed(release: Release) -> frozenset[str]:
    """The services that dockworthy's own edge sends requests to."""
    settings = msgspec.convert(release.settings, DeploySettings)
    return frozenset(route.service for route in settings.routes if settings.edge != "existing")


def _off_edge(tasks: Iterable[Task], aside: Collection[str]) -> Iterator[str]:
    """`docker compose up` recreates a container as the person's files say, and these do not know the edge."""
    for task in tasks:
        if task.state is TaskState.RUNNING and EDGE_NETWORK not in task.addresses and task.id not in aside:
            yield f"{task.name} is not at the edge, which sends it no requests: `dockworthy deploy` lets it join"


def _faults(tasks: list[Task]) -> Iterator[str]:
    for task in tasks:
        if task.state is TaskState.RUNNING:
            if task.health in (Health.UNHEALTHY, Health.STARTING):
                yield f"{task.name} is {task.health}"
            continue
        why = f": {task.error}" if task.error else ""
        status = f" with status {task.exit_code}" if task.state is TaskState.EXITED else ""
        yield f"{task.name} is {task.state}{status}{why}"


def _lost(containers: Sequence[LostContainer]) -> Iterator[str]:
    """Nobody ends them, and they get requests like the others."""
    for node in sorted({each.node for each in containers}):
        there = [each.id[:12] for each in containers if each.node == node]
        many = "1 container runs" if len(there) == 1 else f"{len(there)} containers run"
        on = f" on {node}" if node else ""
        yield (
            f"{many}{on} for no task of the swarm ({', '.join(there)}): `dockworthy deploy` removes what an engine "
            "that was killed left"
        )


def _drift(service: str, tasks: list[Task], known: EarlierReleases | None) -> Iterator[str]:
    """Containers that this release made otherwise, or none did."""
    for task in tasks:
        if known is not None and by_hand(service, [task], known):
            yield (
                f"{task.name} is {task.state}, and was changed by hand since release {known.number}: `dockworthy "
                "deploy` keeps it where it is what your files say, else asks"
            )
        else:
            yield f"{task.name} is {task.state}, and is not what this release shipped"
