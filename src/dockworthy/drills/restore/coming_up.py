"""The services of a copy come up, each behind those that it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ...errors import HostError
from ...fix.verify.project import ScratchProject
from .project_copy import ProjectCopy

COMES_UP = 180.0
"""Seconds in which a service of the copy must run, and be healthy where it has a health check."""
LOOKS_EVERY = 0.5
_STAYS_UP = 3.0
"""Seconds after which one without a health check must still run: one that fails at once runs for a moment, too."""


class DrillFailed(HostError):
    """The restored copy does not do what it must."""


async def start(project: ScratchProject, copy: ProjectCopy, service: str, started: dict[str, str]) -> None:
    """Starts it, once all that it waits for in `depends_on` is as it is to be. `started`: service -> container, to
    which it is added. Raises DrillFailed, NotStarted."""
    if service in started:
        return
    for needed, must_end in copy.waits.get(service, {}).items():
        if needed in started:
            await comes_up(project, needed, started[needed], must_end=must_end)
    started[service] = await project.start(service)


async def come_up(project: ScratchProject, started: Mapping[str, str]) -> None:
    """All of them. Raises DrillFailed."""
    for service, container in started.items():
        await comes_up(project, service, container)


async def comes_up(project: ScratchProject, service: str, container: str, *, must_end: bool = False) -> None:
    """Waits until it runs and is healthy, or has ended well; `must_end`: only the latter will do. Raises DrillFailed
    for one that does not."""
    clock = asyncio.get_running_loop().time
    ends = clock() + COMES_UP
    while True:
        facts = await project.inspect(container)
        state = facts["State"]
        health = (state.get("Health") or {}).get("Status")
        if _ended_well(state) or (not must_end and state.get("Running") and health in (None, "none", "healthy")):
            return
        if clock() > ends or health == "unhealthy" or _is_over(facts):
            raise await _failed(project, service, container, health or str(state.get("Status")))
        await asyncio.sleep(LOOKS_EVERY)


async def stay_up(project: ScratchProject, started: Mapping[str, str]) -> None:
    """Raises DrillFailed for one that ran, and was gone or began anew within seconds."""
    before = {service: (await project.inspect(container))["State"] for service, container in started.items()}
    await asyncio.sleep(_STAYS_UP)
    for service, container in started.items():
        state = (await project.inspect(container))["State"]
        if not _ended_well(state) and state.get("StartedAt") != before[service].get("StartedAt"):
            raise await _failed(project, service, container, "starts again and again")
        if not _ended_well(state) and not state.get("Running"):
            raise await _failed(project, service, container, str(state.get("Status")))


async def _failed(project: ScratchProject, service: str, container: str, how: str) -> DrillFailed:
    said = " / ".join((await project.log(container))[-3:])[:300]
    is_so = how if how.startswith("starts") else f"is {how}"
    return DrillFailed(f"{service} {is_so} with the restored data{f': {said}' if said else ''}")


def _ended_well(state: Mapping[str, Any]) -> bool:
    """A job that has done its work."""
    return state.get("Status") == "exited" and not state.get("ExitCode")


def _is_over(facts: Mapping[str, Any]) -> bool:
    """It has failed, and nothing starts it again."""
    policy = ((facts.get("HostConfig") or {}).get("RestartPolicy") or {}).get("Name")
    return facts["State"].get("Status") in ("exited", "dead") and policy in (None, "", "no")
