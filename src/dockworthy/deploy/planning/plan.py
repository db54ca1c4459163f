"""Observed -> desired -> steps, each with its causes. All decisions are made here; who carries them out makes none."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec import Struct

from ...model.release import Release
from ...model.rollout import EDGE_NETWORK, Desired, Order, RolloutPlan, RolloutStep, Running, StepKind, Task, TaskState
from .causes import Earlier, differences, why_down
from .networks import lost_networks
from .ordering import in_order
from .questions import questions
from .replacing import Replacing, replacing
from .standing_by import first_back, gone_first, keeping, returning, the_usual_way, without_standby
from .taken_ports import refuse_taken

_UP = (TaskState.RUNNING, TaskState.RESTARTING, TaskState.PAUSED)
_NEVER_UP = (TaskState.CREATED, TaskState.DEAD)


class Sorted(Struct, frozen=True):
    """A service's tasks: those that are as they are to be, and the others."""

    current: tuple[Task, ...]
    other: tuple[Task, ...]


def plan_of(
    desired: Desired,
    running: Running,
    *,
    number: int,
    last: Release | None,
    accepted: Collection[str] = (),
    only: Collection[str] = (),
    known: Earlier | None = None,
    standby: str | None = None,
) -> RolloutPlan:
    """`last`: the release in force, which tells what was shipped before. `accepted`: questions that are answered.
    `only`: services that are shipped, the others are left as they are; () is all. `known`: what the records tell.
    `standby`: for how long old containers are kept running, where they can be.

    Raises UsageError where services depend on each other in a circle, and for a port that somebody else has.
    """
    seen, running = running, without_standby(desired, running)
    removed = () if only else tuple(_removed(desired, running, last))
    steps = first_back((*_steps(desired, running, only, known), *removed))
    notes = (*_orphans(desired, running, last), *the_usual_way(steps, desired, _hows(desired)))
    if standby is not None:
        steps, said = keeping(steps, desired, running, last, standby)
        notes = (*notes, *said)
    return RolloutPlan(
        project=desired.project,
        number=number,
        steps=(*gone_first(seen, steps), *steps),
        questions=tuple(each for each in questions(desired, running, only, known) if each.accept not in accepted),
        notes=notes,
    )


def _steps(desired: Desired, running: Running, only: Collection[str], known: Earlier | None) -> Iterator[RolloutStep]:
    """Jobs run only where something is made anew; those that come before stand where what they need is up."""
    chosen = {*only, *desired.jobs_before} if only else set(desired.services)
    services = [name for name in desired.services if name in chosen and name not in desired.jobs_after]
    steps: dict[str, list[RolloutStep]] = {}
    replaced: set[str] = set()
    for name in in_order(desired.spec, services, desired.jobs_before):
        if name in desired.jobs_before:
            steps[name] = []
            continue
        steps[name] = [*_service_steps(name, desired, running, replaced, known)]
        if any(step.kind in (StepKind.CREATE, StepKind.REPLACE) for step in steps[name]):
            refuse_taken(name, desired.spec["services"][name], running)
            replaced.add(name)
    for name, of_one in steps.items():
        if name in desired.jobs_before and replaced:
            yield _job(name, "before")
        yield from of_one
    if replaced:
        yield from (_job(job, "after") for job in desired.jobs_after)


def sort_tasks(name: str, desired: Desired, running: Running) -> Sorted:
    """By Compose's hash of the definition and the image's id: a name that points elsewhere now makes no difference."""
    shipped = desired.services[name]
    tasks = [task for task in running.tasks.get(name, ()) if not task.is_job]
    current = tuple(task for task in tasks if task.spec_hash in shipped.hashes and task.image_id == shipped.image_id)
    if lost_networks(name, desired, running):
        current = ()
    return Sorted(current, tuple(task for task in tasks if task not in current))


def _service_steps(
    name: str, desired: Desired, running: Running, replaced: set[str], known: Earlier | None
) -> Iterator[RolloutStep]:
    tasks = sort_tasks(name, desired, running)
    wanted = desired.services[name].replicas
    how = _how(name, desired)
    up = tuple(task for task in tasks.current if task.state in _UP)
    down = tuple(task for task in tasks.current if task.state not in _UP)
    reason = _taken_along(name, desired, replaced)
    if reason and (tasks.current or tasks.other):
        yield _replace(name, (*tasks.current, *tasks.other), wanted, how, (reason,))
        return
    if (back := returning(name, tasks.current, tasks.other, desired)) is not None:
        yield back
        return
    if any(task.is_serving for task in tasks.other):  # nothing that serves goes for something that does not
        unused = tuple(task for task in tasks.current if not task.is_serving)
    else:
        unused = tuple(task for task in down if task.state in _NEVER_UP)
    if unused:
        yield _clear(name, unused, "made by a run that ended early")
    up, down = (tuple(task for task in some if task not in unused) for some in (up, down))
    if not up and not down:
        causes = (*differences(name, tasks.other, desired, known), *lost_networks(name, desired, running))
        yield from _started(name, tasks.other, wanted, how, causes)
        return
    yield from _kept_up(name, up, down, tasks.other, wanted, how)
    if name in desired.routed and (absent := tuple(task for task in up if EDGE_NETWORK not in task.addresses)):
        yield RolloutStep(
            kind=StepKind.JOIN_EDGE,
            subject=name,
            says=f"let {name} join the edge, without making it anew",
            causes=("it has a route, and is not on the edge's network",),
            tasks=_ids(absent),
        )


def _how(name: str, desired: Desired) -> Replacing:
    return replacing(desired.spec["services"][name], desired.container_names.get(name, ""))


def _hows(desired: Desired) -> dict[str, Replacing]:
    return {name: _how(name, desired) for name in desired.services}


def _kept_up(
    name: str, up: tuple[Task, ...], down: tuple[Task, ...], other: tuple[Task, ...], wanted: int, how: Replacing
) -> Iterator[RolloutStep]:
    """Some of what is wanted is there: what should run and does not is started, what is too much goes."""
    need = down[: max(wanted - len(up), 0)]
    if need:
        causes = tuple(why_down(task) for task in need)
        says = f"start {name} again"
        yield RolloutStep(
            kind=StepKind.RESTART, subject=name, says=says, causes=causes, tasks=_ids(need), replicas=wanted
        )
    if surplus := down[len(need) :]:
        yield _clear(name, surplus, "more than are asked for, and not running")
    yield from _finished(name, other, (*up, *need), wanted, how)
    if not other or len(up) + len(need) > wanted:
        yield from _scaled(name, (*up, *need), wanted)


def _started(
    name: str, other: tuple[Task, ...], wanted: int, how: Replacing, causes: tuple[str, ...]
) -> Iterator[RolloutStep]:
    """Nothing of what is wanted is there."""
    if not wanted and not other:
        return
    if not other:
        says = f"create {name}" + (f", {wanted} times" if wanted > 1 else "")
        yield RolloutStep(
            kind=StepKind.CREATE, subject=name, says=says, causes=("it does not run yet",), replicas=wanted
        )
        return
    yield _replace(name, other, wanted, how, causes)


def _finished(
    name: str, other: tuple[Task, ...], up: tuple[Task, ...], wanted: int, how: Replacing
) -> Iterator[RolloutStep]:
    """Old ones beside new ones: a roll-out that ended early, or one whose old tasks were kept to go back to."""
    if not other:
        return
    if len(up) >= wanted:
        yield _clear(name, other, "replaced by newer ones, which run")
    else:
        yield _replace(name, other, wanted - len(up), how, ("a roll-out ended in the middle",))


def _replace(name: str, tasks: tuple[Task, ...], wanted: int, how: Replacing, causes: tuple[str, ...]) -> RolloutStep:
    lives = any(task.state is TaskState.RUNNING for task in tasks)
    beside = "new beside old, old ones stop when new ones are healthy"
    says = f"replace {name}: {beside if how.order is Order.START_FIRST else 'old first'}"
    gap = how.gap if lives else 0.0
    return RolloutStep(
        kind=StepKind.REPLACE,
        subject=name,
        says=says,
        causes=(*causes, *how.because),
        order=how.order,
        gap=gap,
        tasks=_ids(tasks),
        replicas=wanted,
    )


def _scaled(name: str, up: tuple[Task, ...], wanted: int) -> Iterator[RolloutStep]:
    says = f"scale {name} from {len(up)} to {wanted}"
    if len(up) < wanted:
        yield RolloutStep(
            kind=StepKind.SCALE, subject=name, says=says, causes=("more replicas are asked for",), replicas=wanted
        )
    elif len(up) > wanted:
        surplus = sorted(up, key=lambda task: (task.is_serving, task.started))[: len(up) - wanted]
        yield RolloutStep(
            kind=StepKind.SCALE,
            subject=name,
            says=says,
            causes=("fewer replicas are asked for",),
            tasks=_ids(surplus),
            replicas=wanted,
        )


def _removed(desired: Desired, running: Running, last: Release | None) -> Iterator[RolloutStep]:
    """Only what was shipped by a release: what somebody else started under the project's name is left alone."""
    shipped = last.services if last is not None else {}
    for name, tasks in running.tasks.items():
        if name not in desired.services and name in shipped and (found := [t for t in tasks if not t.is_job]):
            yield RolloutStep(
                kind=StepKind.REMOVE,
                subject=name,
                says=f"remove {name}",
                causes=("compose.yaml has it no longer",),
                tasks=_ids(found),
                gap=None,
            )


def _orphans(desired: Desired, running: Running, last: Release | None) -> Iterator[str]:
    shipped = last.services if last is not None else {}
    for name, tasks in running.tasks.items():
        if name and name not in desired.services and name not in shipped and any(not task.is_job for task in tasks):
            yield f"{name} runs under this project's name and is none of its services: left alone"


def _job(job: str, when: str) -> RolloutStep:
    causes = (f"it comes {when} each release",)
    return RolloutStep(kind=StepKind.JOB, subject=job, says=f"run the job {job}", causes=causes)


def _taken_along(name: str, desired: Desired, replaced: set[str]) -> str:
    """A container that shares another one's network must go with it."""
    mode = str(desired.spec["services"][name].get("network_mode") or "")
    shared = mode.removeprefix("service:") if mode.startswith("service:") else ""
    return f"it shares the network of {shared}, which is replaced" if shared in replaced else ""


def _clear(name: str, tasks: tuple[Task, ...], why: str) -> RolloutStep:
    number = "a container" if len(tasks) == 1 else f"{len(tasks)} containers"
    return RolloutStep(
        kind=StepKind.CLEAR, subject=name, says=f"remove {number} of {name}", causes=(why,), tasks=_ids(tasks)
    )


def _ids(tasks: Collection[Task]) -> tuple[str, ...]:
    return tuple(task.id for task in tasks)
