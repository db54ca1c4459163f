"""Where a release is shipped: one engine or a swarm, with its records, its lock and its edge."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from msgspec import structs

from ..engine.site import Site
from ..model.deploy_settings import TargetKind
from ..model.release import Release
from ..model.rollout import EDGE_NETWORK, Desired, Running, Task
from ..model.saying import Say
from .compose_command import ComposeCommand
from .edge.edges import Edges, EdgeSites
from .edge.rotation import Rotation
from .edge.running import EdgeRunner
from .release_history import in_force, of_target
from .store import FileStore, Lock, ReleaseStore, StillOurs, SwarmStore
from .targets.compose import ComposeTarget
from .targets.containers import Containers, OnEdge
from .targets.migration import ContainersAndTasks, SwarmsPart, TakeoverTarget, on_networks_of_swarm, swarms_part
from .targets.provisioner import ComposeMaker, Maker
from .targets.running import read_running
from .targets.standby import StandBy, StandbyMarks
from .targets.swap_guard import SwapGuard
from .targets.swarm.lost import LostTasks
from .targets.swarm.node_images import NodeImages
from .targets.swarm.provisioner import SwarmMaker
from .targets.swarm.reading import read_swarm
from .targets.swarm.ready import WAITS, must_be_ready
from .targets.swarm.target import SwarmTarget
from .targets.target import Target


class Backend:
    """One project on one site. `target` and `maker` belong to a deploy; commands that only read use the rest."""

    def __init__(self, kind: TargetKind, site: Site, project: str) -> None:
        """Raises UsageError for what can't be a project's name there."""
        self.edge_sites = EdgeSites()
        """The hosts that have the edge, too."""
        self.kind = kind
        self.site = site
        self.project = project
        self.store: ReleaseStore = (
            SwarmStore(site.engine, project) if kind is TargetKind.SWARM else FileStore(site, project)
        )
        self.swarms = SwarmsPart()
        """What a swarm has of it, where it is not the target: known once this is ready."""
        self.elsewhere = RecordsElsewhere(self.store, None)

    async def ready(self, say: Say) -> None:
        """Before anything else; says what it waits for.

        Raises UsageError where nothing can be shipped there, or where the project runs by the other target and can't
        be taken over; EngineError.
        """
        if self.kind is TargetKind.SWARM:
            await must_be_ready(self.site.engine, self.project, waits=lambda: say(WAITS))
            self.elsewhere = RecordsElsewhere(self.store, FileStore(self.site, self.project))
            return
        self.swarms = await swarms_part(self.site.engine, self.project)
        if self.swarms.services:
            self.elsewhere = RecordsElsewhere(self.store, SwarmStore(self.site.engine, self.project))

    @property
    def takes_over(self) -> bool:
        """Is this a takeover: does a swarm run what Compose is to run from now on?"""
        return bool(self.swarms.services)

    async def releases(self, *, skip_damaged: bool = False) -> Sequence[Release]:
        """Those by this target, oldest first: what was shipped by the other one can't be gone back to."""
        return of_target(await self.store.releases(skip_damaged=skip_damaged), self.kind)

    async def running(self) -> Running:
        if self.kind is TargetKind.SWARM:
            return await read_swarm(self.site.engine, self.project)
        running = await read_running(self.site.engine, self.project)
        return structs.replace(running, standby=await self._marks().read())

    async def running_on_all_nodes(self, hosts: Mapping[str, str], *, sudo: bool) -> Running:
        """What runs, and on a swarm also containers that belong to no task any more: on each node to which `hosts` of
        dockworthy.yaml leads."""
        running = await self.running()
        if self.kind is not TargetKind.SWARM:
            return running
        lost = await LostTasks(self.site.engine, self.project, hosts, sudo=sudo).look()
        return structs.replace(running, lost=lost.found, unseen=lost.unseen)

    async def tasks(self) -> Mapping[str, Sequence[Task]]:
        """What runs of it, by whichever target."""
        if self.takes_over:
            return (await read_swarm(self.site.engine, self.project)).tasks
        return (await self.running()).tasks

    def maker(self, compose: ComposeCommand) -> Maker:
        if self.kind is TargetKind.SWARM:
            return SwarmMaker(self.site.engine)
        return ComposeMaker(compose, self.swarms.networks)

    def edge(self) -> Edges:
        swarm = self.kind is TargetKind.SWARM
        on_its_network = swarm or EDGE_NETWORK in self.swarms.networks
        return Edges(EdgeRunner(self.site, swarm=on_its_network, carries=swarm), self.edge_sites)

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
        rotation: Rotation,
        standby: float,
        lock: Lock | None = None,
    ) -> Target:
        """`hosts`: those of dockworthy.yaml, by which nodes of a swarm are reached. `standby`:
        seconds in which old containers run on, where the plan says so; then the edge is told by `rotation`. `lock`:
        what must be held while it is at work."""
        engine, ours = self.site.engine, StillOurs(lock)
        if self.kind is TargetKind.SWARM:
            images = NodeImages(engine, hosts, sudo=sudo, say=say)
            return SwarmTarget(
                engine,
                desired,
                healthy_within=healthy_within,
                say=say,
                images=images,
                lost=LostTasks(engine, self.project, hosts, sudo=sudo),
                on_edge=on_edge,
                ours=ours,
            )
        folder = f"{self.site.state}/releases/{self.project}"
        guard = SwapGuard(self.site.shell, folder, self.site.socket)
        desired = structs.replace(desired, spec=on_networks_of_swarm(desired.spec, self.swarms.networks))
        by = StandBy(engine, self._marks(), rotation, desired, standby, say)
        make, kind = (ContainersAndTasks, TakeoverTarget) if self.takes_over else (Containers, ComposeTarget)
        containers = make(engine, desired, healthy_within=healthy_within, on_edge=on_edge, ours=ours)
        return kind(
            engine,
            compose,
            desired,
            containers=containers,
            healthy_within=healthy_within,
            say=say,
            guard=guard,
            standby=by,
        )

    def _marks(self) -> StandbyMarks:
        return StandbyMarks(self.site.shell, f"{self.site.state}/releases/{self.project}", self.site.socket)


class RecordsElsewhere:
    """`other` is None where the other target keeps none here."""

    def __init__(self, own: ReleaseStore, other: ReleaseStore | None) -> None:
        self._own = own
        self._other = other

    @contextlib.asynccontextmanager
    async def locked(self, *, who: str, doing: str, take_over: bool) -> AsyncIterator[None]:
        """Nobody ships it there meanwhile. Raises what the store's lock raises."""
        if self._other is None:
            yield
            return
        async with self._other.lock(who=who, doing=doing, take_over=take_over):
            yield

    async def next_number(self) -> int:
        """A number says which release is meant, whoever runs it."""
        numbers = [await store.next_number() for store in (self._own, self._other) if store is not None]
        return max(numbers)

    async def in_force(self) -> Release | None:
        """What the other target ships."""
        return in_force(await self._other.releases(skip_damaged=True)) if self._other is not None else None

    async def bring(self) -> None:
        """Copies the other's records, which may go with it, as far as their numbers are free: a second time nothing.
        Of a swarm's only those that say so: a rollback brings none of them back here, whoever wrote them."""
        if self._other is None:
            return
        first_free = await self._own.next_number()
        for release in await self._other.releases(skip_damaged=True):
            if release.number >= first_free and release.target == TargetKind.SWARM:
                await self._own.write(release)
