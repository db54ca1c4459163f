"""Aborts a takeover from a swarm that ended in the middle: what the swarm ran runs there again."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import structs

from ..engine.clock import now
from ..errors import UsageError
from ..model.deploy_settings import DeploySettings, seconds_of
from ..model.release import Release, ReleaseState
from ..model.saying import Say
from .backend import Backend
from .edge.project_edge import ProjectEdge
from .release_history import unfinished
from .shipping import Shipped
from .targets.migration import give_back
from .targets.running import read_tasks


def unfinished_takeover(to: Backend, releases: Sequence[Release]) -> Release | None:
    """The one that a rollback aborts: its services are still the swarm's, emptied or not. `releases`: of Compose."""
    begun = unfinished(releases)
    return begun[-1] if to.takes_over and begun else None


async def must_run_here(to: Backend) -> None:
    """A rollback does not take over: that would be a step forward. Raises UsageError where the swarm runs it all."""
    if to.takes_over and not await read_tasks(to.site.engine, to.project):
        raise UsageError(
            f"{to.project} runs as services of a swarm, and a rollback does not change the target",
            hint="`dockworthy deploy` takes it over to Compose; with `deploy.target: swarm` a rollback goes back there",
        )


async def abort_takeover(to: Backend, releases: Sequence[Release], begun: Release, say: Say) -> Shipped:
    """Raises StepFailed, EngineError: the next run can begin again."""
    settings = msgspec.convert(begun.settings, DeploySettings)
    routes = await to.edge().routes_of(to.project)
    edge = ProjectEdge(to.edge(), to.project, routes)
    routed = {served.route.service for served in routes.backends.values()} if routes is not None else set()
    await give_back(
        to.site.engine,
        begun,
        within=seconds_of(settings.healthy_within),
        say=say,
        on_edge=lambda name: edge.sends_to(name) if name in routed else None,
    )
    for each in unfinished(releases):
        ended = structs.replace(
            each, state=ReleaseState.ROLLED_BACK, why="it ended in the middle, and was taken back", ended=now()
        )
        await to.store.write(ended)
    return Shipped(release=ended)
