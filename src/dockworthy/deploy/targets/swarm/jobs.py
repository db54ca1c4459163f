"""Jobs as the swarm's own (`replicated-job`): one task that runs once. Its name is one that only one can have, so there
are never two at a time; one that a deploy which died left is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from ....engine.connection import Connection
from ....errors import UsageError
from ....model.hosts import TASK_ENDED
from ....model.rollout import Desired
from ...store.still_ours import NOBODY_ELSE, StillOurs
from ..step_failed import StepFailed
from .names import job_name
from .needs import ids_of
from .service_spec import job_spec
from .services import create, remove, service_of
from .waiting import failure, task_log, tasks_of

_EVERY = 0.2
_SHOWN = 20
"""Lines of its log."""


async def run_job(
    engine: Connection,
    desired: Desired,
    job: str,
    say: Callable[[str], None],
    *,
    within: float,
    ours: StillOurs = NOBODY_ELSE,
) -> None:
    """Runs it to its end and shows its log. `within`: seconds in which the swarm must find it a node.

    Raises StepFailed where it fails.
    """
    name = job_name(desired.project, job)
    if await service_of(engine, name) is not None:
        say(f"{job} was begun by an earlier deploy: waiting until that has ended")
        await _ended(engine, job, name, within, ours)
        await remove(engine, name)
    try:
        ids = await ids_of(engine, desired.spec, job)
    except UsageError as error:  # it names what the swarm has not
        raise StepFailed(job, error.says, hint=error.hint, began=False) from None
    await create(engine, job_spec(desired.spec, job, ids))
    try:
        task = await _ended(engine, job, name, within, ours)
        if task["Status"]["State"] != "complete":
            raise await failure(engine, job, f"the job {job}", task, _SHOWN)
        lines = await task_log(engine, task, _SHOWN)
    except StepFailed:
        await remove(engine, name)
        raise
    for line in lines:
        say(f"  {job}: {line}")
    await remove(engine, name)


async def _ended(engine: Connection, job: str, name: str, within: float, ours: StillOurs) -> Mapping[str, Any]:
    clock = asyncio.get_running_loop().time
    ends = clock() + within
    while True:
        await ours.check()
        tasks = await tasks_of(engine, name)
        if tasks and tasks[-1]["Status"]["State"] in TASK_ENDED:
            return tasks[-1]
        if clock() >= ends and (not tasks or tasks[-1]["Status"]["State"] == "pending"):
            said = tasks[-1]["Status"].get("Err", "") if tasks else ""
            raise StepFailed(job, f"the swarm found no node for the job {job} in {within:.0f} s: {said}", began=False)
        await asyncio.sleep(_EVERY)
