"""The tasks of a release while it is observed: which are its own, what became of them, and do all of them serve."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from ...model.release import ShippedService
from ...model.rollout import Task, TaskState


class TasksSeen:
    """`services`: what was shipped and is to run on. Old containers that are kept for the way back are none of it, nor
    those that are replaced by their like (`leaving`: their ids)."""

    def __init__(self, services: Mapping[str, ShippedService], leaving: Collection[str] = ()) -> None:
        self._services = services
        self._leaving = frozenset(leaving)
        self._over: frozenset[str] = frozenset()
        self._first: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self.tasks: tuple[Task, ...] = ()

    def leave_out(self, running: Mapping[str, Iterable[Task]], touched: Collection[str]) -> None:
        """Services that the release leaves alone and that do not serve as it is, and tasks of a swarm that were over
        before it began: they are none of its faults."""
        every = (task for tasks in running.values() for task in tasks)
        self._over = frozenset(task.attempt for task in every if task.attempt and task.state in _OVER)
        self._services = {
            service: shipped
            for service, shipped in self._services.items()
            if service in touched or _serves(shipped, running.get(service, ()))
        }

    def see(self, running: Mapping[str, Iterable[Task]]) -> None:
        self.tasks = tuple(
            task
            for service, shipped in self._services.items()
            for task in _of_release(shipped, running.get(service, ()))
            if task.id not in self._leaving and not (task.state in _OVER and task.attempt in self._over)
        )
        for task in self.tasks:
            self._first.setdefault(task.id, task.restarts)
            self._names[task.id] = task.name

    @property
    def restarts(self) -> dict[str, int]:
        """Since each was first seen: id -> how many."""
        return {task.id: more for task in self.tasks if (more := task.restarts - self._first[task.id]) > 0}

    @property
    def gone(self) -> tuple[str, ...]:
        """Names of those that were seen and are there no more, where too few are left."""
        here = {task.id for task in self.tasks}
        return tuple(name for id, name in self._names.items() if id not in here) if self._lacking() else ()

    @property
    def all_serve(self) -> bool:
        return not self._lacking() and all(task.is_serving for task in self.tasks)

    def not_serving(self) -> str:
        """Who does not serve, in words."""
        names = [f"{task.name} is {_state(task)}" for task in self.tasks if not task.is_serving]
        return "; ".join((*names, *self._lacking()))

    def _lacking(self) -> list[str]:
        counts = {service: sum(task.service == service for task in self.tasks) for service in self._services}
        return [
            f"{service} has {counts[service]} of {shipped.replicas} containers"
            for service, shipped in self._services.items()
            if counts[service] < shipped.replicas
        ]


def unwell(running: Mapping[str, Iterable[Task]]) -> dict[str, str]:
    """Services that do not serve as they should: service -> which of its tasks, and what they are. One that ended
    beside others that serve may be kept for the way back."""
    found = {}
    for service, tasks in running.items():
        own = [task for task in tasks if not task.is_job]
        serve = any(task.is_serving for task in own)
        bad = [task for task in own if not task.is_serving and not (serve and task.state in _OVER)]
        if bad:
            found[service] = ", ".join(f"{task.name} is {_state(task)}" for task in bad)
    return found


_OVER = (TaskState.EXITED, TaskState.DEAD)


def _state(task: Task) -> str:
    return task.health if task.state is TaskState.RUNNING and task.health else task.state


def _of_release(shipped: ShippedService, tasks: Iterable[Task]) -> Iterator[Task]:
    for task in tasks:
        if task.is_of(shipped) and not task.is_job:
            yield task


def _serves(shipped: ShippedService, tasks: Iterable[Task]) -> bool:
    return sum(task.is_serving for task in _of_release(shipped, tasks)) >= shipped.replicas
