"""Where a project goes: its releases, who makes its containers and its edge, by `deploy.target`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..model.deploy_settings import TargetKind
from ..model.rollout import Desired, Running
from .asked import Say
from .compose_command import ComposeCommand
from .edge.running import EdgeRunner
from .site import Site
from .store import FileStore, ReleaseStore, SwarmStore
from .targets.compose import ComposeTarget
from .targets.maker import ComposeMaker, Maker
from .targets.running import read_running
from .targets.swap_guard import SwapGuard
from .targets.swarm.images.node_images import NodeImages
from .targets.swarm.maker import SwarmMaker
from .targets.swarm.reading import read_swarm
from .targets.swarm.ready import must_be_ready, must_not_be_swarms
from .targets.swarm.target import SwarmTarget
from .targets.target import Target
from .targets.waiting import OnEdge


class Destination:
    """Of one project on one site. All but `target` and `maker` is for who only reads, too."""

    def __init__(self, kind: TargetKind, site: Site, project: str) -> None:
        """Raises UsageError for what can't be a project's name there."""
        self.kind = kind
        self.site = site
        self.project = project
        self.store: ReleaseStore = (
            SwarmStore(site.engine, project) if kind is TargetKind.SWARM else FileStore(site, project)
        )

    async def ready(self) -> None:
        """Before anything else. Raises UsageError where nothing can be shipped there, or where the project runs by the
        other target; EngineError."""
        if self.kind is TargetKind.SWARM:
            await must_be_ready(self.site.engine, self.project)
        else:
            await must_not_be_swarms(self.site.engine, self.project)

    async def running(self) -> Running:
        read = read_swarm if self.kind is TargetKind.SWARM else read_running
        return await read(self.site.engine, self.project)

    def maker(self, compose: ComposeCommand) -> Maker:
        return SwarmMaker(self.site.engine) if self.kind is TargetKind.SWARM else ComposeMaker(compose)

    def edge(self) -> EdgeRunner:
        return EdgeRunner(self.site, swarm=self.kind is TargetKind.SWARM)

    def target(
        self,
        compose: ComposeCommand,
        desired: Desired,
        *,
        healthy_within: float,
        say: Say,
        hosts: Mapping[str, str],
        sudo: bool,
        on_edge: Callable[[str], OnEdge] | None = None,
    ) -> Target:
        """`hosts`: those of dockworthy.yaml, by which nodes of a swarm are reached where they lack an image."""
        engine = self.site.engine
        if self.kind is TargetKind.SWARM:
            images = NodeImages(engine, hosts, sudo=sudo, say=say)
            within = healthy_within
            return SwarmTarget(engine, desired, healthy_within=within, say=say, images=images, on_edge=on_edge)
        folder = f"{self.site.state}/releases/{self.project}"
        guard = SwapGuard(self.site.hand, folder, self.site.socket)
        return ComposeTarget(
            engine, compose, desired, healthy_within=healthy_within, say=say, guard=guard, on_edge=on_edge
        )
