"""The edge runs, with the routes of every project: brought up where it is missing, told of new routes without a cut."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from ...engine.site import Site
from ...errors import DockworthyError, HostError
from ...interruption import to_its_end
from ...model.compose_project import ComposeProject
from ...model.deploy_settings import Tls
from ...model.edge_network import EDGE_NETWORK, EDGE_PROJECT
from ...model.labels import COMPOSE_PROJECT
from ..compose_command import ComposeCommand
from ..targets.containers import leave_edge
from .acme import due, known, obtain
from .certificates import certificates
from .compose_file import accepted, compose_file
from .conflicts import image_of_all, ports, refuse_conflicts, refuse_foreign, refuse_taken
from .following import Follower
from .forgetting import forget_certificates
from .haproxy.configuration import EdgeFiles, edge_files
from .haproxy_api import Admin
from .image import EdgeImage, edge_image
from .planned_change import ENDS_WITHIN, EdgeChange, chosen_image, exceptions_in_words, outlook, published, with_owner
from .process import EdgeProcess, end_container
from .renewal_records import remember_tried
from .routes import ProjectRoutes
from .state_dir import EdgeState, EdgeStateDir
from .swarm_network import join_again
from .swarm_secrets import Belongings, Carrying, EdgePart, in_words

_ALWAYS = accepted(has_shell=True).keys()


class EdgeRunner:
    """The edge of one site. `swarm`: the network of the services is there already, and goes over several hosts.
    `carries`: it is a manager's, which takes what the swarm keeps of the edge, and gives it what is new."""

    def __init__(
        self, site: Site, environ: Mapping[str, str] = os.environ, *, swarm: bool = False, carries: bool = True
    ) -> None:
        self.site = self._site = site
        self._environ = environ
        self._swarm = swarm
        self._keeper = EdgeStateDir(site)
        self.admin = Admin(site)
        self._process = EdgeProcess(site, self._keeper, self.admin, environ)
        self._follower = Follower(site, self._keeper.folder)
        self.carries = swarm and carries
        self._carrying = Carrying(site, environ) if self.carries else None

    async def ensure(self, wanted: ProjectRoutes, *, first: Callable[[], Awaitable[None]] | None = None) -> EdgeChange:
        """The edge runs and serves these routes of the project beside those of the others. `first`: what comes before
        an ACME authority is asked, which may ask any host that has the edge.

        Raises UsageError, before anything is changed, where another project or program has what is asked for;
        EngineError and HostError where it can't be done: the edge then is as it was.
        """
        async with self._keeper.locked():
            came = await self._brought(wanted)
            kept = await self._keeper.read()
            others = {name: routes for name, routes in kept.projects.items() if name != wanted.project}
            before = kept.projects.get(wanted.project)
            refuse_conflicts(wanted, others.values(), before)
            image_of_all(wanted, others.values(), chosen_image(kept))
            wanted = with_owner(wanted, kept)
            every = [*others.values(), wanted]
            change = await self._apply(kept, wanted.project, wanted, every)
            if wanted.edge.tls is Tls.ACME and (names := await due(self._site, wanted)):
                if first is not None:
                    await first()
                change = await self._prove(kept, wanted, names, every, change)
            carried = await self._carried()
            why = await self._follower.ensure() if not self._swarm else ""
            return msgspec.structs.replace(change, notes=(*change.notes, *came, *carried, *([why] if why else ())))

    async def _brought(self, wanted: ProjectRoutes | None = None) -> tuple[str, ...]:
        """What the swarm keeps of the edge is on this host, too: from a host that is lost, or that changed it last."""
        if self._carrying is None:
            return ()
        kept = await self._keeper.read()
        image = chosen_image(kept)
        if image is None:
            image = wanted.edge.image if wanted is not None else ""
        came = await self._carrying.bring(image, kept.image)
        return (f"the edge took {in_words(came)} from the swarm",) if came else ()

    async def parts(self, project: str) -> dict[str, EdgePart]:
        """The parts that the edges of other hosts need, too; of other projects only those that the swarm knows as
        newest."""
        parts = await Belongings(self._site).read()
        newest = await self._carrying.newest() if self._carrying is not None else {}
        found = {name: part for name, part in parts.items() if name == project or newest.get(name) == part.digest}
        gone = {name: EdgePart() for name, digest in newest.items() if digest == EdgePart().digest}
        return {**gone, project: EdgePart(), **found}

    async def would_follow(self, parts: Mapping[str, EdgePart], wanted: ProjectRoutes) -> EdgeChange:
        """What `follow` would change, once the parts hold what is wanted."""
        kept, here = await self._keeper.read(), await Belongings(self._site).read()
        change = await outlook(self._site, kept, self._process, wanted, swarm=self._swarm)
        differs = any(here.get(name, EdgePart()) != part for name, part in parts.items())
        told = change.started or change.recreated
        return msgspec.structs.replace(change, reloaded=change.reloaded or (differs and not told))

    async def know(self, hosts: Sequence[str]) -> None:
        """Writes down the addresses of all hosts that have the edge."""
        if (await self._keeper.read()).hosts != tuple(hosts):
            await self._keeper.write("hosts.json", msgspec.json.encode(hosts).decode())

    async def follow(self, parts: Mapping[str, EdgePart], project: str, hosts: Sequence[str]) -> EdgeChange:
        """The edge here serves what another host's does. `project`: whose routes changed there; `hosts`: as `know`
        takes them."""
        async with self._keeper.locked():
            await self.know(hosts)
            belongings = Belongings(self._site)
            here = await belongings.read()
            for name, part in parts.items():
                if here.get(name, EdgePart()) != part:
                    await belongings.write(name, part)
            kept = await self._keeper.read()
            every = list(kept.projects.values())
            if not every and await self._process.container() is None:
                return EdgeChange()
            return await self._apply(kept, project, kept.projects.get(project), every)

    async def _carried(self, gone: Collection[str] = ()) -> tuple[str, ...]:
        return await self._carrying.keep_or_say(gone) if self._carrying is not None else ()

    async def _prove(
        self,
        before: EdgeState,
        wanted: ProjectRoutes,
        names: tuple[str, ...],
        every: list[ProjectRoutes],
        done: EdgeChange,
    ) -> EdgeChange:
        """The edge answers the ACME authority, and takes over what that gives. A renewal may fail in time."""
        try:
            await obtain(self._site, wanted, names)
        except HostError as error:
            with contextlib.suppress(HostError):
                await remember_tried(self._site, dict.fromkeys(names, error.says), frozenset())
            if set(names) <= set(await known(self._site, wanted)):
                return msgspec.structs.replace(done, notes=(*done.notes, error.says))
            await to_its_end(self._take_back(before, wanted.project, error))
            raise
        await self._apply(await self._keeper.read(), wanted.project, wanted, every)
        await remember_tried(self._site, {}, frozenset(names))
        return done

    async def remove(self, project: str) -> EdgeChange:
        """Takes a project's routes away. The last one leaves the edge running."""
        async with self._keeper.locked():
            await self._brought()
            kept = await self._keeper.read()
            change = await self._without(kept, project)
            notes = await self._carried([project]) if project in kept.projects else ()
            return msgspec.structs.replace(change, notes=(*change.notes, *notes))

    async def _without(self, kept: EdgeState, project: str) -> EdgeChange:
        if await self._process.container() is None:  # somebody removed it: it takes nobody's
            await self._keeper.write_routes(project, None)
            return EdgeChange()
        others = [routes for name, routes in kept.projects.items() if name != project]
        return await self._apply(kept, project, None, others) if project in kept.projects else EdgeChange()

    async def is_there(self) -> bool:
        """Is there an edge, whether it runs or not? Raises EngineError."""
        return await self._process.container() is not None

    async def take_down(self, project: str) -> bool:
        """The edge goes, with its networks and its follower, where no project has routes; did it? `project`: the one
        that was alone at it. Raises EngineError, HostError."""
        async with self._keeper.locked():
            kept = await self._keeper.read()
            if kept.projects:
                return False
            container = await self._process.container()
            if container is None and not kept.compose:
                return False  # it was not started
            refuse_foreign(container, self._keeper.folder)
            await self._follower.remove()
            free = self._swarm or await self._without_users(project)
            if kept.compose and free:
                await self._goes(kept.compose)
            else:
                if container is not None:
                    await end_container(self._site.engine, container["Id"], within=ENDS_WITHIN)
                await self._keeper.write("compose.json", "")
            await self._keeper.switch("")
            await self._keeper.forget_others()
            return True

    async def _goes(self, compose_file: str) -> None:
        """With its networks. Raises EngineError, HostError."""
        await self._compose().down(ComposeProject.from_text(compose_file), stop_within=ENDS_WITHIN)
        await self._keeper.write("compose.json", "")

    async def _without_users(self, project: str) -> bool:
        """Containers of the project that were let join the edge leave its network, and run on. Is nobody else on it? A
        container that is stopped could not start again without it."""
        free, engine = True, self._site.engine
        for each in await engine.get("/containers/json?all=true"):
            labels = each.get("Labels") or {}
            if EDGE_NETWORK not in ((each.get("NetworkSettings") or {}).get("Networks") or {}):
                continue
            if labels.get(COMPOSE_PROJECT) == project:
                await leave_edge(engine, each["Id"])
            elif labels.get(COMPOSE_PROJECT) != EDGE_PROJECT:
                free = False
        return free

    async def forget(self, project: str, names: Collection[str]) -> tuple[str, ...]:
        """A project that is removed: its routes, then its certificates, and all settings that hold them. The edge goes
        with the last project. `names`: host names that were the project's. Returns what the swarm did not take, as
        sentences. Raises EngineError, HostError."""
        async with self._keeper.locked():
            kept = await self._keeper.read()
            others = [routes for name, routes in kept.projects.items() if name != project]
            await self._follower.forget(project)
            if not others:  # before the routes, by which the next run knows that there is an edge to remove
                await self._follower.remove()
            runs = await self._process.container() is not None
            if others and runs and project in kept.projects:
                await self._apply(kept, project, None, others)
            elif not runs or (not others and project in kept.projects):
                if kept.compose and not others:
                    await self._goes(kept.compose)
                await self._keeper.switch("")  # the next deploy of any project recreates them
                await self._keeper.write_routes(project, None)
            await self._keeper.forget_others()
            theirs = {name for each in others for name in each.names}
            await forget_certificates(self._site, project, [name for name in names if name not in theirs])
            return await self._carried([project])

    async def anew(self) -> None:
        """HAProxy asks the DNS for all its servers again, and no connection is cut. Raises HostError, EngineError."""
        async with self._keeper.locked():
            await self._process.anew()

    async def announce_names(self, project: str, names: Iterable[str]) -> None:
        """On the host, for its guard. Raises HostError."""
        await self._keeper.announce_names(project, names)

    async def remember_folders(self, project: str, folders: Sequence[str]) -> None:
        """For the edge's follower: how the folder is spelt from which the project is deployed. Raises HostError."""
        await self._follower.remember(project, folders)

    async def routes_of(self, project: str) -> ProjectRoutes | None:
        """The routes that the edge has of a project now; None where it has none."""
        return (await self._keeper.read()).projects.get(project)

    async def log(self, since: float) -> str:
        """What HAProxy wrote since a moment (seconds since 1970), each line after its time."""
        return await self._process.log(since)

    async def would_change(self, wanted: ProjectRoutes) -> EdgeChange:
        """What `ensure` would do; changes nothing. Raises what it raises before it changes anything."""
        change = await outlook(self._site, await self._keeper.read(), self._process, wanted, swarm=self._swarm)
        if not self._swarm:
            placed = await self._follower.look()
            notes = (*change.notes, placed.note) if placed.note and (placed.missing or change.started) else change.notes
            return msgspec.structs.replace(change, follower=placed.missing, notes=notes)
        comes = await self._carrying.lacking() if self._carrying is not None else ()
        if not comes:
            return change
        note = f"the edge takes {in_words(comes)} from the swarm"
        told = change.started or change.recreated
        return msgspec.structs.replace(change, reloaded=change.reloaded or not told, notes=(note, *change.notes))

    async def _apply(
        self, kept: EdgeState, project: str, wanted: ProjectRoutes | None, every: list[ProjectRoutes]
    ) -> EdgeChange:
        opened = ports(every)
        if opened == (None, None):  # nobody is left: the doors stay as they are
            opened = published(kept)
        await refuse_taken(self._site, opened)
        refuse_foreign(await self._process.container(), self._keeper.folder)
        others = [each for each in every if each.project != project]
        asked = image_of_all(wanted, others, chosen_image(kept))
        image = await edge_image(self._site, asked, kept.image, self._environ)
        files = edge_files(every, await certificates(self._site, every), exporter=image.has_exporter, hosts=kept.hosts)
        cpus = (await self._site.engine.get("/info")).get("NCPU") or 1
        folder, shell = self._keeper.folder, image.has_shell
        spec = compose_file(image.runs, folder, opened, cpus=cpus, has_shell=shell, swarm=self._swarm)
        await self._keeper.add_settings(files.digest, files.files)
        if kept.current != files.digest:
            await self._keeper.announce(spec)  # a guard lets only what root wrote read them
            await self._process.check(image, files.digest)
        try:
            if kept.projects.get(project) != wanted:
                await self._keeper.write_routes(project, wanted)
            return await self._switch(kept, image, files, spec, every)
        except BaseException as error:
            await to_its_end(self._take_back(kept, project, error))
            raise

    async def _switch(
        self, kept: EdgeState, image: EdgeImage, files: EdgeFiles, spec: ComposeProject, every: list[ProjectRoutes]
    ) -> EdgeChange:
        """From here on something changes; each step can be done twice."""
        if kept.current != files.digest:
            await self._keeper.switch(files.digest)
        if kept.image != (chosen := msgspec.json.encode(image).decode()):
            await self._keeper.write("image.json", chosen)
        before = await self._process.container()
        text = spec.to_text(indent=2)
        if before is None or before["State"] != "running" or kept.compose != text:
            await self._up(spec)
            await self._keeper.write("compose.json", text)
        running = await self._process.container()
        is_new = before is None or running is None or before["Id"] != running["Id"]
        lead_to = {name: to for each in every for name, to in each.lead_to.items()}
        reloaded = not is_new and await self._process.tell(files.marker, lead_to)
        await self._process.serves(files.marker)
        rejoined = self._swarm and not is_new and await join_again(self._site.engine)
        if rejoined:
            await self._process.reaches()
        if reloaded or is_new:
            await self._keeper.tell_servers("")
            await self._keeper.tidy()
        # The plan said what is so with every image.
        more = {name: why for name, why in accepted(has_shell=image.has_shell).items() if name not in _ALWAYS}
        notes = exceptions_in_words(more) if is_new else ()
        return EdgeChange(before is None, is_new and before is not None, reloaded, notes, rejoined=rejoined)

    async def _take_back(self, kept: EdgeState, project: str, error: BaseException) -> None:
        """Puts the edge back as it was. Where that fails too, `error` gets a note of it: the next run finds what is
        left."""
        try:
            await self._keeper.write_routes(project, kept.projects.get(project))
            await self._keeper.switch(kept.current)
            if kept.compose:
                await self._up(ComposeProject.from_text(kept.compose))
                await self._process.tell(f"dockworthy-{kept.current}")
            elif (spec := await self._process.container()) is not None:
                await self._site.engine.send("DELETE", f"/containers/{spec['Id']}?force=true", answer=False)
            await self._keeper.write("compose.json", kept.compose)
        except DockworthyError as second:
            error.add_note(f"and the edge could not be brought back to what it was: {second.says}")

    async def _up(self, spec: ComposeProject) -> None:
        """Recreates an edge that does not run: Compose would only start it, on networks that may be gone."""
        there = await self._process.container()
        if there is not None and there["State"] != "running":
            await self._site.engine.send("DELETE", f"/containers/{there['Id']}?force=true", answer=False)
        await self._keeper.announce(spec)
        await self._compose().up(spec, stop_within=ENDS_WITHIN)

    def _compose(self) -> ComposeCommand:
        return ComposeCommand(self._site.docker_host, self._keeper.folder, self._environ)
