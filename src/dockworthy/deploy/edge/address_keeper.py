"""keepalived on one host, which holds the edge's address there or waits to take it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from ...engine.clock import rfc3339
from ...engine.docker_command import Docker
from ...engine.faults import NoSuchObject
from ...engine.filters import filters
from ...engine.host_addresses import SHOW_ADDRESSES
from ...engine.site import Site, write_file
from ...errors import DockworthyError, EngineError, HostError, UsageError
from ...interruption import to_its_end
from ...model.compose_project import ComposeProject
from ...model.labels import COMPOSE_PROJECT
from ..compose_command import ComposeCommand
from ..targets.containers import log_tail
from .address import (
    CONTAINER,
    FILE,
    IMAGE,
    PROJECT,
    SCRIPTS,
    SERVICE,
    AddressPlace,
    address_compose_file,
    address_files,
    must_be_free_address,
    place_in,
)
from .conflicts import Ports, address_of_all, hosts_of_all, ports
from .image import asked_once, is_there, made_image
from .planned_change import EdgeChange
from .process import end_container
from .routes import ProjectRoutes
from .state_dir import EdgeStateDir

_ENDS_WITHIN = 10
_STEADY = 3.0
"""Seconds that a new keepalived must run before it is believed to."""
_TAKEN = 15.0
"""Seconds in which a host takes an address that nobody has."""
_LOOK = 0.3


class KeepalivedImage(Struct, frozen=True):
    """`runs`: its id. `since`: when the container of it was made, RFC 3339."""

    runs: str
    version: str
    since: str = ""


class AddressKeeper:
    """Of one site. Everything raises HostError, EngineError."""

    def __init__(self, site: Site, environ: Mapping[str, str]) -> None:
        self._site = site
        self._environ = environ
        self._folder = f"{site.state}/edge"
        self._written = f"{self._folder}/address.json"
        self._told = f"{self._folder}/address.told"

    async def place(self, wanted: str, name: str) -> AddressPlace:
        """Raises UsageError where the host is not in the network of the address."""
        done = await self._site.shell.run(SHOW_ADDRESSES)
        if done.status:
            raise HostError(f"{name} does not tell its addresses: {done.words}", hint="apt-get install iproute2")
        return place_in(done.output, wanted, name)

    async def is_so(self, files: Mapping[str, str]) -> bool:
        """It runs, and with these files. {}: none runs."""
        container = await self._container()
        if not files:
            return container is None
        running = container is not None and container["State"] == "running"
        told = await self._site.shell.file(self._told)
        return running and told == _digest(files) and await self._read() == dict(files)

    async def ensure(self, files: Mapping[str, str]) -> bool:
        """Was there something to do? A change that leaves the container as it is takes the address from nobody."""
        if await self.is_so(files):
            return False
        await self._site.shell.run(f"rm -f -- {shlex.quote(self._told)}")  # until keepalived has read them
        for name, text in files.items():
            mode = "0755" if name in SCRIPTS else "0644"
            await write_file(self._site.shell, f"{self._folder}/address/{name}", text.encode(), mode=mode)
        done = await self._site.shell.run(f"chmod 755 {shlex.quote(f'{self._folder}/address')}")
        if done.status:
            raise HostError(f"{self._site.name}: {self._folder}/address can't be changed: {done.words}")
        spec = await self._spec()
        kept = await self._site.shell.file(self._written)
        container = await self._container()
        if kept != (text := spec.to_text()) or container is None or container["State"] != "running":
            await self._compose().up(spec, stop_within=_ENDS_WITHIN)
            await write_file(self._site.shell, self._written, text.encode())
        else:
            await self._site.engine.send("POST", f"/containers/{container['Id']}/kill?signal=SIGHUP", answer=False)
        await write_file(self._site.shell, self._told, _digest(files).encode())
        return True

    async def remove(self) -> None:
        """It takes the address off the host as it ends."""
        kept = await self._site.shell.file(self._written)
        if (container := await self._container()) is not None:
            if kept:
                await self._compose().down(ComposeProject.from_text(kept), stop_within=_ENDS_WITHIN)
            else:  # a run was killed before it wrote down what it had started
                await end_container(self._site.engine, container["Id"], within=_ENDS_WITHIN)
        await self._site.shell.run(f"cd {shlex.quote(self._folder)} && rm -rf -- address address.json address.told")

    async def holds(self, wanted: str) -> bool:
        """Is the address on this host now?"""
        done = await self._site.shell.run(f"ip -o -4 address show to {shlex.quote(wanted.partition('/')[0])}/32")
        return done.status == 0 and bool(done.output.strip())

    async def trouble(self) -> str:
        """Why this host would not take the address when another one is lost, in a sentence; "" where it would."""
        container = await self._container()
        if container is not None and container["State"] == "running":
            return ""
        how = "is not there" if container is None else f"is {container['State']}"
        return (
            f"keepalived {how} here, so this host does not take over when the one with the address is lost: "
            "`dockworthy deploy` starts it"
            + (f"; `docker logs {CONTAINER}` says why it ended" if container is not None else "")
        )

    async def image(self) -> KeepalivedImage | None:
        """Of the keepalived that is here; None where there is none."""
        container = await self._container()
        if container is None:
            return None
        id = str(container.get("ImageID") or "")
        made = container.get("Created")
        return KeepalivedImage(id, await self.version_of(id), rfc3339(float(made)) if made else "")

    async def version_of(self, image: str) -> str:
        """As the image's label tells it; "" where the image is gone."""
        try:
            facts = await self._site.engine.get(f"/images/{quote(image)}/json")
        except NoSuchObject:
            return ""
        return str(((facts.get("Config") or {}).get("Labels") or {}).get("org.opencontainers.image.version") or "")

    async def fresh_image(self) -> str:
        """Of the distribution's keepalived as it is now; its id. It starts."""
        image = await self._made(fresh=True)
        docker = Docker(self._site.docker_host, self._environ)
        done = await asked_once(docker, "--entrypoint", "keepalived", image, "--version")
        if done.status:
            raise EngineError(
                f"{self._site.name}: the new image of keepalived does not run: {done.said}",
                hint="keepalived is as it was",
            )
        return image

    async def exchange(self, image: str) -> None:
        """It runs with another image. Raises EngineError where that one does not go on running: the one from before
        then runs again."""
        kept = await self._site.shell.file(self._written)
        if not kept:
            raise HostError(f"{self._site.name}: {self._written} is gone", hint="`dockworthy deploy` writes it again")
        before = ComposeProject.from_text(kept)
        spec = before.with_service(SERVICE, before.services[SERVICE].with_image(image))
        try:
            await self._compose().up(spec, stop_within=_ENDS_WITHIN)
            await self._goes_on()
        except BaseException as error:
            await to_its_end(self._put_back(before, error))
            raise
        await write_file(self._site.shell, self._written, spec.to_text().encode())

    async def _put_back(self, spec: ComposeProject, error: BaseException) -> None:
        try:
            await self._compose().up(spec, stop_within=_ENDS_WITHIN)
        except DockworthyError as second:
            error.add_note(f"and keepalived could not be brought back to what it was: {second.says}")

    async def _goes_on(self) -> None:
        """Docker starts one that ends again and again."""
        clock = asyncio.get_running_loop().time
        ends = clock() + _STEADY
        while clock() < ends:
            container = await self._container()
            facts = await self._site.engine.get(f"/containers/{container['Id']}/json") if container is not None else {}
            if (facts.get("State") or {}).get("Status") != "running" or facts.get("RestartCount"):
                log = await log_tail(self._site.engine, container["Id"], 3) if container is not None else ()
                why = " ".join(log) or "it says nothing"
                raise EngineError(f"{self._site.name}: the new keepalived does not go on running: {why}")
            await asyncio.sleep(_LOOK)

    async def _spec(self) -> ComposeProject:
        """With the image that it has, or one that is made of the distribution's keepalived."""
        options = (await self._site.engine.get("/info")).get("SecurityOptions") or ()
        userns = any("name=userns" in each for each in options)
        kept = await self._site.shell.file(self._written)
        image = ComposeProject.from_text(kept).services[SERVICE].image if kept else ""
        if not image or not await is_there(self._site, image):
            image = await self._made()
        return address_compose_file(image, self._folder, userns=userns)

    async def _made(self, *, fresh: bool = False) -> str:
        docker = Docker(self._site.docker_host, self._environ)
        return await made_image(self._site, docker, "keepalived", IMAGE, user=0, stop="SIGTERM", fresh=fresh)

    async def _read(self) -> dict[str, str]:
        found = {}
        for name in (FILE, *SCRIPTS):
            text = await self._site.shell.file(f"{self._folder}/address/{name}")
            if text is not None:
                found[name] = text
        return found

    async def _container(self) -> dict[str, Any] | None:
        listed: list[dict[str, Any]] = await self._site.engine.get(
            f"/containers/json?all=true&{filters(label=[f'{COMPOSE_PROJECT}={PROJECT}'])}"
        )
        # A label may be on any container.
        return next((each for each in listed if f"/{CONTAINER}" in (each.get("Names") or ())), None)

    def _compose(self) -> ComposeCommand:
        return ComposeCommand(self._site.docker_host, self._folder, self._environ)


def placed_in(text: str | None) -> dict[str, AddressPlace]:
    """Where the hosts are that have keepalived or had it, as the first of them noted it."""
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, AddressPlace])
    except msgspec.MsgspecError:
        return {}


def places_file(site: Site) -> str:
    return f"{site.state}/edge/places.json"


class MovingAddress:
    """On all hosts with the edge that are reached, and on those that are no longer to have it. `first`: what the one
    that is asked is called, "" where it is the only one; `others`: name -> site; `unreached`: why each host that is no
    longer to have it is not reached."""

    def __init__(
        self,
        first: str,
        site: Site,
        others: Mapping[str, Site],
        environ: Mapping[str, str],
        *,
        unreached: Mapping[str, str] = {},
        nodes: Mapping[str, str] | None = None,
    ) -> None:
        self._first = first
        self._site = site
        self._keepers = {first: AddressKeeper(site, environ)}
        self._keepers |= {name: AddressKeeper(each, environ) for name, each in others.items()}
        self._others = others
        self._unreached = dict(unreached)
        self._nodes = nodes
        self.spared = False
        """Did keepalived stay somewhere for now, as `ensure` was asked to?"""

    async def would_change(self, project: str, wanted: ProjectRoutes | None) -> EdgeChange:
        """`elsewhere`, `notes` and `address_goes`; changes nothing. `wanted`: of the project, None where it leaves the
        edge. Raises UsageError where the first host can't have the address."""
        kept = await EdgeStateDir(self._site).read()
        projects = [each for name, each in kept.projects.items() if name != project]
        projects = [wanted, *projects] if wanted is not None else projects
        address, hosts = address_of_all(projects), hosts_of_all(projects)
        if wanted is not None and wanted.edge.address:
            must_be_free_address(address)
            if len(hosts) < 2:
                raise UsageError(
                    f"deploy.edge.address is {address}, which moves between hosts, and `deploy.edge.hosts` names "
                    f"{'only one' if hosts else 'none'}",
                    hint="deploy.edge: {hosts: [shop1, shop2], address: 192.0.2.100/24}",
                )
        if not address and not await self._has_any():
            return EdgeChange(notes=tuple(self._left(hosts)))
        places, notes = await self._look(address)
        leaving = self._leaving(address, hosts)
        files = self._files(address, hosts, _without(places, leaving), ports(projects))
        steps = []
        for name, keeper in self._keepers.items():
            if name not in files and name not in leaving:
                continue
            try:
                if not await keeper.is_so(files.get(name, {})):
                    does = f"set up keepalived for {address}" if name in files else "remove keepalived"
                    steps.append(f"{does} on {name or self._site.name}")
            except DockworthyError as error:
                notes.append(f"the address on {name} stays as it is: {error.says}")
        if steps and address:
            notes.append(
                f"keepalived holds {address} on one of {', '.join(hosts)}: it is a container in the host's "
                "network with NET_ADMIN and NET_RAW"
            )
        goes = ""
        if steps and not address:
            goes = address_of_all(kept.projects.values()) or "the edge's address"
            notes.append(
                f"{goes} is on no host any more once this release is kept: what leads to it (DNS, a router) must lead "
                "to a host's own address by then"
            )
        return EdgeChange(elsewhere=tuple(steps), notes=(*notes, *self._left(hosts)), address_goes=goes)

    async def ensure(self, *, without: str = "", spare: Collection[str] = ()) -> Sequence[str]:
        """As the projects ask that the edge has. What is not so then, in sentences. `without`: a project that is about
        to leave the edge. `spare`: hosts that keep keepalived for now, where nobody asks for the address any more.

        A host that is no longer to have the address loses keepalived first. As long as it may still run there, the
        others speak to it: it would else hear nobody, and take the address as well."""
        kept = await EdgeStateDir(self._site).read()
        projects = [each for name, each in kept.projects.items() if name != without]
        address, hosts = address_of_all(projects), hosts_of_all(projects)
        gone, failed = [], list[str]()
        self.spared = False
        for name in self._leaving(address, hosts):
            try:
                if not address and name in spare:
                    self.spared = self.spared or not await self._keepers[name].is_so({})
                    continue
                if not await self._keepers[name].is_so({}):
                    await self._keepers[name].remove()
                gone.append(name)
            except DockworthyError as error:
                failed.append(f"the address on {name} stays as it is, until the next deploy: {error.says}")
        try:
            places, notes = await self._look(address)
            places = _without(places, gone)
            told = [name for name in self._others if not address or name not in gone]
            notes += await self._note(places, told)
            files = self._files(address, hosts, places, ports(projects))
        except DockworthyError as error:
            return (*failed, f"the address stays as it is, until the next deploy: {error.says}")
        changed = False
        for name, keeper in self._keepers.items():
            try:
                if name in files:
                    changed = await keeper.ensure(files[name]) or changed
            except DockworthyError as error:
                notes.append(f"the address on {name} stays as it is, until the next deploy: {error.says}")
        if changed and not await self._is_taken(address):
            notes.append(f"no host took {address} within {_TAKEN:.0f} s: `docker logs {CONTAINER}` there says why")
        return (*failed, *notes, *self._left(hosts))

    def _leaving(self, address: str, hosts: Sequence[str]) -> list[str]:
        """Those of the hosts that are reached which are to have no keepalived."""
        return [name for name in self._keepers if not address or (name and name not in hosts)]

    def _left(self, hosts: Sequence[str]) -> Iterable[str]:
        for name, why in self._unreached.items():
            if name not in hosts:
                yield (
                    f"{name} is no longer a host of the edge, and keepalived can't be removed there ({why}), so the "
                    f"address may still move to it; remove it there: docker compose -p {PROJECT} down"
                )

    async def _is_taken(self, address: str) -> bool:
        clock = asyncio.get_running_loop().time
        ends = clock() + _TAKEN
        while clock() < ends:
            for keeper in self._keepers.values():
                with contextlib.suppress(DockworthyError):
                    if await keeper.holds(address):
                        return True
            await asyncio.sleep(_LOOK)
        return False

    async def _has_any(self) -> bool:
        for keeper in self._keepers.values():
            try:
                if not await keeper.is_so({}):
                    return True
            except DockworthyError:
                continue
        return False

    async def _note(self, places: Mapping[str, AddressPlace], others: Collection[str]) -> list[str]:
        """On each host: the next deploy may come by another one, and must know where keepalived runs."""
        notes = []
        for name, site in {self._first: self._site, **{each: self._others[each] for each in others}}.items():
            try:
                if placed_in(await site.shell.file(places_file(site))) != places:
                    await write_file(site.shell, places_file(site), msgspec.json.encode(places))
            except DockworthyError as error:
                if name == self._first:
                    raise
                notes.append(
                    f"{name} is not told which hosts may have the address, until the next deploy: {error.says}"
                )
        return notes

    async def _look(self, address: str) -> tuple[dict[str, AddressPlace], list[str]]:
        """Where each host is, and what could not be found out; changes nothing. A host that is lost is where it was."""
        places, notes = placed_in(await self._site.shell.file(places_file(self._site))), list[str]()
        for name, keeper in self._keepers.items():
            if not address or not name:
                continue
            try:
                places[name] = await keeper.place(address, name)
            except DockworthyError as error:
                if name == self._first:
                    raise
                notes.append(f"the address can't come to {name}: {error.says}")
        return places, notes

    def _files(
        self, address: str, hosts: Sequence[str], places: Mapping[str, AddressPlace], opened: Ports
    ) -> dict[str, dict[str, str]]:
        """Host -> its files."""
        nodes = self._nodes
        if nodes is None or not address:
            return {}
        known = [name for name in self._keepers if name in places and name in hosts]
        return {name: address_files(name, address, hosts, places, opened, nodes) for name in known}


def _without(places: Mapping[str, AddressPlace], names: Collection[str]) -> dict[str, AddressPlace]:
    return {name: place for name, place in places.items() if name not in names}


def _digest(files: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(files), sort_keys=True).encode()).hexdigest()
