"""The edge of a swarm on several hosts (`deploy.edge.hosts`): each has the same routes, certificates and authority.

The first is that of the manager that is asked: what is decided is decided there, and the swarm keeps it. The others
follow, each under a lock of its own. One that is lost, or does not take what is new, stops nobody: that is said, and
the next deploy mends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from ...engine.host_addresses import SHOW_ADDRESSES, interfaces_in
from ...engine.membership import membership_of
from ...engine.site import Site, reach
from ...errors import DockworthyError, HostError, UsageError
from ...model.edge import EdgeStanding
from ...model.edge_network import EDGE_PROJECT
from ..targets.swarm.names import node_name
from .address import CONTAINER as ADDRESS_CONTAINER
from .address_keeper import MovingAddress, placed_in, places_file
from .conflicts import address_of_all, hosts_of_all
from .haproxy_api import Admin
from .planned_change import EdgeChange
from .routes import ProjectRoutes
from .running import EdgeRunner
from .state_dir import EdgeState, EdgeStateDir
from .status import edge_standing


class EdgeSites(Struct, frozen=True):
    """`first`: what dockworthy.yaml calls the host that is asked, "" where there is no other. `others`: those that are
    reached; `lost`: why each of the rest is not. `addresses`: those by which hosts of the swarm reach all of them.
    `leaving`: hosts that have the edge no longer, and on which the address may still stand; `left`: why each of them
    that is not reached is not. `placed`: keepalived is, or was, on hosts that are written down.
    `nodes`: of the swarm, each with its address; None where there is none, or nobody asked it."""

    first: str = ""
    others: Mapping[str, Site] = {}
    lost: Mapping[str, str] = {}
    addresses: tuple[str, ...] = ()
    leaving: Mapping[str, Site] = {}
    left: Mapping[str, str] = {}
    placed: bool = False
    nodes: Mapping[str, str] | None = None


def hosts_of(kept: EdgeState, wanted: Sequence[str] = (), project: str = "") -> tuple[str, ...]:
    """The hosts of the edge: who names none gets those of the other projects there."""
    return tuple(wanted) or hosts_of_all(routes for name, routes in kept.projects.items() if name != project)


def goes_elsewhere(kept: EdgeState, project: str) -> str:
    """What the removal of a project takes away on the other hosts of the edge, in a sentence; "" where it has none.
    Pure."""
    if project not in kept.projects or not (hosts := hosts_of(kept)):
        return ""
    where = f"on each host of the edge ({', '.join(hosts)})"
    if len(kept.projects) > 1:
        return f"routes and certificates of {project} are removed {where}"
    address = address_of_all(kept.projects.values())
    return f"the edge is taken down {where}" + (f", with the address {address}" if address else "")


@contextlib.asynccontextmanager
async def edge_sites(
    asked: Site, wanted: Sequence[str], ways: Mapping[str, str], *, project: str = "", command: str, sudo: bool
) -> AsyncIterator[EdgeSites]:
    """`asked`: a manager's; none are known of another one. `wanted`: as `deploy.edge.hosts` has them; `ways`: `hosts:`
    of dockworthy.yaml.

    Raises UsageError where the edge is to be on other hosts than the one that is asked; HostError, EngineError of that
    one alone.
    """
    names = hosts_of(await EdgeStateDir(asked).read(), wanted, project)
    places = placed_in(await asked.shell.file(places_file(asked)))
    dropped = [name for name in places if name and name not in names]
    if not names and not dropped:
        yield EdgeSites()
        return
    mine = await membership_of(asked.engine)
    if not mine.manager:
        yield EdgeSites()
        return
    nodes = {node_name(node): node for node in await asked.engine.get("/nodes")}
    first, reached, lost = "", dict[str, Site](), dict[str, str]()
    async with contextlib.AsyncExitStack() as stack:
        for name in (*names, *dropped):
            node = nodes.get(name)
            if node is not None and node["ID"] == mine.node:
                first = name
                continue
            if node is not None and (node.get("Status") or {}).get("State") == "down":
                lost[name] = "the swarm sees it down"
                continue
            if name not in ways:
                if node is not None or name in names:
                    lost[name] = "`hosts:` of dockworthy.yaml names no way to it"
                continue
            try:
                site = await stack.enter_async_context(reach(ways[name], command=command, sudo=sudo))
                node_there = (await membership_of(site.engine)).node
            except DockworthyError as error:
                lost[name] = error.says
                continue
            if node_there == mine.node:
                first = name
            elif name in names and node_there not in {each["ID"] for each in nodes.values()}:
                lost[name] = "its engine is no node of this swarm"
            else:
                reached[name] = site
        others = {name: site for name, site in reached.items() if name in names}
        if names and first not in names:
            raise UsageError(
                f"the edge is to be on {' and '.join(names)} (deploy.edge.hosts), and {asked.name} is none of them",
                hint=f"ship to one of them that is a manager: --host {next(iter(others), names[0])}",
            )
        at = [address_of(nodes[name]) for name in names if name in nodes]
        yield EdgeSites(
            first,
            others,
            lost={name: why for name, why in lost.items() if name in names},
            addresses=tuple(address for address in at if address),
            leaving={name: site for name, site in reached.items() if name in dropped},
            left={name: why for name, why in lost.items() if name in dropped},
            placed=bool(places),
            nodes={name: address_of(node) for name, node in nodes.items()},
        )


@contextlib.asynccontextmanager
async def placed_sites(asked: Site, ways: Mapping[str, str], *, command: str, sudo: bool) -> AsyncIterator[EdgeSites]:
    """Without a swarm: the hosts on which keepalived is still written down to run, as a swarm's edge had an address.
    Raises HostError of the one that is asked alone."""
    places = placed_in(await asked.shell.file(places_file(asked)))
    if not places:
        yield EdgeSites()
        return
    nodes = None
    with contextlib.suppress(DockworthyError):  # by a swarm that is left it is not known any more
        if (await membership_of(asked.engine)).manager:
            nodes = {node_name(node): address_of(node) for node in await asked.engine.get("/nodes")}
    mine = {str(at.ip) for _, at in interfaces_in((await asked.shell.run(SHOW_ADDRESSES)).output)}
    first, reached, left = "", dict[str, Site](), dict[str, str]()
    async with contextlib.AsyncExitStack() as stack:
        for name, at in places.items():
            if not name or at.address in mine:
                first = name
            elif name not in ways:
                left[name] = "`hosts:` of dockworthy.yaml names no way to it"
            else:
                try:
                    reached[name] = await stack.enter_async_context(reach(ways[name], command=command, sudo=sudo))
                except DockworthyError as error:
                    left[name] = error.says
        yield EdgeSites(first, leaving=reached, left=left, placed=True, nodes=nodes)


def address_of(node: Mapping[str, Any]) -> str:
    """Without a port, and an IPv6 one without brackets. A manager's own word of itself may be 0.0.0.0."""
    manager = str((node.get("ManagerStatus") or {}).get("Addr") or "").rpartition(":")[0].strip("[]")
    return manager or str((node.get("Status") or {}).get("Addr") or "")


class Edges:
    """All of them, asked as one edge is. `first` decides, and what it raises is raised; what another one can't is a
    note of what was done."""

    def __init__(self, first: EdgeRunner, sites: EdgeSites, environ: Mapping[str, str] = os.environ) -> None:
        self._first = first
        self._lost = dict(sites.lost)
        self._addresses = sites.addresses
        self._others = {
            name: EdgeRunner(site, environ, swarm=True, carries=False) for name, site in sites.others.items()
        }
        every = {**sites.others, **sites.leaving}
        self._address = MovingAddress(sites.first, first.site, every, environ, unreached=sites.left, nodes=sites.nodes)
        self.admin = first.admin
        self._first_name = sites.first or first.site.name
        self._moves = first.carries or sites.placed
        # As long as it is not sure that the release stays, an address that goes stays where it can be served.
        self._spare = (sites.first, *every) if first.carries else (sites.first,)
        self._absent: set[str] = set()
        """Hosts that had no edge before `ensure`."""

    @property
    def other_admins(self) -> Sequence[Admin]:
        return [each.admin for each in self._others.values()]

    async def would_change(self, wanted: ProjectRoutes) -> EdgeChange:
        change = await self._first.would_change(wanted)
        elsewhere, notes = [], [*self._left_alone()]
        moved = await self._would_move(wanted.project, wanted)
        notes += moved.notes
        parts = await self._first.parts(wanted.project) if self._others else {}
        for name, edge in self._others.items():
            try:
                elsewhere += [f"{step} on {name}" for step in _in_words(await edge.would_follow(parts, wanted))]
            except DockworthyError as error:
                notes.append(f"the edge on {name} stays as it is: {error.says}")
        elsewhere += moved.elsewhere
        return structs.replace(
            change, elsewhere=tuple(elsewhere), notes=(*change.notes, *notes), address_goes=moved.address_goes
        )

    async def would_remove(self, project: str) -> EdgeChange:
        """What becomes of the address when a project's routes are taken off: `elsewhere`, `notes`, `address_goes`."""
        return await self._would_move(project, None)

    async def _would_move(self, project: str, wanted: ProjectRoutes | None) -> EdgeChange:
        return await self._address.would_change(project, wanted) if self._moves else EdgeChange()

    async def ensure(self, wanted: ProjectRoutes, *, opening: bool = False) -> EdgeChange:
        """`opening`: for a release that may still be taken back: `settle` follows where it stays."""

        async def first() -> None:
            await self._follow(wanted.project, opening=opening)

        if opening:
            await self._look()
        if self._first.carries:
            await self._first.know(self._addresses)
        change = await self._first.ensure(wanted, first=first if self._others else None)
        notes = await self._follow(wanted.project, opening=opening)
        return structs.replace(change, notes=(*change.notes, *notes))

    async def remove(self, project: str, *, opening: bool = False) -> EdgeChange:
        change = await self._first.remove(project)
        return structs.replace(change, notes=(*change.notes, *await self._follow(project, opening=opening)))

    async def settle(self) -> Sequence[str]:
        """The release stays: an address that nobody asks for goes. What is not so then, in sentences."""
        return await self._moved() if self._address.spared else ()

    async def take_down(self, project: str) -> tuple[str, ...]:
        """Each edge that `ensure` started goes again, once the routes of `project` are removed: unless other projects
        have routes there by now. What became of them, in sentences."""
        told, gone = [], []
        for name, edge in {**self._others, self._first_name: self._first}.items():
            if name not in self._absent:
                continue
            try:
                if await edge.take_down(project):
                    gone.append(name)
            except DockworthyError as error:
                told.append(
                    f"the edge that this deploy started on {name} stays, with its ports open ({error.says}); remove "
                    f"it there: docker compose -p {EDGE_PROJECT} down"
                )
        if gone:
            told.append(f"the edge on {' and '.join(gone)} is taken down again: no other project has routes there")
        return tuple(told)

    async def _look(self) -> None:
        """Where no edge is yet, as far as that can be told: those are this deploy's to take down again."""

        async def look(name: str, edge: EdgeRunner) -> None:
            with contextlib.suppress(DockworthyError):
                if not await edge.is_there():
                    self._absent.add(name)

        every = {self._first_name: self._first, **self._others}
        await asyncio.gather(*(look(name, edge) for name, edge in every.items()))

    async def forget(self, project: str, names: Collection[str]) -> tuple[str, ...]:
        """What could not be forgotten elsewhere, in sentences. The first edge comes last: by its routes a run after one
        that was killed knows that there are others, and an address."""
        notes = [*self._left_alone(), *await self._moved(without=project)]
        for name, edge in self._others.items():
            try:
                await edge.forget(project, names)
            except DockworthyError as error:
                notes.append(f"the edge on {name} keeps what it has of {project}: {error.says}")
        return (*notes, *await self._first.forget(project, names))

    async def anew(self) -> None:
        await self._first.anew()

    async def announce_names(self, project: str, names: Iterable[str]) -> None:
        names = [*names]
        await self._first.announce_names(project, names)
        for edge in self._others.values():
            with contextlib.suppress(HostError):
                await edge.announce_names(project, names)

    async def remember_folders(self, project: str, folders: Sequence[str]) -> None:
        await self._first.remember_folders(project, folders)

    async def routes_of(self, project: str) -> ProjectRoutes | None:
        return await self._first.routes_of(project)

    async def log(self, since: float) -> str:
        return await self._first.log(since)

    async def _follow(self, project: str, *, opening: bool = False) -> tuple[str, ...]:
        parts = await self._first.parts(project) if self._others else {}
        notes = [*self._left_alone()]
        for name, edge in self._others.items():
            try:
                await edge.follow(parts, project, self._addresses)
            except DockworthyError as error:
                notes.append(f"the edge on {name} stays as it is, until the next deploy: {error.says}")
        return (*notes, *await self._moved(spare=self._spare if opening else ()))

    async def _moved(self, *, without: str = "", spare: Collection[str] = ()) -> Sequence[str]:
        return await self._address.ensure(without=without, spare=spare) if self._moves else ()

    def _left_alone(self) -> Iterable[str]:
        for name, why in self._lost.items():
            yield f"the edge on {name} stays as it is, until the next deploy: {why}"


def _in_words(change: EdgeChange) -> Iterable[str]:
    if change.started:
        yield "start the edge"
    elif change.recreated:
        yield "recreate the edge"
    elif change.reloaded:
        yield "tell the edge of new routes"
    if change.rejoined:
        yield "have the edge join the swarm's network again"


async def standing_of_all(asked: Site, ways: Mapping[str, str], *, sudo: bool) -> EdgeStanding:
    """How the edge of `asked` stands, and those of the other hosts that have it. Changes nothing. Raises HostError,
    EngineError."""
    found = await edge_standing(asked)
    async with edge_sites(asked, (), ways, command="edge", sudo=sudo) as sites:
        if not sites.first:
            return found
        others, cares = [], [f"the edge on {name}: {why}" for name, why in sites.lost.items()]
        for name, site in sites.others.items():
            try:
                other = await edge_standing(site)
            except DockworthyError as error:
                cares.append(f"the edge on {name}: {error.says}")
                continue
            if not other.is_there:
                cares.append(f"{name} has no edge yet: the next `dockworthy deploy` starts it")
            elif other.settings != found.settings:
                cares.append(f"the edge on {name} has other routes or certificates: the next `dockworthy deploy` gives "
                             "it those of this one")  # fmt: skip
            others.append(other)
        if found.address and not sites.lost and sum(each.has_address for each in (found, *others)) != 1:
            cares.append(f"{found.address} is on none of the hosts, or on more than one: `docker logs "
                         f"{ADDRESS_CONTAINER}` there says why")  # fmt: skip
    return structs.replace(found, others=tuple(others), cares=(*found.cares, *cares))
