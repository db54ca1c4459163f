"""Old containers that run on, out of rotation, so that the way back is short: which may, which come back, which go.
Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import structs

from ...errors import UsageError
from ...model.compose_project import ComposeService
from ...model.deploy_settings import DeploySettings, TargetKind, seconds_of
from ...model.release import Release
from ...model.rollout import EDGE_NETWORK, Desired, Order, RolloutStep, Running, StepKind, Task
from .steps import Replacing

_SHARED = ("network_mode", "pid", "ipc")
BACK = "kept running: back in under 1 s"


def refuse_standby(settings: DeploySettings) -> None:
    """Raises UsageError, before anything is changed, where nobody could take old containers out of rotation."""
    if settings.standby is None or not seconds_of(settings.standby):
        return
    if settings.target is TargetKind.SWARM:
        raise UsageError(
            "standby: a swarm has no task that runs and gets no requests",
            hint="leave it out: `dockworthy rollback` of a swarm starts the old tasks beside the new ones, without a "
            "failed request; or ship to one engine (`deploy.target: compose`)",
        )
    if settings.edge == "existing":
        raise UsageError(
            "standby: with `edge: existing` nobody tells that edge to send nothing to containers that run on",
            hint="leave it out, or let dockworthy's own edge serve the routes (`deploy.edge: {http: 80}`)",
        )
    if not settings.routes:
        raise UsageError(
            "standby: no service has a route, so there is no rotation that its old containers could leave",
            hint="name what is served in deploy.routes, or leave `standby` out",
        )


def without_standby(desired: Desired, running: Running) -> Running:
    """What runs, without containers that stand by for another release than `desired`, or whose time is over."""
    known = {id: each.left > 0 for each in running.standby for id in each.tasks}
    tasks = {
        name: tuple(
            task for task in of_one if task.id not in known or (known[task.id] and _is_wanted(name, task, desired))
        )
        for name, of_one in running.tasks.items()
    }
    return structs.replace(running, tasks=tasks)


def returning(name: str, current: Sequence[Task], other: Sequence[Task], desired: Desired) -> RolloutStep | None:
    """The step that puts standby containers back into rotation, where they are what is wanted; then the others go."""
    up = [task for task in current if task.is_serving]
    wanted = desired.services[name].replicas
    chosen = sorted(up, key=lambda task: EDGE_NETWORK not in task.addresses)[:wanted]
    absent = [task for task in chosen if EDGE_NETWORK not in task.addresses]
    if name not in desired.routed or not other or not absent or len(chosen) < wanted:
        return None
    return RolloutStep(
        kind=StepKind.RETURN,
        subject=name,
        says=f"let the old containers of {name} serve again, then stop the new ones",
        causes=(BACK,),
        back=tuple(task.id for task in absent),
        tasks=tuple(task.id for task in (*other, *current) if task not in chosen),
    )


def gone_first(running: Running, steps: Sequence[RolloutStep]) -> Iterator[RolloutStep]:
    """Steps that remove what stands by and does not come back: a deploy that changes anything ends its time."""
    busy = {id for step in steps for id in (*step.back, *step.tasks)}
    standing = {id for each in running.standby for id in each.tasks} - busy
    for name, tasks in running.tasks.items():
        if steps and (found := tuple(task.id for task in tasks if task.id in standing)):
            number = "the container" if len(found) == 1 else f"the {len(found)} containers"
            yield RolloutStep(
                kind=StepKind.CLEAR,
                subject=name,
                says=f"remove {number} of {name} that stood by",
                causes=("kept for the way back from the release before this one",),
                tasks=found,
            )


def first_back(steps: Sequence[RolloutStep]) -> tuple[RolloutStep, ...]:
    """Services with standby containers roll back first: they need not wait for those that are restarted."""
    back = [step for step in steps if step.kind is StepKind.RETURN]
    return (*back, *(step for step in steps if step.kind is not StepKind.RETURN))


def keeping(
    steps: Sequence[RolloutStep], desired: Desired, running: Running, last: Release | None, standby: str
) -> tuple[tuple[RolloutStep, ...], tuple[str, ...]]:
    """The steps, changed so that old containers stand by where they may; and notes for the plan, on which do and why
    others do not. `standby`: for how long."""
    found, notes = [], []
    job = next((step.subject for step in steps if step.kind is StepKind.JOB), "")
    for step in steps:
        if step.kind is not StepKind.REPLACE:
            found.append(step)
            continue
        tasks = [task for task in running.tasks.get(step.subject, ()) if task.id in step.tasks]
        why = f"the job {job} runs in between" if job else _why_not(step, tasks, desired, last)
        if why:
            found.append(step)
            notes.append(f"{step.subject} does not stand by, its way back is the usual one: {why}")
        else:
            found.append(_kept(step, standby))
            notes.append(
                f"{step.subject}: {len(tasks)} old of {len(tasks) + step.replicas} containers take memory until "
                f"{standby} after the release is kept; the way back to them takes under 1 s. They do what they do by "
                f"themselves, and who calls {step.subject} by its name within the project reaches them, too"
            )
    return tuple(found), tuple(notes)


def the_usual_way(steps: Sequence[RolloutStep], desired: Desired, how: dict[str, Replacing]) -> Iterator[str]:
    """Notes for a rollback in which some services have standby containers: why the others have none."""
    if not any(step.kind is StepKind.RETURN for step in steps):
        return
    for step in steps:
        if step.kind in (StepKind.REPLACE, StepKind.CREATE):
            why = _by_its_kind(step.subject, desired, how[step.subject]) or "its old containers do not run"
            yield f"{step.subject} goes the usual way back: {why}"


def standing_words(running: Running, name: str) -> str:
    """`2 containers stand by for 9 min more`; "" where none does."""
    for each in running.standby:
        count = sum(task.id in each.tasks for task in running.tasks.get(name, ()))
        if count and each.left > 0:
            left = f"{each.left / 60:.0f} min" if each.left >= 90 else f"{each.left:.0f} s"
            return f"{count} old of it {'runs' if count == 1 else 'run'} on, out of rotation, for {left} more"
    return ""


def _kept(step: RolloutStep, standby: str) -> RolloutStep:
    says = f"replace {step.subject}: new beside old, old ones leave the rotation when new ones are healthy, and run on"
    return structs.replace(step, says=f"{says} for {standby}", stand_by=True)


def _why_not(step: RolloutStep, tasks: Sequence[Task], desired: Desired, last: Release | None) -> str:
    name = step.subject
    if step.order is Order.STOP_FIRST:
        return f"the old one goes first ({step.causes[-1]})"
    if why := _by_its_kind(name, desired, None):
        return why
    if last is None or name not in last.services:
        return "no release of it was recorded that could be gone back to"
    shipped = last.services[name]
    if not all(task.is_of(shipped) for task in tasks):
        return f"what runs is not what release {last.number} shipped"
    if not all(task.is_serving and EDGE_NETWORK in task.addresses for task in tasks):
        return "not all of its containers serve at the edge"
    return ""


def _by_its_kind(name: str, desired: Desired, how: Replacing | None) -> str:
    if how is not None and how.order is Order.STOP_FIRST:
        return f"the old one goes first ({how.because[0]})"
    if name not in desired.routed:
        return "it has no route, so old and new would both be at work"
    sharing = sorted(_sharing(name, desired.spec.services))
    return f"{sharing[0]} shares what is its own" if sharing else ""


def _sharing(name: str, services: Mapping[str, ComposeService]) -> Iterator[str]:
    """Who lives in this one's namespaces or volumes: a container of one of two would be meant."""
    for other, service in services.items():
        shared = [service.namespaces.get(key) for key in _SHARED]
        mounted = [each.partition(":")[0] for each in service.volumes_from]
        if f"service:{name}" in shared or name in mounted:
            yield other


def _is_wanted(name: str, task: Task, desired: Desired) -> bool:
    shipped = desired.services.get(name)
    return shipped is not None and task.is_of(shipped)
