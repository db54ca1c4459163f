"""Ship it, or take it back: gate -> plan -> roll out -> observe -> keep or roll back, the whole story of
`dockworthy deploy` and `dockworthy rollback`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from msgspec import Struct, structs

from .deploy.abort_takeover import abort_takeover, must_run_here, unfinished_takeover
from .deploy.backend import Backend
from .deploy.compose_command import ComposeCommand
from .deploy.edge.edges import edge_sites, placed_sites
from .deploy.engine_paths import engine_paths
from .deploy.gate import DeployGate, let_pass, refusals, refusals_before_pulling, unobservable
from .deploy.host_gate import JudgedHost, host_verdict, recorded_late
from .deploy.options import DeployOptions
from .deploy.pinning import FoundImages, find_images, would_be_pulled
from .deploy.planning.jobs_run import jobs_since, last_runs
from .deploy.planning.standby import refuse_standby
from .deploy.preparing import Prepared, prepare, prepared_from, project_being_read, without_jobs
from .deploy.record_gate import (
    JudgeRecord,
    accepted_then,
    let_pass_again,
    record_questions,
    signature_questions,
)
from .deploy.release_history import in_force, of_target, refuse_before_the_move, to_return_to, unfinished
from .deploy.rendering import Rendered
from .deploy.service_subset import only_services
from .deploy.shipping import Agree, Shipped, Shipping
from .deploy.standing import standing_of
from .deploy.store import Lock
from .engine.connection import ELECTING
from .engine.site import reach
from .engine.who import who_runs
from .errors import UsageError
from .model.deploy_settings import Edge, TargetKind
from .model.finding import Finding
from .model.levels import Level
from .model.policy import ProjectFile, UnknownMeans
from .model.release import JobLastRun, Release
from .model.result import Answer
from .model.rollout import Question, ServiceStanding, UnseenNode
from .model.saying import Say
from .model.snapshot import Snapshot
from .model.workload import EnginePaths
from .readers.image_facts import KnownImage

Judge = Callable[[Rendered, Mapping[str, KnownImage], EnginePaths], Sequence[Finding]]


async def deploy(asked: DeployOptions, judge: Judge, judge_record: JudgeRecord, *, agree: Agree, say: Say) -> Shipped:
    """Ships the project of `asked.folder`. `judge`: the gate's controls; `judge_record`: the same for what the last
    release says of services that are not named. Raises what reading and planning raise."""
    refuse_standby(asked.settings)
    async with (
        project_being_read(asked) as reading,
        reach(asked.endpoint, command="deploy", sudo=asked.sudo) as site,
        host_verdict(site, asked, partial(_judged, asked.project)) as host,
    ):
        compose = ComposeCommand(site.docker_host, str(asked.folder))
        rendered = await reading
        to = Backend(asked.settings.target, site, rendered.project)
        site.engine.on_election = lambda: say(ELECTING)
        await to.ready(say)
        store = to.store
        async with _locked(to, asked, "deploy") as lock, _edges(to, asked, "deploy"):
            releases = await to.releases()
            last = in_force(releases)
            found = await find_images(asked, rendered, site)
            paths = await engine_paths(site, rendered.spec, rendered.files)
            preparing = partial(prepare, asked, rendered, found, site, compose, store, last, to.maker(compose))
            if found.to_pull:
                if refused := _refused_by_files(judge(rendered, found.images, paths), asked, rendered, found):
                    return refused
                prepared = await preparing()
                findings = judge(rendered, prepared.images, paths)
            else:  # it judges while Compose tells hashes
                judging = asyncio.to_thread(judge, rendered, found.images, paths)
                prepared, findings = await asyncio.gather(preparing(), judging)
            questions: tuple[Question, ...] = ()
            if asked.services:
                before = await prepared_from(last, site, store) if last is not None else None
                prepared = only_services(prepared, asked.services, last, before.desired.spec if before else None)
                if last is not None and before is not None and last.number in await store.not_by_admins(releases):
                    _refuse_what_target_lacks(to, compose, before)
                    kept = {*last.services}.difference(
                        asked.services, prepared.desired.jobs_before, prepared.desired.jobs_after
                    )
                    questions = tuple(
                        record_questions(last, before, judge_record(last), not_by_admins=True, services=kept)
                    )
            if (refused := _refused(findings, asked, prepared)) is not None:
                return refused
            if asked.dry_run and found.to_pull:
                pulls = would_be_pulled(found, on=site.name)
                prepared = structs.replace(prepared, notes=(*pulls, *prepared.notes))
            shipping = Shipping(to, compose, lock, say)
            gate = DeployGate(asked, rendered.files, prepared.desired, host, say)
            passed = let_pass(findings, prepared.desired)
            shipped = await shipping.ship(
                prepared, asked, releases, agree=agree, findings=passed, before=gate.answered, questions=questions
            )
            if shipped.release is None:
                return shipped
            return structs.replace(shipped, release=await recorded_late(shipped.release, host, store, say))


async def rollback(
    asked: DeployOptions, number: int | None, judge_record: JudgeRecord, *, project: str, agree: Agree, say: Say
) -> Shipped:
    """Brings an earlier release back, by the same path. `project`: its name with Compose."""
    async with reach(asked.endpoint, command="rollback", sudo=asked.sudo) as site:
        compose = ComposeCommand(site.docker_host, str(asked.folder))
        to = Backend(asked.settings.target, site, project)
        site.engine.on_election = lambda: say(ELECTING)
        await to.ready(say)
        async with _locked(to, asked, "rollback") as lock, _edges(to, asked, "rollback"):
            every = await to.store.releases()
            releases = of_target(every, to.kind)
            if number is None and lock is not None and (begun := unfinished_takeover(to, releases)):
                return await abort_takeover(to, releases, begun, say)
            await must_run_here(to)
            refuse_before_the_move(every, number, to.kind)
            wanted = to_return_to(releases, number)
            prepared = await prepared_from(wanted, site, to.store)
            doubted = await to.store.not_by_admins(every)
            not_by_admins = wanted.number in doubted
            if not_by_admins:
                _refuse_what_target_lacks(to, compose, prepared)
            findings = judge_record(wanted)
            accepted = accepted_then(wanted, (each for each in every if each.number not in doubted))
            asks = record_questions(
                wanted,
                prepared,
                findings,
                accepted=accepted,
                not_by_admins=not_by_admins,
                settings=asked.settings,
                services=wanted.services,
            )
            prepared = prepared if asked.with_jobs else without_jobs(prepared)
            signed = await signature_questions(
                wanted,
                asked.project.policy.before_deploy.signatures,
                {name: each for name, each in wanted.services.items() if name not in prepared.desired.jobs_idle},
                accepted=accepted,
                not_by_admins=not_by_admins,
            )
            ran = jobs_since(wanted, every, await to.elsewhere.next_number())
            prepared = structs.replace(prepared, notes=(*prepared.notes, *ran))
            shipping = Shipping(to, compose, lock, say)
            return await shipping.ship(
                prepared,
                asked,
                releases,
                agree=agree,
                findings=(*let_pass_again(findings, accepted), *signed.findings),
                returns_to=wanted,
                not_by_admins=not_by_admins,
                questions=(*asks, *signed.questions),
            )


def _refuse_what_target_lacks(to: Backend, compose: ComposeCommand, prepared: Prepared) -> None:
    """What the target can't do: no deploy wrote that into a record. Raises UsageError."""
    spec = prepared.desired.spec
    to.maker(compose).refuse(spec, [*spec.services], ())


async def releases_of(asked: DeployOptions, project: str) -> Sequence[Release]:
    """All that are kept of a project, oldest first. A damaged record is left out: that a deploy says."""
    async with reach(asked.endpoint, command="releases", sudo=asked.sudo) as site:
        return await Backend(asked.settings.target, site, project).store.releases(skip_damaged=True)


class Standing(Struct, frozen=True, kw_only=True):
    """The release in force, and what runs of it. `unfinished`: releases whose deploy ended in the middle; `unseen`:
    nodes of a swarm that nobody could ask what they run. `jobs`: when each ran last, also for a release that did not
    stay."""

    release: Release
    services: tuple[ServiceStanding, ...]
    unfinished: tuple[Release, ...]
    unseen: tuple[UnseenNode, ...]
    jobs: tuple[JobLastRun, ...]


async def standing(asked: DeployOptions, project: str) -> Standing:
    """Raises UsageError where there is no release."""
    async with reach(asked.endpoint, command="releases", sudo=asked.sudo) as site:
        to = Backend(asked.settings.target, site, project)
        releases = await to.releases(skip_damaged=True)
        last = in_force(releases)
        if last is None:
            raise UsageError(f"no release of {project} was kept here yet", hint="dockworthy deploy makes the first one")
        running = await to.running_on_all_nodes(asked.project.hosts, sudo=asked.sudo)
        return Standing(
            release=last,
            services=standing_of(last, running, releases),
            unfinished=unfinished(releases),
            unseen=running.unseen,
            jobs=last_runs(last, releases),
        )


def _refused_by_files(
    findings: Sequence[Finding], asked: DeployOptions, rendered: Rendered, found: FoundImages
) -> Shipped | None:
    """What no image can make good is said before one is pulled."""
    shipped = asked.services or found.services
    failing = refusals_before_pulling(findings, shipped, rendered.spec.services)
    return Shipped(refused=failing, not_pulled=found.absent) if failing else None


def _refused(findings: Sequence[Finding], asked: DeployOptions, prepared: Prepared) -> Shipped | None:
    strict = asked.project.policy.unknown is UnknownMeans.FAIL
    unseen_images = prepared.not_here
    failing = refusals(findings, prepared.desired, only=asked.services, unknown_fails=strict, not_here=unseen_images)
    checked = (*prepared.checked_by_image, *unseen_images)
    unseen = tuple(unobservable(prepared.desired, asked.settings, asked.level, checked_by_image=checked))
    return Shipped(refused=failing, refused_because=unseen) if failing or unseen else None


def _judged(project: ProjectFile, snapshot: Snapshot, level: Level) -> JudgedHost:
    from .assess import assess_snapshot  # only `deploy` needs it
    from .verdict.answer import what_would_decide

    result = assess_snapshot(snapshot, level=level, project=project)
    undecided = result.verdict.answer is Answer.UNDECIDED
    return JudgedHost(result.verdict, what_would_decide(result.findings, project.intent) if undecided else ())


@asynccontextmanager
async def _locked(to: Backend, asked: DeployOptions, doing: str) -> AsyncIterator[Lock | None]:
    """A dry run changes nothing, so it needs no lock."""
    async with AsyncExitStack() as stack:
        lock = None
        if not asked.dry_run:
            who, take_over = who_runs(), asked.take_over
            if to.takes_over:
                await stack.enter_async_context(to.elsewhere.locked(who=who, doing=doing, take_over=take_over))
            lock = await stack.enter_async_context(to.store.lock(who=who, doing=doing, take_over=take_over))
        yield lock


@asynccontextmanager
async def _edges(to: Backend, asked: DeployOptions, doing: str) -> AsyncIterator[None]:
    """The other hosts that have the edge, or keepalived of an edge on several hosts, reached as long as this lasts."""
    edge = asked.settings.edge
    wanted = edge.hosts if isinstance(edge, Edge) else ()
    if to.kind is not TargetKind.SWARM:
        if wanted or (isinstance(edge, Edge) and edge.address):
            raise UsageError(
                f"deploy.edge.{'hosts' if wanted else 'address'}: only a swarm has an edge on several hosts",
                hint="deploy.target: swarm, or leave it out",
            )
        async with placed_sites(to.site, asked.project.hosts, command=doing, sudo=asked.sudo) as to.edge_sites:
            yield
        return
    if not asked.settings.routes and await to.edge().routes_of(to.project) is None:
        yield
        return
    ways, sudo = asked.project.hosts, asked.sudo
    async with edge_sites(to.site, wanted, ways, project=to.project, command=doing, sudo=sudo) as to.edge_sites:
        yield
