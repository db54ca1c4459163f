"""The restored project starts: the release in force as its record says, or the services that ran by their Compose
files; then it must stay up."""

from __future__ import annotations

import asyncio
from typing import Any

from ..backup.key_values import NoClient, has_loaded
from ..deploy.compose_command import ComposeCommand
from ..deploy.options import DeployOptions
from ..engine.filters import filters
from ..engine.site import Site
from ..errors import DockworthyError
from ..model.backup import BackupMethod, BackupRun
from ..model.deploy_settings import Objectives, seconds_of
from ..model.labels import COMPOSE_PROJECT, COMPOSE_SERVICE
from ..model.release import ReleaseState
from ..model.saying import Say
from ..release import rollback
from .lost_project import LostProject

_LOOKS_EVERY = 0.5
_STAYS_UP = 3.0
"""Seconds after which one that ran must still run."""
_AT_LEAST = 60.0
AFTER_A_LOSS = Objectives(failed_requests=10**9, restarts=10**6)
"""A host that has just come up is slow at first: that its routes answer, and containers stay up, is seen here."""


class DidNotStart(DockworthyError):
    """The restored project does not run."""


async def start_project(
    site: Site, run: BackupRun, lost: LostProject, options: DeployOptions, *, say: Say
) -> tuple[str, ...]:
    """Returns the names of its containers. Raises DidNotStart, and what a deploy raises."""
    if lost.release is not None:
        await _ship(run, lost, options, say=say)
    else:
        services = {name: lost.spec.services[name] for name in lost.active}
        compose = ComposeCommand(site.docker_host, lost.folder)
        await compose.up_in_order(lost.spec.with_services(services), [*lost.active])
    within = max(_AT_LEAST, seconds_of(lost.settings.healthy_within))
    containers = await _until_up(site, run.scope, within)
    await asyncio.sleep(_STAYS_UP)
    await _until_up(site, run.scope, _AT_LEAST, started=containers)
    await _must_have_loaded(site, run, say=say)
    return tuple(sorted(_name(each) for each in containers.values()))


async def _ship(run: BackupRun, lost: LostProject, options: DeployOptions, *, say: Say) -> None:
    """By the way of a rollback: what its record says, observed as a deploy is, its routes asked. It ran before, so no
    policy that became stricter since then, and no slow beginning, keeps it away on such a day."""
    assert lost.release is not None
    shipped = await rollback(
        options, lost.release.number, lambda _: (), project=run.scope, agree=lambda _: True, say=say
    )
    if shipped.release is not None and shipped.release.state is ReleaseState.KEPT:
        seen = shipped.release.observation
        if seen is not None and seen.probes_failed * 2 > seen.probes:
            raise DidNotStart(
                f"the routes of {run.scope} do not answer: {seen.probes_failed} of {seen.probes} requests failed",
                hint="does an older backup do? --at TIME",
            )
        return
    why = shipped.release.why if shipped.release is not None else "; ".join(shipped.refused_because)
    asks = "; ".join(each.says for each in shipped.plan.questions) if shipped.plan is not None else ""
    raise DidNotStart(
        f"release {lost.release.number} of {run.scope} does not start as it was recorded: {why or asks or 'refused'}",
        hint=shipped.release.hint if shipped.release is not None and shipped.release.hint else "an older backup: --at",
    )


async def _containers(site: Site, project: str) -> list[dict[str, Any]]:
    listed = await site.engine.get(f"/containers/json?all=true&{filters(label=[f'{COMPOSE_PROJECT}={project}'])}")
    return [await site.engine.get(f"/containers/{each['Id']}/json") for each in listed]


async def _until_up(
    site: Site, project: str, seconds: float, *, started: dict[str, dict[str, Any]] | None = None
) -> dict[str, dict[str, Any]]:
    """Id -> each container, once all run and are healthy, or have ended well. `started`: as they were before: one that
    was started anew since then does not stay up."""
    clock = asyncio.get_running_loop().time
    ends = clock() + seconds
    while True:
        found = {each["Id"]: each for each in await _containers(site, project)}
        again = [
            each
            for id, each in found.items()
            if started is not None and id in started and each["State"]["StartedAt"] != started[id]["State"]["StartedAt"]
        ]
        if again:
            raise DidNotStart(f"{_name(again[0])} starts again and again with the restored data", hint=_log(again[0]))
        waiting = [each for each in found.values() if not _is_well(each["State"])]
        if found and not waiting:
            return found
        if clock() > ends or any(_has_failed(each) for each in waiting):
            who = next((each for each in waiting if _has_failed(each)), waiting[0] if waiting else None)
            if who is None:
                raise DidNotStart(f"no container of {project} is there", hint="docker compose up --detach")
            how = (who["State"].get("Health") or {}).get("Status") or who["State"].get("Status")
            raise DidNotStart(f"{_name(who)} is {how} with the restored data", hint=_log(who))
        await asyncio.sleep(_LOOKS_EVERY)


def _name(container: dict[str, Any]) -> str:
    return str(container["Name"]).lstrip("/")


def _log(container: dict[str, Any]) -> str:
    labels = container["Config"].get("Labels") or {}
    return f"its service {labels.get(COMPOSE_SERVICE, '')}: does an older backup do? --at TIME"


def _is_well(state: dict[str, Any]) -> bool:
    if state.get("Status") == "exited":
        return not state.get("ExitCode")
    health = (state.get("Health") or {}).get("Status")
    return bool(state.get("Running")) and not state.get("Restarting") and health in (None, "none", "healthy")


def _has_failed(container: dict[str, Any]) -> bool:
    state = container["State"]
    policy = ((container.get("HostConfig") or {}).get("RestartPolicy") or {}).get("Name")
    unhealthy = (state.get("Health") or {}).get("Status") == "unhealthy"
    return unhealthy or (state.get("Status") in ("exited", "dead") and policy in (None, "", "no"))


async def _must_have_loaded(site: Site, run: BackupRun, *, say: Say) -> None:
    """Valkey and Redis tell how many keys they have found. Raises DidNotStart."""
    wanted = {each.volume: each for each in run.data if each.method is BackupMethod.RDB and each.volume}
    if not wanted:
        return
    told: dict[str, str] = {}
    for container in await _containers(site, run.scope):
        for mount in container.get("Mounts") or ():
            data = wanted.get(str(mount.get("Name") or ""))
            if data is None:
                continue
            try:
                told[data.name] = await has_loaded(site, data, container["Id"], say=say)
            except NoClient:
                continue
    if wrong := next(((name, why) for name, why in told.items() if why), None):
        raise DidNotStart(f"{wrong[0]}: {wrong[1]}", hint="an older backup: --at TIME")
