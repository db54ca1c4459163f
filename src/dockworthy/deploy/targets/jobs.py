"""Jobs: services that run once. One that was begun by a run that died is waited for, never started twice at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ...engine.connection import Connection
from ...errors import EngineError
from ...model.rollout import Desired, Task, TaskState
from ..compose_command import ComposeCommand
from ..store.still_ours import NOBODY_ELSE, StillOurs
from .log_tail import log_tail
from .running import inspected_or_none, read_tasks, task_of
from .step_failed import StepFailed

_EVERY = 0.2
_SHOWN = 20
"""Lines of its log."""


async def run_job(
    engine: Connection,
    compose: ComposeCommand,
    desired: Desired,
    job: str,
    say: Callable[[str], None],
    *,
    ours: StillOurs = NOBODY_ELSE,
) -> None:
    """Runs it to its end and shows its log. Raises StepFailed where it fails, and Occupied where another one took over
    meanwhile: that one waits for it."""
    tasks = await read_tasks(engine, desired.project)
    for earlier in (task for task in tasks.get(job, ()) if task.is_job):
        if earlier.state is TaskState.RUNNING:
            say(f"{job} is still running as {earlier.name}, from an earlier deploy: waiting for it")
            await _ended(engine, earlier.id, ours)
        await _remove(engine, earlier.id)
    name = f"{desired.project}-{job}-job"
    try:
        await compose.run_job(desired.spec, job, name)
    except EngineError as error:
        if await _never_ran(engine, name):
            raise StepFailed(job, error.says, hint=error.hint, began=False) from None
        raise
    task = await _ended(engine, name, ours)
    lines = await log_tail(engine, name, _SHOWN)
    if task.exit_code:
        raise StepFailed(job, f"the job {job} ended with status {task.exit_code}", log=lines)
    for line in lines:
        say(f"  {job}: {line}")
    await _remove(engine, name)


async def _never_ran(engine: Connection, name: str) -> bool:
    container = await inspected_or_none(engine, name)
    return container is None or container["State"]["Status"] == "created"


async def _ended(engine: Connection, container: str, ours: StillOurs) -> Task:
    while True:
        await ours.check()
        facts = await engine.get(f"/containers/{container}/json")
        task = task_of(facts)
        if task.state in (TaskState.EXITED, TaskState.DEAD):
            return task
        await asyncio.sleep(_EVERY)


async def _remove(engine: Connection, container: str) -> None:
    await engine.send("DELETE", f"/containers/{container}?force=true", answer=False)
