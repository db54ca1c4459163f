"""The edge as one project's deploy sees it: its routes opened, and taken back; who gets requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from ...errors import HostError
from ...model.rollout import RolloutStep, StepKind
from .kept import ProjectRoutes
from .running import EdgeRunner


class ProjectEdge:
    """`wanted`: the routes of the release that is on its way."""

    def __init__(self, runner: EdgeRunner, wanted: ProjectRoutes) -> None:
        self.runner = runner
        self.wanted = wanted
        self._before: ProjectRoutes | None = None
        self._opened = False

    async def step(self) -> RolloutStep | None:
        """What opening it would do; None where there is nothing to do. Raises what stands in the way."""
        change = await self.runner.would_change(self.wanted)
        names = ", ".join(self.wanted.names)
        if change.started:
            says, gap = f"start the edge, for {names}", 0.0
        elif change.recreated:
            says, gap = "make the edge anew: its ports change", 1.0
        elif change.reloaded:
            says, gap = f"tell the edge of new routes, for {names}: no connection is cut", 0.0
        else:
            return None
        return RolloutStep(kind=StepKind.ROUTES, subject="edge", says=says, causes=("deploy.routes",), gap=gap)

    async def open(self) -> None:
        """Raises UsageError, EngineError, HostError; the edge then is as it was."""
        self._before = await self.runner.routes_of(self.wanted.project)
        await self.runner.ensure(self.wanted)
        self._opened = True

    async def take_back(self) -> None:
        """The routes that were there before, if others were opened."""
        if not self._opened:
            return
        if self._before is None:
            await self.runner.remove(self.wanted.project)
        else:
            await self.runner.ensure(self._before)
        self._opened = False

    def sends_to(self, service: str) -> Callable[[Collection[str]], Awaitable[bool]]:
        """Does every route of the service send requests to containers at these addresses?"""
        backends = [name for name, served in self.wanted.backends.items() if served.route.service == service]

        async def all_up(addresses: Collection[str]) -> bool:
            try:
                up = [await self.runner.admin.servers_up(backend) for backend in backends]
            except HostError:  # it is being reloaded
                return False
            return bool(addresses) and all(set(addresses) <= found for found in up)

        return all_up
