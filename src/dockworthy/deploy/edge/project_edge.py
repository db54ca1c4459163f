"""The edge as one project's deploy sees it: its routes opened, and taken back; who gets requests."""

from __future__ import annotations

import asyncio
import contextlib
import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import structs

from ...engine.site import Site
from ...errors import DockworthyError, HostError
from ...model.deploy_settings import Tls
from ...model.rollout import RolloutStep, StepKind, Task
from ...model.saying import Say
from ..targets.containers import Unreached
from .aliases import still_by_old_names
from .edges import Edges
from .following.placing import DOES
from .haproxy_api import Admin, rows_in
from .planned_change import AWAY, EdgeChange
from .rotation import Rotation
from .routes import ProjectRoutes, ServedRoute
from .swarm_network import AWAY as REJOINS

_REJOINS = "the edge joins the swarm's network again: hosts of a swarm that began anew do not know its address"


_RELOADS = 10.0
"""Seconds in which an edge that is told of new routes answers again."""


class ProjectEdge:
    """`wanted`: the routes of the release that is on its way; None where it has none, or another edge is in place."""

    def __init__(
        self,
        runner: Edges,
        project: str,
        wanted: ProjectRoutes | None,
        found: ProjectRoutes | None = None,
        *,
        authority: str = "",
        notes: tuple[str, ...] = (),
        folders: tuple[str, ...] = (),
    ) -> None:
        """`found`: what the edge has of it now; `authority`: the host's file by which clients trust what
        `tls: internal` shows; `notes`: what a plan is to say of the routes, besides. `folders`: how the
        project's folder is spelt."""
        self.aliases: dict[str, str] = {}
        for routes in (found, wanted):
            self.aliases |= routes.aliases if routes is not None else {}
        """Service -> the secret name by which the edge finds its containers."""
        self._announced = False
        self._known_names = frozenset(found.aliases.values() if found is not None else ())
        self.runner = runner
        self.wanted = wanted
        self._project = project
        self._authority = authority
        self._folders = folders
        self._before: ProjectRoutes | None = None
        self._opened = False
        self._said = notes
        self.notes = notes
        """And those of the change that `step` foresaw."""

    async def step(self) -> RolloutStep | None:
        """What opening it would do; None where there is nothing to do. Raises what stands in the way."""
        if self.wanted is None:
            there = await self.runner.routes_of(self._project) is not None
            change = await self.runner.would_remove(self._project)
            step = _step(f"take the routes of {self._project} off the edge", 0.0) if there else None
            self.notes = (*self._said, *change.notes)
        else:
            change = await self.runner.would_change(self.wanted)
            self.notes = (*self._said, *change.notes)
            step = self._first_step(change)
        if not change.elsewhere:
            return step
        elsewhere = "; ".join(change.elsewhere)
        step = structs.replace(step, says=f"{step.says}; {elsewhere}") if step is not None else _step(elsewhere, 0.0)
        return structs.replace(step, subject=change.address_goes, gap=None) if change.address_goes else step

    def _first_step(self, change: EdgeChange) -> RolloutStep | None:
        assert self.wanted is not None
        opens = change.started or change.image or change.recreated or change.rejoined or change.reloaded
        if change.follower and opens:
            self.notes = (*self.notes, f"{DOES}: the edge's follower, {change.follower} on the host")
        elif change.follower:
            return _step(f"start the edge's follower, {change.follower} on the host: {DOES}", 0.0)
        names = ", ".join(self.wanted.names)
        if change.started:
            with_image = f" with the image {change.image}" if change.image else ""
            return _step(f"start the edge{with_image}, for {names}", 0.0)
        if change.image:
            return _step(f"recreate the edge with another image: {change.image}", AWAY)
        if change.recreated:
            return _step("recreate the edge: its ports or its network change", AWAY)
        if change.rejoined:
            return _step(
                _REJOINS + (f"; and it is told of new routes, for {names}" if change.reloaded else ""), REJOINS
            )
        if change.reloaded:
            return _step(f"tell the edge of new routes, for {names}: no connection is cut", 0.0)
        return None

    def waiting(self, steps: Iterable[RolloutStep]) -> Iterator[str]:
        """What becomes of requests while a service does not answer, where they wait for it."""
        gaps = {step.subject for step in steps if step.gap}
        for served in self.wanted.routes if self.wanted is not None else ():
            if served.wait and served.route.service in gaps:
                gaps.remove(served.route.service)
                yield f"requests for {served.route.service} wait at the edge meanwhile, {served.wait:g} s at the most"

    async def announce(self) -> None:
        """Writes the names by which containers will join the edge's network into the host's own files, before they
        join: the guard lets in only those. Raises HostError."""
        if self.wanted is not None and self._folders:
            await self.runner.remember_folders(self._project, self._folders)
        wanted = set(self.wanted.aliases.values()) if self.wanted is not None else set()
        every = {*self._known_names, *self.aliases.values()}
        if every != self._known_names & wanted:  # a way back joins by the names from before
            self._announced = True
            await self.runner.announce_names(self._project, every)

    async def open(self, say: Say) -> None:
        """Brings the edge to the wanted routes. Raises UsageError, EngineError, HostError; the edge then is as it
        was."""
        self._before = await self.runner.routes_of(self._project)
        try:
            if self.wanted is None:
                done = await self.runner.remove(self._project, opening=True)
            else:
                done = await self.runner.ensure(self.wanted, opening=True)
        except DockworthyError:
            with contextlib.suppress(DockworthyError):  # it is as it was, unless that came after the first edge's part
                self._opened = await self.runner.routes_of(self._project) != self._before
            raise
        except BaseException:  # interrupted, nobody knows where
            self._opened = True
            raise
        self._opened = True
        for note in done.notes:
            say(f"note: {note}")
        if self.wanted is not None and self.wanted.edge.tls is Tls.INTERNAL:
            say(f"clients trust the edge by {self._authority}")

    async def settle(self, tasks: Mapping[str, Sequence[Task]]) -> Sequence[str]:
        """The release is kept: names that no container needs any more are removed, because another container could take
        them, and so is an address that the release does not ask for. Returns what could not be removed, in sentences.
        Raises what `open` raises."""
        if self._announced:
            with contextlib.suppress(HostError):  # what nobody joins by any more may stay until the next deploy
                names = self.wanted.aliases.values() if self.wanted is not None else ()
                await self.runner.announce_names(self._project, names)
        notes = await self.runner.settle()
        if self.wanted is None or not self.wanted.old_names:
            return notes
        left = still_by_old_names(self.wanted, self.wanted.old_names, tasks)
        if left != self.wanted.old_names:
            self.wanted = structs.replace(self.wanted, old_names=left)
            await self.runner.ensure(self.wanted)
        return notes

    async def take_back(self, say: Say) -> None:
        """The routes that were there before, if others were opened. An edge that was started for these goes."""
        if not self._opened:
            return
        if self._before is None:
            await self.runner.remove(self._project)
            for says in await self.runner.take_down(self._project):
                say(says)
        else:
            await self.runner.ensure(self._before)
        self._opened = False

    def rotation(self, site: Site) -> Rotation:
        backends = self.wanted.backends if self.wanted is not None else {}
        return Rotation(site, self.runner.admin, backends, self.runner.anew)

    def sends_to(self, service: str) -> ReachedByEdge:
        """Does every route of the service send requests to its containers?"""
        routes = self.wanted.backends if self.wanted is not None else {}
        leading = {name: served for name, served in routes.items() if served.route.service == service}
        return ReachedByEdge(self.runner.admin, leading, self.runner.other_admins)


class ReachedByEdge:
    """Which containers of one service the edge reaches, and what it meets where it reaches none. `routes`: HAProxy's
    name of a backend -> the route that leads to it. `others`: the edges of other hosts, as long as they answer."""

    def __init__(self, admin: Admin, routes: dict[str, ServedRoute], others: Iterable[Admin] = ()) -> None:
        self._admin = admin
        self._routes = routes
        self._others = [Other(each) for each in others]

    async def all_up(self, addresses: Collection[str]) -> bool:
        try:
            up = [await self._admin.servers_up(backend) for backend in self._routes]
        except HostError:  # it is being reloaded
            return False
        if not addresses or not all(set(addresses) <= found for found in up):
            return False
        return all([await other.reaches(self._routes, addresses) for other in self._others])

    async def troubles(self, addresses: Collection[str]) -> Sequence[Unreached]:
        """What the edge meets at each address that does not get the requests of every route. Raises HostError where the
        edge does not answer."""
        found: dict[str, Unreached] = {}
        for backend, served in self._routes.items():
            up = await self._admin.servers_up(backend)
            checks = await self._checks(backend)
            for address in sorted(set(addresses) - up - found.keys()):
                found[address] = _unreached(address, checks.get(address), served)
        return tuple(found.values())

    async def _checks(self, backend: str) -> dict[str, dict[str, str]]:
        """Address -> what HAProxy's last check of it said."""
        state = rows_in(await self._admin.servers_state(backend))
        at = {row["srv_name"]: row["srv_addr"] for row in state if row["be_name"] == backend}
        stat = (await self._admin.ask(f"show stat {backend} 4 -1")).removeprefix("# ").splitlines()
        return {at[row["svname"]]: row for row in csv.DictReader(stat) if at.get(row["svname"], "-") != "-"}


class Other:
    """The edge of another host. A deploy does not wait for one that stopped answering."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._silent_since: float | None = None

    async def reaches(self, routes: Iterable[str], addresses: Collection[str]) -> bool:
        clock = asyncio.get_running_loop().time
        if self._silent_since is not None and clock() - self._silent_since > _RELOADS:
            return True
        try:
            up = [await self._admin.servers_up(backend) for backend in routes]
        except HostError:
            self._silent_since = self._silent_since or clock()
            return False
        self._silent_since = None
        return all(set(addresses) <= found for found in up)


def _unreached(address: str, check: dict[str, str] | None, served: ServedRoute) -> Unreached:
    """https://docs.haproxy.org/3.0/management.html: check_status of `show stat`."""
    route = served.route
    if check is None:
        return Unreached(address, "does not find it by its name")
    status, code = (check.get("check_status") or "").removeprefix("* "), check.get("check_code") or ""
    said = check.get("last_chk") or ""
    if status == "L4CON" and "refused" in said.lower():
        return Unreached(address, f"is refused at port {route.port}: does it listen there, at every address?")
    if status in ("L4TOUT", "L4CON", "SOCKERR"):
        return Unreached(address, "gets no answer at its address", silent=True)
    if status == "L7STS":
        return Unreached(address, f"gets status {code} at {route.health} of port {route.port}")
    if status in ("L6TOUT", "L7TOUT"):
        return Unreached(address, f"gets no answer in time at {route.health} of port {route.port}")
    if status == "L7RSP":
        return Unreached(address, f"gets an answer that is no HTTP at port {route.port}")
    return Unreached(address, "has not asked it yet")


def _step(says: str, gap: float) -> RolloutStep:
    return RolloutStep(kind=StepKind.ROUTES, subject="edge", says=says, causes=("deploy.routes",), gap=gap)
