"""Steps as a plan shows them: what is done, why, to which tasks. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ...model.rollout import Order, RolloutStep, StepKind, Task, TaskState
from .replacing import Replacing


def replace(name: str, tasks: tuple[Task, ...], wanted: int, how: Replacing, causes: tuple[str, ...]) -> RolloutStep:
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
        tasks=ids_of(tasks),
        replicas=wanted,
    )


def scaled(name: str, up: tuple[Task, ...], wanted: int, before: int | None) -> Iterator[RolloutStep]:
    """`before`: how many the release in force asks for."""
    says = f"scale {name} from {len(up)} to {wanted}"
    if len(up) < wanted:
        is_more = before is None or before < wanted
        cause = "more replicas are asked for" if is_more else f"only {len(up)} of {wanted} are there"
        yield RolloutStep(kind=StepKind.SCALE, subject=name, says=says, causes=(cause,), replicas=wanted)
    elif len(up) > wanted:
        surplus = sorted(up, key=lambda task: (task.is_serving, task.started))[: len(up) - wanted]
        yield RolloutStep(
            kind=StepKind.SCALE,
            subject=name,
            says=says,
            causes=("fewer replicas are asked for",),
            tasks=ids_of(surplus),
            replicas=wanted,
        )


def clear(name: str, tasks: Collection[Task], why: str) -> RolloutStep:
    number = "a container" if len(tasks) == 1 else f"{len(tasks)} containers"
    return RolloutStep(
        kind=StepKind.CLEAR, subject=name, says=f"remove {number} of {name}", causes=(why,), tasks=ids_of(tasks)
    )


def ids_of(tasks: Collection[Task]) -> tuple[str, ...]:
    return tuple(task.id for task in tasks)
