"""Ship it, or take it back: gate -> plan -> roll out -> observe -> keep or roll back, the whole story of
`dockworthy deploy` and `dockworthy rollback`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
from msgspec import Struct, structs

from .deploy.asked import Asked, Say
from .deploy.commit import commit_of
from .deploy.compose_command import ComposeCommand
from .deploy.edge.project_edge import ProjectEdge
from .deploy.edge.reading import read_routes
from .deploy.edge.running import EdgeRunner
from .deploy.gate import let_pass, refusals, unobservable
from .deploy.in_force import in_force, to_return_to, unfinished
from .deploy.moments import now
from .deploy.narrowing import narrowed
from .deploy.planning.plan import plan_of
from .deploy.preparing import Prepared, prepare, prepared_from, read_project
from .deploy.rendering import Rendered
from .deploy.rolling_out import RollOut
from .deploy.site import Site, reach
from .deploy.standing import standing_of
from .deploy.store import FileStore, Lock
from .deploy.targets.compose import ComposeTarget
from .deploy.targets.running import read_running
from .deploy.targets.swap_guard import SwapGuard
from .engine.who import who_runs
from .errors import UsageError
from .model.deploy_settings import TargetKind, seconds_of
from .model.finding import Finding
from .model.release import GateFinding, Observation, Release, ReleaseState
from .model.rollout import RolloutPlan, ServiceStanding

Agree = Callable[[RolloutPlan], bool]
Judge = Callable[[Rendered], Sequence[Finding]]


class Shipped(Struct, frozen=True, kw_only=True):
    """What came of it. `refused`: findings that stopped it at the gate, `refused_because`: what else did, as sentences.

    `release` is None where nothing was begun: refused, a dry run, nothing to do, or a person who did not agree.
    """

    plan: RolloutPlan | None = None
    release: Release | None = None
    refused: tuple[Finding, ...] = ()
    refused_because: tuple[str, ...] = ()


async def deploy(asked: Asked, judge: Judge, *, agree: Agree, say: Say) -> Shipped:
    """Ships the project of `asked.folder`. `judge`: the gate's controls. Raises what reading and planning raise."""
    _must_be_one_engine(asked)
    async with reach(asked.endpoint, command="deploy", sudo=asked.sudo) as site:
        compose = ComposeCommand(site.docker_host, str(asked.folder))
        await compose.needs_version()
        rendered = await read_project(asked, compose)
        store = FileStore(site, rendered.project)
        async with _locked(store, asked, "deploy") as lock:
            releases = await store.releases()
            last = in_force(releases)
            prepared = await prepare(asked, rendered, site, compose, store, last)
            if asked.services:
                before = await prepared_from(last, site, store) if last is not None else None
                prepared = narrowed(prepared, asked.services, last, before.desired.spec if before else None)
            findings = judge(rendered)
            refused = refusals(findings, prepared.desired, only=asked.services)
            unseen = tuple(
                unobservable(prepared.desired, asked.settings, asked.level, checked_by_image=prepared.checked_by_image)
            )
            if refused or unseen:
                return Shipped(refused=refused, refused_because=unseen)
            ground = Ground(site, compose, store, lock, say)
            return await ground.ship(
                prepared, asked, releases, agree=agree, findings=let_pass(findings, prepared.desired)
            )


async def rollback(asked: Asked, number: int | None, *, project: str, agree: Agree, say: Say) -> Shipped:
    """Brings an earlier release back, by the same path. `project`: its name with Compose."""
    async with reach(asked.endpoint, command="rollback", sudo=asked.sudo) as site:
        compose = ComposeCommand(site.docker_host, str(asked.folder))
        store = FileStore(site, project)
        async with _locked(store, asked, "rollback") as lock:
            releases = await store.releases()
            wanted = to_return_to(releases, number)
            prepared = await prepared_from(wanted, site, store)
            ground = Ground(site, compose, store, lock, say)
            return await ground.ship(prepared, asked, releases, agree=agree, returns_to=wanted)


async def releases_of(asked: Asked, project: str) -> Sequence[Release]:
    """All that are kept of a project, oldest first. A damaged record is left out: that a deploy says."""
    async with reach(asked.endpoint, command="releases", sudo=asked.sudo) as site:
        return await FileStore(site, project).releases(skip_damaged=True)


async def standing(asked: Asked, project: str) -> tuple[Release, tuple[ServiceStanding, ...], tuple[Release, ...]]:
    """The release in force, what runs of it, and releases whose deploy ended in the middle. Raises UsageError where
    there is none."""
    async with reach(asked.endpoint, command="releases", sudo=asked.sudo) as site:
        releases = await FileStore(site, project).releases(skip_damaged=True)
        last = in_force(releases)
        if last is None:
            raise UsageError(f"no release of {project} was kept here yet", hint="dockworthy deploy makes the first one")
        return last, standing_of(last, await read_running(site.engine, project)), unfinished(releases)


def _must_be_one_engine(asked: Asked) -> None:
    if asked.settings.target is TargetKind.SWARM:
        raise UsageError("deploy.target: swarm can't be shipped to yet", hint="target: compose ships to one engine")


@asynccontextmanager
async def _locked(store: FileStore, asked: Asked, doing: str) -> AsyncIterator[Lock | None]:
    """A dry run changes nothing, so it needs no lock."""
    async with AsyncExitStack() as stack:
        lock = None
        if not asked.dry_run:
            lock = await stack.enter_async_context(store.lock(who=who_runs(), doing=doing, take_over=asked.take_over))
        yield lock


class Ground:
    """Where a release is shipped, and who holds it meanwhile (None: a dry run)."""

    def __init__(self, site: Site, compose: ComposeCommand, store: FileStore, lock: Lock | None, say: Say) -> None:
        self.site = site
        self.compose = compose
        self.store = store
        self.lock = lock
        self.say = say

    async def ship(
        self,
        prepared: Prepared,
        asked: Asked,
        releases: Sequence[Release],
        *,
        agree: Agree,
        findings: tuple[GateFinding, ...] = (),
        returns_to: Release | None = None,
    ) -> Shipped:
        """Plan -> record -> roll out -> observe -> keep or take back."""
        last = in_force(releases)
        guard = SwapGuard(self.site.hand, self.store.folder, self.site.socket)
        if self.lock is not None:
            await guard.settled()
        edge = self._edge(prepared, asked)
        target = ComposeTarget(
            self.site.engine,
            self.compose,
            prepared.desired,
            healthy_within=seconds_of(prepared.settings.healthy_within),
            say=self.say,
            guard=guard,
            on_edge=edge.sends_to if edge is not None else None,
        )
        number = await self.store.next_number()
        running = await target.running()
        plan = plan_of(prepared.desired, running, number=number, last=last, accepted=asked.accept, only=asked.services)
        if edge is not None and (opening := await edge.step()) is not None:
            plan = structs.replace(plan, steps=(opening, *plan.steps))
        if self.lock is None or plan.questions:
            return Shipped(plan=plan)
        if plan.is_empty and last is not None and not unfinished(releases):
            return Shipped(plan=plan)
        if not agree(plan):
            return Shipped(plan=plan)
        commit = returns_to.commit if returns_to is not None else commit_of(asked.folder)
        release = self._release(prepared, plan, findings, last, returns_to, commit)
        await self._begin(release, prepared, releases)
        rollout = RollOut(target, self.store, self.lock, release, plan, self.say, edge)
        return Shipped(plan=plan, release=await rollout.run(self._watch))

    def _edge(self, prepared: Prepared, asked: Asked) -> ProjectEdge | None:
        """None where nothing has a route, or somebody else's edge is in place."""
        if not prepared.desired.routed:
            return None
        replicas = {name: service.replicas for name, service in prepared.desired.services.items()}
        routes = read_routes(prepared.desired.project, prepared.settings, asked.folder, replicas=replicas)
        return ProjectEdge(EdgeRunner(self.site), routes)

    def _release(
        self,
        prepared: Prepared,
        plan: RolloutPlan,
        findings: tuple[GateFinding, ...],
        last: Release | None,
        returns_to: Release | None,
        commit: str,
    ) -> Release:
        desired = prepared.desired
        return Release(
            number=plan.number,
            project=plan.project,
            target="compose",
            state=ReleaseState.PREPARED,
            spec=prepared.recorded,
            services=desired.services,
            container_names=desired.container_names,
            jobs_before=desired.jobs_before,
            jobs_after=desired.jobs_after,
            versions=prepared.versions,
            settings=msgspec.to_builtins(prepared.settings),
            commit=commit,
            who=who_runs(),
            began=now(),
            rollback_of=last.number if returns_to is not None and last is not None else None,
            returns_to=returns_to.number if returns_to is not None else None,
            irreversible=prepared.settings.jobs.irreversible,
            steps=tuple(step.says for step in plan.steps),
            findings=findings,
        )

    async def _begin(self, release: Release, prepared: Prepared, releases: Sequence[Release]) -> None:
        """The record comes before everything else: what a killed run began is known by it."""
        await self.store.write(release)
        for each in unfinished(releases):
            await self.store.write(
                structs.replace(each, state=ReleaseState.FAILED, why=f"it ended in the middle; see {release.number}")
            )
        for content in prepared.unstored:
            await self.store.keep_version(content.key, content.content, mode=content.mode, owner=content.owner)

    async def _watch(self) -> Observation:
        return Observation(seconds=0.0)
