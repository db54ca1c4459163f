"""What is to be done with one service's tasks, as they are and as they are to be. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, structs

from ...model.release import ShippedService
from ...model.rollout import EDGE_NETWORK, Desired, Order, RolloutStep, Running, StepKind, Task, TaskState
from .causes import EarlierReleases, differences, lost_networks, why_down
from .standby import returning
from .steps import Replacing, clear, how_replaced, ids_of, replace, scaled

_UP = (TaskState.RUNNING, TaskState.RESTARTING, TaskState.PAUSED)
_NEVER_UP = (TaskState.CREATED, TaskState.DEAD)


class Sorted(Struct, frozen=True):
    """A service's tasks: those that are as they are to be, and the others."""

    current: tuple[Task, ...]
    other: tuple[Task, ...]


def sort_tasks(name: str, desired: Desired, running: Running) -> Sorted:
    """By Compose's hash of the definition and the image's id: a name that points elsewhere now makes no difference."""
    shipped = desired.services[name]
    tasks = [task for task in running.tasks.get(name, ()) if not task.is_job]
    edge_name = desired.edge_names.get(name) if name in desired.routed else None
    current = tuple(task for task in tasks if task.is_of(shipped) and task.is_found_by(edge_name))
    if lost_networks(name, desired, running):
        current = ()
    return Sorted(current, tuple(task for task in tasks if task not in current))


def service_steps(
    name: str,
    desired: Desired,
    running: Running,
    replaced: set[str],
    known: EarlierReleases | None,
    last: ShippedService | None = None,
) -> Iterator[RolloutStep]:
    """`last`: as the release in force shipped it."""
    tasks = sort_tasks(name, desired, running)
    wanted = desired.services[name].replicas
    how = how_replaced(name, desired)
    up = tuple(task for task in tasks.current if task.state in _UP)
    down = tuple(task for task in tasks.current if task.state not in _UP)
    reason = _taken_along(name, desired, replaced)
    if reason and (tasks.current or tasks.other):
        yield replace(name, (*tasks.current, *tasks.other), wanted, how, (reason,))
        return
    if (back := returning(name, tasks.current, tasks.other, desired)) is not None:
        yield back
        return
    if _must_stay(tasks.other, how):  # nothing that serves goes for something that does not
        unused = tuple(task for task in tasks.current if not task.is_serving)
    else:
        unused = tuple(task for task in down if task.state in _NEVER_UP)
    if unused:
        yield clear(name, unused, "made by a run that ended early")
    up, down = (tuple(task for task in some if task not in unused) for some in (up, down))
    if not up and not down:
        causes = (*differences(name, tasks.other, desired, known), *lost_networks(name, desired, running))
        yield from _started(name, tasks.other, wanted, how, causes)
        return
    if name in desired.routed and (absent := tuple(task for task in up if EDGE_NETWORK not in task.addresses)):
        yield RolloutStep(
            kind=StepKind.JOIN_EDGE,
            subject=name,
            says=f"let {name} join the edge, without recreating it",
            causes=("it has a route, and is not on the edge's network",),
            tasks=ids_of(absent),
        )
    yield from _kept_up(name, up, down, tasks.other, wanted, how, last)


def _must_stay(other: tuple[Task, ...], how: Replacing) -> bool:
    """Where two can't be at a time, also while it starts (the guard of a deploy that died may just have brought it
    back): what is wanted would be started beside it."""
    exclusive = how.order is Order.STOP_FIRST
    return any(task.is_serving or (exclusive and task.state in _UP) for task in other)


def leaving_edge(desired: Desired, running: Running, names: Iterable[str]) -> Iterator[RolloutStep]:
    """What lost its routes and stays: nobody at the edge is to reach it any more."""
    for name in names:
        if name in desired.routed or _is_asked_there(name, desired):
            continue
        tasks = sort_tasks(name, desired, running).current
        if found := tuple(task for task in tasks if task.state in _UP and EDGE_NETWORK in task.addresses):
            yield RolloutStep(
                kind=StepKind.LEAVE_EDGE,
                subject=name,
                says=f"take {name} off the edge's network, without recreating it",
                causes=("it has no route any more",),
                tasks=ids_of(found),
            )


def _is_asked_there(name: str, desired: Desired) -> bool:
    """By the person's own file."""
    own = desired.spec.services[name].networks
    return any(desired.spec.object_name("networks", each) == EDGE_NETWORK for each in own)


def _kept_up(
    name: str,
    up: tuple[Task, ...],
    down: tuple[Task, ...],
    other: tuple[Task, ...],
    wanted: int,
    how: Replacing,
    last: ShippedService | None,
) -> Iterator[RolloutStep]:
    """Some of what is wanted is there: what should run and does not is started, what is too much goes."""
    if paused := tuple(task for task in up if task.state is TaskState.PAUSED):
        causes = tuple(f"{task.name} is paused" for task in paused)
        says = f"let {name} go on"
        yield RolloutStep(
            kind=StepKind.RESTART, subject=name, says=says, causes=causes, tasks=ids_of(paused), replicas=wanted
        )
    need = down[: max(wanted - len(up), 0)]
    if need:
        causes = tuple(why_down(task) for task in need)
        says = f"start {name} again"
        yield RolloutStep(
            kind=StepKind.RESTART, subject=name, says=says, causes=causes, tasks=ids_of(need), replicas=wanted
        )
    if surplus := down[len(need) :]:
        yield clear(name, surplus, "more than are asked for, and not running")
    yield from _finished(name, other, (*up, *need), wanted, how, last)
    if not other or len(up) + len(need) > wanted:
        yield from scaled(name, (*up, *need), wanted, last.replicas if last is not None else None)


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
    yield replace(name, other, wanted, how, causes)


def _finished(
    name: str,
    other: tuple[Task, ...],
    up: tuple[Task, ...],
    wanted: int,
    how: Replacing,
    last: ShippedService | None,
) -> Iterator[RolloutStep]:
    """Old ones beside new ones: a roll-out that ended early, or one whose old tasks were kept to go back to."""
    if not other:
        return
    if len(up) >= wanted:
        of_last = [task for task in other if last is not None and task.is_of(last) and task.state not in _NEVER_UP]
        if others := [task for task in other if task not in of_last]:
            yield clear(name, others, "replaced by newer ones, which run")
        if of_last:  # the way back, should those not be what was hoped for
            step = clear(name, of_last, "replaced by newer ones, which run")
            yield structs.replace(step, order=how.order, newer=ids_of(up))
    else:
        yield replace(name, other, wanted - len(up), how, ("a roll-out ended in the middle",))


def _taken_along(name: str, desired: Desired, replaced: set[str]) -> str:
    """A container that shares another one's network must go with it."""
    shared = desired.spec.services[name].shares_network_of
    return f"it shares the network of {shared}, which is replaced" if shared in replaced else ""
