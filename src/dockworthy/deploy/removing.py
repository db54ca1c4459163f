"""A project is removed from a host: containers, networks, volumes where that is asked for, routes, certificates and
records, in this order.

A run that was killed in the middle leaves what the next one finds by the project's name: containers, networks and
volumes by their labels, certificates by the host names in the records, and the records, which go last.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct, structs

from ..engine.connection import Connection
from ..engine.faults import NoSuchObject, NotUnderstood
from ..engine.site import Site
from ..engine.who import who_runs
from ..errors import EngineError, Refused, UsageError
from ..model.compose_project import ComposeProject
from ..model.deploy_settings import DeploySettings
from ..model.edge_network import EDGE_NETWORK, EDGE_PROJECT, OWN_PROJECTS
from ..model.labels import COMPOSE_PROJECT, COMPOSE_SERVICE, LOG_PROJECT, LOG_RECEIVER, STACK
from ..model.release import Release
from ..model.removal import Removal, RemovalItem, RemovedKind
from ..model.saying import Say
from .edge.conflicts import refuse_foreign
from .edge.edges import Edges, edge_sites, goes_elsewhere, placed_sites
from .edge.forgetting import NO_CERTIFICATES, certificates_of
from .edge.planned_change import on_swarm
from .edge.process import container_of
from .edge.running import EdgeRunner
from .edge.state_dir import EdgeState, EdgeStateDir
from .other_projects import name_of
from .planning.plan import in_order
from .release_history import in_force
from .store import FileStore, ReleaseStore, SwarmStore
from .store.release_store import StoreContents
from .targets.containers import STOP_SECONDS
from .targets.swap_guard import SwapGuard
from .targets.swarm.names import of_project
from .targets.swarm.waiting import until_gone

_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
_SWARM_LETS_GO = 20.0
"""Seconds in which a swarm's network is free once its last task is gone."""
_EVERY = 0.2

Agree = Callable[[Removal], bool]


class _Found(Struct, frozen=True, kw_only=True):
    """What an engine, an edge and two stores have of it, as they list it."""

    containers: Sequence[Mapping[str, Any]]
    others: Sequence[Mapping[str, Any]]
    """Containers of other projects."""
    services: Sequence[Mapping[str, Any]]
    networks: Sequence[Mapping[str, Any]]
    volumes: Sequence[Mapping[str, Any]]
    stack: Mapping[RemovedKind, Sequence[Mapping[str, Any]]]
    kept: EdgeState
    certificates: Mapping[str, tuple[str, ...]]
    names: tuple[str, ...]
    """Host names that the project has or had, and no other project has now."""
    records: Mapping[str, StoreContents]
    releases: Sequence[Release]
    notes: tuple[str, ...]


class Remover:
    """Removes one project from one site. `volumes`: its volumes, too. `hosts`: those of dockworthy.yaml, by which the
    edges of other hosts are reached."""

    def __init__(
        self, site: Site, project: str, *, volumes: bool, hosts: Mapping[str, str] | None = None, sudo: bool = False
    ) -> None:
        """Raises UsageError for what is no project's name, Refused for the edge's own."""
        if project in OWN_PROJECTS:
            raise Refused(
                f"{project} is of the edge, which serves all projects of a host", hint="it goes with the last of them"
            )
        self._site = site
        self._project = project
        self._volumes = volumes
        self._hosts = hosts or {}
        self._sudo = sudo
        self._files = FileStore(site, project)
        self._stores: tuple[tuple[str, ReleaseStore], ...] = ((site.name, self._files),)

    async def remove(self, *, dry_run: bool, take_over: bool, agree: Agree, say: Say) -> Removal:
        """What is there, and what became of it; `agree` is asked under the lock. Raises Occupied, EngineError,
        HostError: what is left the next run finds."""
        plan = await self.look()
        if dry_run or plan.is_empty:
            return plan
        async with self._locked(take_over=take_over):
            plan = await self.look()
            if plan.is_empty or not agree(plan):
                return plan
            await SwapGuard(self._site.shell, self._files.folder, self._site.socket).settled()
            await self._carry_out(plan, say)
        left = [each for each in (await self.look()).items if each.remove]
        if left:
            raise EngineError(
                f"of {self._project} there is {left[0].kind} {left[0].name} again, or still",
                hint="does somebody start it meanwhile? `dockworthy remove` once more removes the rest",
            )
        return structs.replace(plan, done=True)

    async def known_projects(self) -> frozenset[str]:
        """Those of which there are containers or routes here. Raises EngineError, HostError."""
        containers, kept = await asyncio.gather(
            self._site.engine.get("/containers/json?all=true"), EdgeStateDir(self._site).read()
        )
        labelled = {_label(each, label) for each in containers for label in (COMPOSE_PROJECT, STACK)}
        return frozenset({*labelled, *kept.projects} - {"", *OWN_PROJECTS})

    async def look(self) -> Removal:
        """Changes nothing. Raises EngineError, HostError."""
        found = await self._found()
        items = [*self._on_engine(found), *self._at_edge(found), *self._recorded(found)]
        return Removal(project=self._project, host=self._site.name, items=tuple(items), notes=found.notes)

    # What there is

    async def _found(self) -> _Found:
        engine = self._site.engine
        info, containers, networks, volumes, kept, edge = await asyncio.gather(
            engine.get("/info"),
            engine.get("/containers/json?all=true"),
            engine.get("/networks"),
            engine.get("/volumes"),
            EdgeStateDir(self._site).read(),
            container_of(self._site),
        )
        notes = []
        services: Sequence[Mapping[str, Any]] = ()
        stack: dict[RemovedKind, Sequence[Mapping[str, Any]]] = {}
        swarm = info.get("Swarm") or {}
        if swarm.get("ControlAvailable"):
            services, secrets, configs = await asyncio.gather(
                *(engine.get(f"/{kind}{of_project(self._project)}") for kind in ("services", "secrets", "configs"))
            )
            stack = {RemovedKind.SECRET: secrets or (), RemovedKind.CONFIG: configs or ()}
            with contextlib.suppress(UsageError):  # no release of a name that is too long for it was ever there
                self._stores = (("the swarm", SwarmStore(engine, self._project)), (self._site.name, self._files))
            if swarm.get("Nodes", 1) > 1 and services:
                notes.append(
                    f"volumes on other nodes of the swarm stay there: docker volume ls --filter label={STACK}="
                    f"{self._project}, on each"
                )
        elif swarm.get("LocalNodeState") not in ("", "inactive", None):
            notes.append(
                "this engine is no manager that can be asked: what the swarm has of it is not known here "
                "(--host ssh://root@MANAGER)"
            )
        try:
            refuse_foreign(edge, f"{self._site.state}/edge")
        except UsageError as error:
            notes.append(f"{error.says}: routes that it has of {self._project} are not known here")
        if elsewhere := goes_elsewhere(kept, self._project):
            notes.append(elsewhere)
        ours = [
            each for each in containers if self._project in (_label(each, COMPOSE_PROJECT), self._receives_for(each))
        ]
        records = {name: await store.contents() for name, store in self._stores}
        releases = [each for _, store in self._stores for each in await store.releases(skip_damaged=True)]
        alone = self._names(kept, releases)
        return _Found(
            containers=ours,
            others=[
                each
                for each in containers
                if self._project not in (_label(each, COMPOSE_PROJECT), _label(each, STACK), self._receives_for(each))
            ],
            services=services,
            networks=[each for each in networks if self._is_ours(each)],
            volumes=[each for each in volumes.get("Volumes") or () if self._is_ours(each)],
            stack=stack,
            kept=kept,
            certificates=await certificates_of(self._site, self._project, alone),
            names=alone,
            records=records,
            releases=releases,
            notes=tuple(notes),
        )

    def _receives_for(self, container: Mapping[str, Any]) -> str:
        """The project whose database's log it receives for us, "" for none."""
        ours = _label(container, LOG_RECEIVER) == self._site.state
        return _label(container, LOG_PROJECT) if ours else ""

    def _is_ours(self, labelled: Mapping[str, Any]) -> bool:
        return self._project in (_label(labelled, COMPOSE_PROJECT), _label(labelled, STACK))

    def _names(self, kept: EdgeState, releases: Sequence[Release]) -> tuple[str, ...]:
        """Host names that the project has or had, and no other project has now."""
        routes = kept.projects.get(self._project)
        names = [*(routes.names if routes is not None else ())]
        for release in releases:
            try:
                settings = msgspec.convert(release.settings, DeploySettings)
            except msgspec.ValidationError:  # of another version: the edge knows what it has now
                continue
            names += [name.lower() for route in settings.routes for name in (route.host, *route.redirect_from)]
        theirs = {name for project, each in kept.projects.items() if project != self._project for name in each.names}
        return tuple(name for name in dict.fromkeys(names) if name not in theirs)

    # What goes

    def _on_engine(self, found: _Found) -> Iterator[RemovalItem]:
        for service in found.services:
            yield RemovalItem(kind=RemovedKind.SERVICE, id=service["ID"], name=service["Spec"]["Name"])
        for container in found.containers:
            yield RemovalItem(kind=RemovedKind.CONTAINER, id=container["Id"], name=name_of(container))
        for network in found.networks:
            users = [
                name_of(each)
                for each in found.others
                if network["Name"] in ((each.get("NetworkSettings") or {}).get("Networks") or {})
            ]
            yield _unless_used(RemovedKind.NETWORK, network["Id"], network["Name"], users, "is on it")
        for volume in found.volumes:
            yield self._volume(volume["Name"], volume["Name"], found.others)
        known = {volume["Name"] for volume in found.volumes}
        for container in found.containers:
            for mount in container.get("Mounts") or ():
                name = str(mount.get("Name") or "")
                if mount.get("Type") == "volume" and _ANONYMOUS.fullmatch(name) and name not in known:
                    known.add(name)
                    called = f"{name[:12]} without a name, at {mount.get('Destination')} in {name_of(container)}"
                    yield self._volume(name, called, found.others)
        for kind, listed in found.stack.items():
            for each in listed:
                yield RemovalItem(kind=kind, id=each["ID"], name=each["Spec"]["Name"])

    def _volume(self, id: str, name: str, others: Sequence[Mapping[str, Any]]) -> RemovalItem:
        users = [name_of(each) for each in others if any(m.get("Name") == id for m in each.get("Mounts") or ())]
        if not self._volumes:
            because = "it holds data: --volumes removes it, too"
            return RemovalItem(kind=RemovedKind.VOLUME, id=id, name=name, remove=False, because=because)
        return _unless_used(RemovedKind.VOLUME, id, name, users, "mounts it")

    def _at_edge(self, found: _Found) -> Iterator[RemovalItem]:
        routes = found.kept.projects.get(self._project)
        for served in routes.routes if routes is not None else ():
            where = f"{served.host}{served.path or '/'}"
            yield RemovalItem(kind=RemovedKind.ROUTE, id=where, name=where)
        if routes is not None and len(found.kept.projects) == 1:
            yield RemovalItem(
                kind=RemovedKind.EDGE,
                id=EDGE_PROJECT,
                name=f"{EDGE_PROJECT}, which serves nobody else, and its follower",
            )
        for subject, files in found.certificates.items():
            if certificates := [file for file in files if not file.startswith(NO_CERTIFICATES)]:
                hosts = subject if subject != self._project else ", ".join(found.names)  # one file for all of them
                name = hosts or f"for host names of {subject} that are not known any more"
                yield RemovalItem(kind=RemovedKind.CERTIFICATE, id=certificates[0], name=name)
            elif routes is None:
                yield RemovalItem(kind=RemovedKind.ROUTE, id=files[0], name="names on the edge's network")

    def _recorded(self, found: _Found) -> Iterator[RemovalItem]:
        """Numbers count over both: records come along where a project changes its target."""
        contents = found.records.values()
        for number in sorted(
            {number for each in contents for number in each.releases}, key=lambda each: (len(each), each)
        ):
            yield RemovalItem(kind=RemovedKind.RELEASE, id=number, name=number)
        for name, version in dict.fromkeys(version for each in contents for version in each.versions):
            yield RemovalItem(kind=RemovedKind.VERSION, id=version, name=name)
        if any(each.has_more for each in contents) and not any(each.releases or each.versions for each in contents):
            yield RemovalItem(kind=RemovedKind.RELEASE, id="", name="the numbers of releases that are gone")

    # How it goes

    @asynccontextmanager
    async def _locked(self, *, take_over: bool) -> AsyncIterator[None]:
        """Takes the locks of the project, in the order in which a deploy takes them."""
        async with AsyncExitStack() as stack:
            for _, store in reversed(self._stores):
                if store is self._files or not (await store.contents()).is_empty:
                    await stack.enter_async_context(store.lock(who=who_runs(), doing="remove", take_over=take_over))
            yield

    async def _carry_out(self, plan: Removal, say: Say) -> None:
        engine = self._site.engine
        found = await self._found()
        if services := plan.going(RemovedKind.SERVICE):
            say(f"services: {_names(services)}")
            for each in services:
                await _removed(engine, f"/services/{quote(each.id)}")
            await until_gone(engine, of_project(self._project))
        if containers := plan.going(RemovedKind.CONTAINER):
            say(f"containers: {_names(containers)}")
            await self._end(found, {each.id for each in containers})
        for network in plan.going(RemovedKind.NETWORK):
            say(f"network: {network.name}")
            await _removed_when_free(engine, f"/networks/{quote(network.id)}")
        for volume in plan.going(RemovedKind.VOLUME):
            say(f"volume: {volume.name}")
            await _removed_when_free(engine, f"/volumes/{quote(volume.id)}")
        if any(plan.going(kind) for kind in (RemovedKind.ROUTE, RemovedKind.EDGE, RemovedKind.CERTIFICATE)):
            say("routes and certificates")
            swarm = on_swarm(found.kept)
            reached = (
                edge_sites(self._site, (), self._hosts, command="remove", sudo=self._sudo)
                if swarm
                else placed_sites(self._site, self._hosts, command="remove", sudo=self._sudo)
            )
            async with reached as sites:
                edges = Edges(EdgeRunner(self._site, swarm=swarm), sites)
                for note in await edges.forget(self._project, found.names):
                    say(f"note: {note}")
            if swarm and plan.going(RemovedKind.EDGE):
                await _removed_when_free(engine, f"/networks/{quote(EDGE_NETWORK)}")
        for kind in (RemovedKind.SECRET, RemovedKind.CONFIG):
            for each in plan.going(kind):
                await _removed(engine, f"/{kind}s/{quote(each.id)}")
        say("records, and versions of secrets and configs")
        for _, store in self._stores:
            if store is self._files or not (await store.contents()).is_empty:
                await store.erase()

    async def _end(self, found: _Found, ids: Collection[str]) -> None:
        """Who depends on others ends before them, each with the time that its stop_grace_period gives."""
        by_service: dict[str, list[str]] = {}
        for container in found.containers:
            if container["Id"] in ids:
                by_service.setdefault(_label(container, COMPOSE_SERVICE), []).append(container["Id"])
        for group in _last_first(by_service, in_force(found.releases)):
            stops = (_ended(self._site.engine, id) for name in group for id in by_service[name])
            await asyncio.gather(*stops)
        for id in ids:
            # With the volumes without a name: nobody but the container knows whose they are.
            await _removed(self._site.engine, f"/containers/{id}?force=true&v={'true' if self._volumes else 'false'}")


def _last_first(services: Collection[str], last: Release | None) -> Iterator[Sequence[str]]:
    """The turns in which services stop: first, all at once, those of which no release tells; then each after those that
    depend on it."""
    shipped = last.spec if last is not None else ComposeProject.of("", {})
    known = [name for name in services if name in shipped.services]
    yield [name for name in services if name not in known]
    try:
        for name in reversed(in_order(shipped, known)):
            yield [name]
    except UsageError:  # in a circle
        yield known


def _unless_used(kind: RemovedKind, id: str, name: str, users: Sequence[str], how: str) -> RemovalItem:
    if not users:
        return RemovalItem(kind=kind, id=id, name=name)
    return RemovalItem(kind=kind, id=id, name=name, remove=False, because=f"{', '.join(users)} {how}")


async def _ended(engine: Connection, container: str) -> None:
    try:
        await engine.send("POST", f"/containers/{container}/stop", answer=False, seconds=STOP_SECONDS)
    except NoSuchObject:
        return


async def _removed(engine: Connection, path: str) -> None:
    """What is gone is no error."""
    try:
        await engine.send("DELETE", path, answer=False)
    except NoSuchObject:
        return


async def _removed_when_free(engine: Connection, path: str) -> None:
    """A network or volume: a swarm holds on to it for a moment after its last task, whose container goes last."""
    clock = asyncio.get_running_loop().time
    ends = clock() + _SWARM_LETS_GO
    while True:
        try:
            await _removed(engine, path)
            return
        except (NotUnderstood, EngineError) as error:
            if "in use" not in error.says or clock() >= ends:
                raise
        await asyncio.sleep(_EVERY)


def _label(labelled: Mapping[str, Any], name: str) -> str:
    return str((labelled.get("Labels") or {}).get(name) or "")


def _names(items: Sequence[RemovalItem]) -> str:
    return ", ".join(each.name for each in items)
