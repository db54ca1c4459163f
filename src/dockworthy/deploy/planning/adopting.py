"""What runs as it is wanted, and as no release that was kept shipped it, becomes a release: else none would tell what
runs. Somebody made it by hand, or a release that failed and could not be taken back. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from msgspec import structs

from ...model.release import Release, ShippedService
from ...model.rollout import Desired, RolloutPlan, RolloutStep, Running, StepKind, Task
from .causes import EarlierReleases, by_hand
from .service_steps import sort_tasks
from .steps import ids_of


def with_adopted(
    plan: RolloutPlan,
    desired: Desired,
    running: Running,
    last: Release | None,
    only: Collection[str],
    known: EarlierReleases | None,
) -> RolloutPlan:
    """A plan that would else be empty, with what others than the release in force made."""
    if not plan.is_empty or last is None:
        return plan
    steps = tuple(_adopted(desired, running, last, only, known))
    jobs = dict.fromkeys((*desired.jobs_before, *desired.jobs_after)) if steps else ()
    return structs.replace(plan, steps=steps, notes=(*plan.notes, *(_not_run(job) for job in jobs)))


def _not_run(job: str) -> str:
    """Compose by hand starts jobs as it starts services, unless a profile keeps them out."""
    return (
        f"the job {job} does not run: this release recreates no container. Whether `docker compose up` ran it, "
        f"`docker compose ps --all` says; `docker compose run --rm {job}` runs it"
    )


def _adopted(
    desired: Desired, running: Running, last: Release, only: Collection[str], known: EarlierReleases | None
) -> Iterator[RolloutStep]:
    for name in desired.services:
        shipped = last.services.get(name)
        if (only and name not in only) or name in (*desired.jobs_before, *desired.jobs_after):
            continue
        current = sort_tasks(name, desired, running).current
        counts = shipped is not None and shipped.replicas == desired.services[name].replicas
        if made := [task for task in current if not counts or shipped is None or not task.is_of(shipped)]:
            yield RolloutStep(
                kind=StepKind.ADOPT,
                subject=name,
                says=f"keep {name} as it runs, as this release",
                causes=(f"it is what your files say, and {_made(name, made, shipped, last, known)}",),
                tasks=ids_of(made),
            )


def _made(
    name: str, tasks: Sequence[Task], shipped: ShippedService | None, last: Release, known: EarlierReleases | None
) -> str:
    if by_hand(name, tasks, known):
        return f"was made by hand since release {last.number}"
    if shipped is None:
        return f"release {last.number} shipped none"
    if all(task.is_of(shipped) for task in tasks):
        return f"release {last.number} shipped {shipped.replicas} of it"
    return f"release {last.number} shipped another one"
