"""What somebody made by hand, and is what is wanted, becomes a release: else none would tell what runs. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec import structs

from ...model.release import Release
from ...model.rollout import Desired, RolloutPlan, RolloutStep, Running, StepKind
from .service_steps import sort_tasks
from .steps import ids_of


def with_adopted(
    plan: RolloutPlan, desired: Desired, running: Running, last: Release | None, only: Collection[str]
) -> RolloutPlan:
    """A plan that would else be empty, with what `docker compose up` made since the release in force."""
    if not plan.is_empty or last is None:
        return plan
    steps = tuple(_adopted(desired, running, last, only))
    jobs = dict.fromkeys((*desired.jobs_before, *desired.jobs_after)) if steps else ()
    return structs.replace(plan, steps=steps, notes=(*plan.notes, *(_not_run(job) for job in jobs)))


def _not_run(job: str) -> str:
    """Compose by hand starts jobs as it starts services, unless a profile keeps them out."""
    return (
        f"the job {job} does not run: this release makes no container anew. Whether `docker compose up` ran it, "
        f"`docker compose ps --all` says; `docker compose run --rm {job}` runs it"
    )


def _adopted(desired: Desired, running: Running, last: Release, only: Collection[str]) -> Iterator[RolloutStep]:
    for name in desired.services:
        shipped = last.services.get(name)
        if shipped is None or (only and name not in only) or name in (*desired.jobs_before, *desired.jobs_after):
            continue
        if made := [task for task in sort_tasks(name, desired, running).current if not task.is_of(shipped)]:
            yield RolloutStep(
                kind=StepKind.ADOPT,
                subject=name,
                says=f"keep {name} as it runs, as this release",
                causes=(f"it is what your files say, and was made by hand since release {last.number}",),
                tasks=ids_of(made),
            )
