"""One release from its plan to its end: record, roll out, observe, keep or take back."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct, structs

from ..errors import DockworthyError, Refused
from ..model.deploy_settings import DeploySettings, TargetKind, seconds_of
from ..model.finding import Finding
from ..model.release import GateFinding, Release, ReleaseState
from ..model.rollout import Desired, Question, RolloutPlan
from ..model.saying import Say
from .backend import Backend
from .compose_command import ComposeCommand
from .edge.aliases import named, needs_tasks
from .edge.certificates import authority_file
from .edge.external_proxy import Theirs, find_theirs, is_theirs
from .edge.haproxy.frontends import PROBE
from .edge.host_names import without_dropped_consents
from .edge.project_edge import ProjectEdge
from .edge.reserved import refuse_reserved
from .edge.routes import must_fit, read_routes
from .gate import GateAnswer
from .names import projects_beside
from .observing.edge_stats import ASKED
from .observing.watch import ReleaseWatch, watched_of
from .options import DeployOptions
from .other_projects import Others, in_other_folders, joined_networks, on_networks, refuse_others_names
from .own_state import refuse_own_state
from .planner import Planner
from .planning.causes import earlier
from .planning.steps import stopping_first
from .preparing import Prepared
from .release_history import cut_off, in_force, unfinished
from .release_record import commit_of, new_record
from .rendering import compose_files
from .rolling_out import RollOut
from .store import Lock
from .targets.running import inspected_or_none
from .targets.target import Target

Agree = Callable[[RolloutPlan], bool]


class Shipped(Struct, frozen=True, kw_only=True):
    """What came of it. `refused`: findings that stopped it at the gate, `refused_because`: what else did, as sentences.

    `release` is None where nothing was begun: refused, a dry run, nothing to do, or a person who did not agree.
    """

    plan: RolloutPlan | None = None
    release: Release | None = None
    refused: tuple[Finding, ...] = ()
    refused_because: tuple[str, ...] = ()
    not_pulled: tuple[str, ...] = ()
    """Where it was refused before anything was pulled: the services whose images are not here."""


class Shipping:
    """Ships one release to a destination. `lock`: held meanwhile; None for a dry run."""

    def __init__(self, to: Backend, compose: ComposeCommand, lock: Lock | None, say: Say) -> None:
        self.to = to
        self.compose = compose
        self.store = to.store
        self.lock = lock
        self.say = say

    async def ship(
        self,
        prepared: Prepared,
        asked: DeployOptions,
        releases: Sequence[Release],
        *,
        agree: Agree,
        findings: tuple[GateFinding, ...] = (),
        before: Callable[[], Awaitable[GateAnswer]] | None = None,
        returns_to: Release | None = None,
        not_by_admins: bool = False,
        questions: tuple[Question, ...] = (),
    ) -> Shipped:
        """`questions`: of a record that is shipped; `not_by_admins`: somebody who is no admin may have written the one
        that this returns to, so that all is asked as of a deploy.

        Plan -> what the policy asks `before` -> record -> roll out -> observe -> keep or take back."""
        try:
            planner = await self._planner(
                prepared, asked, releases, returns_to=returns_to, asks_others=returns_to is None or not_by_admins
            )
            planner = structs.replace(planner, questions=questions)
            plan = await planner.plan()
        except Refused as refused:
            return Shipped(refused_because=(f"{refused.says}: {refused.hint}",))
        begun_before = unfinished(releases) if returns_to is None else cut_off(releases)
        if plan.questions or (plan.is_empty and in_force(releases) is not None and not begun_before):
            return Shipped(plan=plan)
        if before is not None:
            answered = await before()
            if answered.refused:
                return Shipped(refused_because=answered.refused)
            if answered.waited:
                if self.lock is not None:
                    await self.lock.check()
                plan = await planner.plan()
            plan = structs.replace(plan, notes=(*plan.notes, *answered.notes))
            findings = (*findings, *answered.findings)
        if self.lock is None or plan.questions or not agree(plan):
            return Shipped(plan=plan)
        ended = await self._carry_out(planner, plan, releases, self.lock, findings=findings, returns_to=returns_to)
        return Shipped(plan=plan, release=ended)

    async def _planner(
        self,
        prepared: Prepared,
        asked: DeployOptions,
        releases: Sequence[Release],
        *,
        returns_to: Release | None,
        asks_others: bool,
    ) -> Planner:
        """What the plan is made of, read from the engine, the edge and earlier releases. `asks_others`: is it asked
        about what other projects have? Raises Refused for a project that uses what is somebody else's."""
        edge = await self._edge(prepared, asked, comes_back=returns_to is not None)
        prepared = structs.replace(prepared, desired=structs.replace(prepared.desired, edge_names=edge.aliases))
        standby = prepared.settings.standby if returns_to is None and not self.to.takes_over else None
        standby = standby if standby and seconds_of(standby) else None
        target = self.to.target(
            self.compose,
            prepared.desired,
            healthy_within=seconds_of(prepared.settings.healthy_within),
            say=self.say,
            hosts=asked.project.hosts,
            sudo=asked.sudo,
            on_edge=edge.sends_to if edge.wanted is not None else None,
            rotation=edge.rotation(self.to.site),
            standby=seconds_of(standby or ""),
            lock=self.lock,
        )
        if self.lock is not None:
            await target.settled()
        last = in_force(releases)
        known = earlier(releases, last, prepared.recorded, prepared.versions, asks=returns_to is None)
        if self.to.takes_over:  # what runs is none of these releases'
            known, last = None, await self.to.elsewhere.in_force()
        others = await self._refuse_reserved(prepared.desired)
        return Planner(
            to=self.to,
            target=target,
            prepared=prepared,
            asked=asked,
            edge=edge,
            theirs=await find_theirs(self.to.site, prepared.settings) if is_theirs(prepared.settings) else None,
            last=last,
            known=known,
            standby=standby,
            apart=await self._apart(asked, others),
            others=others if asks_others else None,
        )

    async def _carry_out(
        self,
        planner: Planner,
        plan: RolloutPlan,
        releases: Sequence[Release],
        lock: Lock,
        *,
        findings: tuple[GateFinding, ...],
        returns_to: Release | None,
    ) -> Release:
        """Records the release, rolls it out and observes it. Returns its record as it ended."""
        prepared, target, edge = planner.prepared, planner.target, planner.edge
        commit = returns_to.commit if returns_to is not None else commit_of(planner.asked.folder)
        release = new_record(prepared, plan, self.to.kind, findings, in_force(releases), returns_to, commit)
        rollout = RollOut(target, self.store, lock, release, plan, self.say, edge)
        async with rollout.taken_back_when_interrupted():
            await self._write_record(release, prepared, releases)
            await target.begin()
            settings = prepared.settings
            if (objectives := planner.asked.objectives) is not None:
                settings = structs.replace(settings, objectives=objectives)
            watch = await self._watch(release, plan, settings, target, edge, planner.theirs)
        ended = await rollout.run(watch)
        if ended.state is ReleaseState.KEPT:
            await self.store.clean(await self.store.releases(skip_damaged=True))
        return ended

    async def _refuse_reserved(self, desired: Desired) -> Others:
        """Refuses a project that uses what is the edge's, dockworthy's own or another project's. Returns what others
        have. Raises Refused, EngineError, HostError."""
        engine = self.to.site.engine
        asked = (engine.get(path) for path in ("/networks", "/containers/json?all=true", "/volumes"))
        networks, containers, volumes = await asyncio.gather(*asked)
        refuse_reserved(desired, networks, containers)
        await refuse_own_state(self.to.site, desired, volumes.get("Volumes") or ())
        others = Others(networks=networks, containers=containers, volumes=volumes.get("Volumes") or ())
        there = on_networks([*joined_networks(desired, networks)], others, desired.project)
        inspected = await asyncio.gather(*(inspected_or_none(engine, id) for id in there))
        others = structs.replace(others, inspected=[each for each in inspected if each is not None])
        refuse_others_names(desired, others)
        return others

    async def _apart(self, asked: DeployOptions, others: Others) -> frozenset[str]:
        """Projects that keep their data apart from this one: other environments of the same file, and projects of other
        folders. Raises what reading Compose's files raises."""
        base, own = asked.project.deploy, self.to.project
        usual = "" if asked.settings.project else own
        if base.environments and not base.project and not usual:
            with contextlib.suppress(DockworthyError):  # its files may be on another machine
                usual = (await self.compose.config(compose_files(asked.folder, base))).name
        return projects_beside(base, own, usual) | in_other_folders(others.containers, own, asked.folder)

    async def _edge(self, prepared: Prepared, asked: DeployOptions, *, comes_back: bool) -> ProjectEdge:
        desired = prepared.desired
        replicas = {name: service.replicas for name, service in desired.services.items()}
        runner, notes = self.to.edge(), tuple[str, ...]()
        routes = None
        before = await runner.routes_of(desired.project)
        if desired.routed:
            if not comes_back:
                must_fit(prepared.settings, replicas)
            files = asked.files_lie_in or asked.folder
            routes = read_routes(
                desired.project, prepared.settings, files, replicas=replicas, stop_first=stopping_first(desired)
            )
            if comes_back:
                routes, notes = without_dropped_consents(routes, before, asked.settings.routes)
            swarm = self.to.kind is TargetKind.SWARM or self.to.takes_over
            tasks = await self.to.tasks() if needs_tasks(routes, before, swarm=swarm) else {}
            routes = named(routes, before, tasks, swarm=swarm)
        return ProjectEdge(
            runner,
            desired.project,
            routes,
            before,
            authority=authority_file(self.to.site),
            notes=notes,
            folders=() if self.to.kind is TargetKind.SWARM else _spellings(asked.folder),
        )

    async def _write_record(self, release: Release, prepared: Prepared, releases: Sequence[Release]) -> None:
        """Writes the record of the release before anything is changed: by it the next run knows what a killed one
        began."""
        if self.to.takes_over:
            await self.to.elsewhere.bring()
        await self.store.write(release)
        for each in unfinished(releases):
            await self.store.write(
                structs.replace(each, state=ReleaseState.FAILED, why=f"it ended in the middle; see {release.number}")
            )
        for content in prepared.unstored:
            await self.store.keep_version(content.key, content.content, mode=content.mode, owner=content.owner)

    async def _watch(
        self,
        release: Release,
        plan: RolloutPlan,
        settings: DeploySettings,
        target: Target,
        edge: ProjectEdge,
        theirs: Theirs | None,
    ) -> ReleaseWatch:
        """Probes go through the edge, by a socket of its own, or `theirs`; without one the engine alone tells."""
        at = theirs.at if theirs is not None else None
        stats = log = None
        if edge.wanted is not None:
            at = await edge.runner.admin.way(PROBE)
            stats, log = partial(edge.runner.admin.ask, ASKED), edge.runner.log
        tls = theirs is not None and theirs.tls
        watched = watched_of(release, plan, settings, at, tls=tls, ours=theirs is None)
        return ReleaseWatch(watched, target.tasks, say=self.say, stats=stats, log=log)


def _spellings(folder: Path) -> tuple[str, ...]:
    """The project's folder, as Compose's labels on containers may spell it: its real path, and the shell's own path
    where it was entered by a link."""
    entered = os.environ.get("PWD", "")
    return (str(folder), entered) if entered and os.path.realpath(entered) == str(folder) else (str(folder),)
