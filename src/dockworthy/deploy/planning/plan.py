"""Observed -> desired -> steps, each with its causes. All decisions are made here; who carries them out makes none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from ...errors import UsageError
from ...model.compose_project import ComposeProject, ComposeService
from ...model.release import Release
from ...model.rollout import Desired, RolloutPlan, RolloutStep, Running, StepKind
from .causes import EarlierReleases
from .questions import questions
from .service_steps import leaving_edge, service_steps
from .standby import first_back, gone_first, keeping, the_usual_way, without_standby
from .steps import how_replaced, ids_of


def in_order(spec: ComposeProject, services: Iterable[str], before: Collection[str] = ()) -> tuple[str, ...]:
    """The services so that each follows those that it depends on; else by name.

    `before`: jobs that everything waits for, but for what they depend on themselves: a migration needs its database.
    Raises UsageError where they depend on each other in a circle.
    """
    chosen, written = sorted({*services, *before}), spec.services
    needed = {name for job in before for name in _needs(spec, job, set())}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name in chosen:
        waits_for = [other for other in written[name].needs if other in chosen]
        if name not in needed and name not in before:
            waits_for += [job for job in before if job not in waits_for]
        sorter.add(name, *waits_for)
    try:
        sorter.prepare()
    except CycleError as error:
        raise UsageError(f"services depend on each other in a circle: {' -> '.join(error.args[1])}") from None
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += ready
        sorter.done(*ready)
    return tuple(ordered)


def _needs(spec: ComposeProject, name: str, seen: set[str]) -> Iterator[str]:
    """All that it depends on, directly or by others."""
    services = spec.services
    for other in services[name].needs if name in services else ():
        if other not in seen:
            seen.add(other)
            yield other
            yield from _needs(spec, other, seen)


def refuse_taken(name: str, service: ComposeService, running: Running) -> None:
    """Raises UsageError for the first published port that a container of another project has. A port that a process of
    the host has is not seen here: the engine refuses it later."""
    for port, wanted in _published(service):
        holders = [holder for taken, holder in running.host_ports.items() if _meet(taken, wanted)]
        if holders:
            raise UsageError(
                f"{name} publishes port {port} of the host, and {holders[0]} has it",
                hint=f"docker stop {holders[0]}; or another port in `ports` of {name}",
            )


def _published(service: ComposeService) -> Iterator[tuple[str, str]]:
    """Each published port, and how Running.host_ports names it. Of a range the engine chooses one: such are left
    out."""
    for port in service.ports:
        published, address = port.published, port.host_ip
        if published.isdecimal() and published != "0":
            everywhere = address in ("", "0.0.0.0", "::")
            yield published, f"{'' if everywhere else f'{address}:'}{published}/{port.protocol}"


def _meet(taken: str, wanted: str) -> bool:
    """Two different addresses may both have a port; "all addresses" meets each of them."""
    one, other = taken.rpartition(":"), wanted.rpartition(":")
    return one[2] == other[2] and (not one[0] or not other[0] or one[0] == other[0])


def plan_of(
    desired: Desired,
    running: Running,
    *,
    number: int,
    last: Release | None,
    accepted: Collection[str] = (),
    only: Collection[str] = (),
    known: EarlierReleases | None = None,
    standby: str | None = None,
    apart: Collection[str] = (),
) -> RolloutPlan:
    """`last`: the release in force, which tells what was shipped before. `accepted`: questions that are answered.
    `only`: services that are shipped, the others are left as they are; () is all. `known`: what the records tell.
    `standby`: for how long old containers are kept running, where they can be. `apart`: projects that have
    data of their own.

    Raises UsageError where services depend on each other in a circle, and for a port that somebody else has.
    """
    seen, running = running, without_standby(desired, running)
    shipped = {*(last.services if last is not None else ()), *(known.begun if known is not None else ())}
    removed = () if only else tuple(_removed(desired, running, shipped))
    steps = first_back((*_steps(desired, running, only, known, last), *removed))
    notes = (
        *_idle_jobs(steps, desired),
        *_orphans(desired, running, shipped),
        *the_usual_way(steps, desired, {name: how_replaced(name, desired) for name in desired.services}),
    )
    if standby is not None:
        steps, said = keeping(steps, desired, running, last, standby)
        notes = (*notes, *said)
    return RolloutPlan(
        project=desired.project,
        number=number,
        steps=(*gone_first(seen, steps), *steps),
        questions=tuple(
            each for each in questions(desired, running, only, known, apart) if each.accept not in accepted
        ),
        notes=notes,
        nothing_before=not any(seen.tasks.values()),
    )


def _steps(
    desired: Desired, running: Running, only: Collection[str], known: EarlierReleases | None, last: Release | None
) -> Iterator[RolloutStep]:
    """Jobs run only where some service is created or replaced; a job of `jobs.before` comes as soon as the services
    that it needs are up."""
    chosen = {*only, *desired.jobs_before} if only else set(desired.services)
    services = [name for name in desired.services if name in chosen and name not in desired.jobs_after]
    steps: dict[str, list[RolloutStep]] = {}
    replaced: set[str] = set()
    for name in in_order(desired.spec, services, desired.jobs_before):
        if name in desired.jobs_before:
            steps[name] = []
            continue
        shipped = last.services.get(name) if last is not None else None
        steps[name] = [*service_steps(name, desired, running, replaced, known, shipped)]
        if any(step.kind in (StepKind.CREATE, StepKind.REPLACE) for step in steps[name]):
            refuse_taken(name, desired.spec.services[name], running)
            replaced.add(name)
    for name, of_one in steps.items():
        if name in desired.jobs_before and replaced and name not in desired.jobs_idle:
            yield _job(name, "before")
        yield from of_one
    if replaced:
        yield from (_job(job, "after") for job in desired.jobs_after if job not in desired.jobs_idle)
    yield from leaving_edge(desired, running, (name for name in services if name not in replaced))


def _removed(desired: Desired, running: Running, shipped: Collection[str]) -> Iterator[RolloutStep]:
    """Steps that remove services that are no longer in the files. Only those that a release shipped: what somebody else
    started under the project's name is left alone."""
    gone = set(shipped).difference(desired.services, desired.left)
    for name, tasks in running.tasks.items():
        if name in gone and (found := [t for t in tasks if not t.is_job]):
            yield RolloutStep(
                kind=StepKind.REMOVE,
                subject=name,
                says=f"remove {name}",
                causes=("compose.yaml has it no longer",),
                tasks=ids_of(found),
                gap=None,
            )


def _orphans(desired: Desired, running: Running, shipped: Collection[str]) -> Iterator[str]:
    for name, tasks in running.tasks.items():
        if not name or name in desired.services or all(task.is_job for task in tasks):
            continue
        if name in desired.left:
            yield f"{name} is left as it is: this release says nothing of it"
        elif name not in shipped:
            yield f"{name} runs under this project's name and is none of its services: left alone"


def _idle_jobs(steps: Iterable[RolloutStep], desired: Desired) -> Iterator[str]:
    """The note on jobs that a rollback leaves out, where they would have run."""
    if desired.jobs_idle and any(step.kind in (StepKind.CREATE, StepKind.REPLACE) for step in steps):
        jobs = f"the jobs {', '.join(desired.jobs_idle)} do" if len(desired.jobs_idle) > 1 else ""
        jobs = jobs or f"the job {desired.jobs_idle[0]} does"
        yield (
            f"{jobs} not run: what newer releases did to the data stays, and a rollback runs no job of an old release "
            "unless that says `on_rollback: true`, or you say --with-jobs"
        )


def _job(job: str, when: str) -> RolloutStep:
    causes = (f"it comes {when} each release",)
    return RolloutStep(kind=StepKind.JOB, subject=job, says=f"run the job {job}", causes=causes)
