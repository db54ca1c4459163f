"""Which containers of a project get requests from the edge, told to HAProxy at its admin socket: it counts at once.

Only for a moment: what lasts is who is on the edge's network, because HAProxy forgets such commands when it restarts,
and the DNS fills its server slots again. What a killed deploy told HAProxy and did not take back, `restore` does.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping

from msgspec import Struct

from ...engine.site import Site
from ...errors import HostError
from ..observing.probe import ProbeConnection, ProbeFailed, connected
from .haproxy_api import GETS_REQUESTS, Admin, rows_in
from .routes import ServedRoute

_DRAINED = 8
"""Bit of srv_admin_state: we told HAProxy to drain the server (SRV_ADMF_FDRAIN)."""


WEIGHT = 100
"""Of every server, as the configuration says."""
_MOVED = 99
"""Weight 99 marks a server whose address we overrode: so the next run finds what an interrupted one left. HAProxy gives
the container that the DNS had put there no other slot, and does not remember it."""


class Slot(Struct, frozen=True):
    """A server of HAProxy's that the DNS fills, named `shop:web/c1`. `address`: "" for an empty slot.
    `drained`: we told HAProxy so. `moved`: we overrode its address."""

    name: str
    address: str
    drained: bool
    gets_requests: bool
    moved: bool = False

    @property
    def backend(self) -> str:
        return self.name.partition("/")[0]

    @property
    def stands(self) -> tuple[str, str]:
        """Its backend and its address."""
        return self.backend, self.address


def slots_in(state: str) -> Iterable[Slot]:
    """From the answer to `show servers state`."""
    for row in rows_in(state):
        if row["srv_fqdn"] == "-":
            continue
        admin = int(row["srv_admin_state"])
        yield Slot(
            name=f"{row['be_name']}/{row['srv_name']}",
            address="" if row["srv_addr"] == "-" else row["srv_addr"],
            drained=bool(admin & _DRAINED),
            gets_requests=not admin and row["srv_op_state"] in GETS_REQUESTS,
            moved=row["srv_uweight"] == str(_MOVED),
        )


def exchanging(slots: Iterable[Slot], old: Collection[str], new: Collection[str]) -> tuple[list[str], Collection[str]]:
    """The commands that put `new` into the slots of `old`, and which slots that are; none where there are too few.

    The DNS goes on to name both. So all other slots are drained: `old` get no request, wherever the DNS puts them.
    """
    words: list[str] = []
    taken: set[str] = set()
    of_backend: dict[str, list[Slot]] = {}
    for slot in slots:
        of_backend.setdefault(slot.backend, []).append(slot)
    for each in of_backend.values():
        there = {slot.address: slot for slot in each if slot.address in new and slot.gets_requests}
        places = [slot for slot in each if slot.address in old and slot.gets_requests]
        missing = sorted(set(new) - set(there))
        if len(places) < len(missing):
            return [], set()
        taken.update(slot.name for slot in places[: len(missing)])
        stay = taken.union(slot.name for slot in there.values())
        words += [f"set server {slot.name} state drain" for slot in each if slot.name not in stay]
        for slot, to in zip(places, missing, strict=False):
            words += [f"set server {slot.name} weight {_MOVED}", f"set server {slot.name} addr {to}"]
    return words, taken


def is_broken_off(slots: Iterable[Slot]) -> bool:
    """Was an exchange interrupted? Then an address is in a slot that the DNS did not choose, or in two slots."""
    held = [(slot.stands, slot.moved) for slot in slots if slot.address or slot.moved]
    return any(moved for _, moved in held) or len({stands for stands, _ in held}) < len(held)


def sessions_in(stat: str) -> dict[str, int]:
    """Server -> requests that it is at work on, and those that wait for it; from the answer to `show stat`."""
    rows = csv.DictReader(stat.removeprefix("# ").splitlines())
    return {f"{row['pxname']}/{row['svname']}": int(row["scur"] or 0) + int(row["qcur"] or 0) for row in rows}


_SECONDS = 2.0


async def is_well(site: Site, served: ServedRoute, address: str) -> bool:
    """Does the container at `address` pass the check of this route? Asked from here, without the edge. False also where
    the engine's host can't reach it (a rootless engine's containers)."""
    route = served.route
    try:
        async with asyncio.timeout(_SECONDS):
            at = await site.tcp(address, route.port)
            if not route.health:
                (await connected(at, ""))[1].transport.abort()
                return True
            asked = ProbeConnection(at)
            try:
                host = served.host.replace("*.", "edge.", 1)
                return 200 <= await asked.get(host, route.health, keep=False) < 400
            finally:
                await asked.close()
    except (ProbeFailed, HostError, OSError, TimeoutError):
        return False


_LOOK = 0.02
_CHECKED = 0.7
"""Seconds after which HAProxy has checked who is in a slot: until then its state may be that of the one before."""
_EMPTIED = 3.0
"""Seconds in which the DNS must stop naming containers that left."""
_NAMED = 3.0
"""Seconds in which the DNS must name containers that joined the network: HAProxy asks it twice a second."""
_MOST_WORDS = 8000
"""Bytes of one command line."""


class Rotation:
    """`routes`: HAProxy's names for what routes lead to, of one project. All of it raises HostError where HAProxy does
    not answer, or does not do as it is told."""

    def __init__(
        self, site: Site, admin: Admin, routes: Mapping[str, ServedRoute], anew: Callable[[], Awaitable[None]]
    ) -> None:
        """`anew`: HAProxy goes on in a new process, with the same settings."""
        self._site = site
        self._anew = anew
        self._admin = admin
        self._routes = routes

    async def restore(self) -> None:
        """No slot stays drained by what an earlier run told HAProxy."""
        if self._routes:
            await self._tell([slot for slot in await self._slots(self._routes) if slot.drained], "state ready")

    async def mend(self) -> None:
        """Undoes what is left of an `exchange` whose run was killed. HAProxy keeps the slot for the container that was
        in it before, and gives that no other: a new process, which takes over without a cut, asks the DNS anew."""
        if self._routes and is_broken_off(await self._slots(self._routes)):
            await self._anew()
            await self._tell([slot for slot in await self._slots(self._routes) if slot.moved], f"weight {WEIGHT}")

    async def leave(self, service: str, addresses: Collection[str], *, within: float) -> None:
        """The containers at `addresses` get no new requests from now on. Returns when the requests that they have are
        answered, or after `within` seconds."""
        slots = await self._at(service, addresses)
        await self._tell(slots, "state drain")
        clock = asyncio.get_running_loop().time
        ends = clock() + within
        while await self._busy(slots) and clock() < ends:
            await asyncio.sleep(_LOOK)

    async def cut(self, service: str, addresses: Collection[str]) -> None:
        """Ends connections that are still open (WebSockets): their clients see that, and connect again."""
        for slot in await self._at(service, addresses):
            await self._admin.ask(f"shutdown sessions server {slot.name}")

    async def free(self, service: str, addresses: Collection[str]) -> None:
        """Waits until the DNS no longer names them, then lets other containers use their slots."""
        clock = asyncio.get_running_loop().time
        ends = clock() + _EMPTIED
        while await self._at(service, addresses) and clock() < ends:
            await asyncio.sleep(_LOOK)
        await self._tell([slot for slot in await self._slots(self._of(service)) if slot.drained], "state ready")
        await self._tell([slot for slot in await self._slots(self._of(service)) if slot.moved], f"weight {WEIGHT}")

    async def exchange(self, service: str, old: Collection[str], new: Collection[str]) -> bool:
        """Puts `new` into the slots of `old` by one command, if they pass the check: the DNS would take half a second.
        Returns True when the DNS names them, too, each in a slot of its own.

        False where that can't be done: they can't be checked from here, they are more than `old`, or the DNS changed a
        slot meanwhile. Then no slot stays drained, and the DNS fills them.
        """
        well = await asyncio.gather(*self._asked(service, new))
        words, places = exchanging(await self._slots(self._of(service)), old, new) if all(well) else ([], set())
        if not words or len(line := "; ".join(words)) > _MOST_WORDS:
            return False
        await self._admin.ask(line)
        clock = asyncio.get_running_loop().time
        ends = clock() + _NAMED
        wanted = {(name, each) for name in self._of(service) for each in new}
        while clock() < ends:
            slots = await self._slots(self._of(service))
            if {slot.stands for slot in slots if slot.gets_requests} != wanted:
                break
            named = [slot for slot in slots if slot.address in new and slot.name not in places]
            if {slot.stands for slot in named} == wanted:
                await self._tell(named, "state ready")
                return True
            await asyncio.sleep(_LOOK)
        await self.restore()
        return False

    async def arrived(self, service: str, addresses: Collection[str], *, within: float) -> bool:
        """Do all of them get requests, and pass the check? They are checked from here; where that is not possible, this
        waits for HAProxy's own check."""
        clock = asyncio.get_running_loop().time
        ends, since = clock() + within, None
        asking = asyncio.gather(*self._asked(service, addresses))
        try:
            while clock() < ends:
                since = (since or clock()) if await self._hold(service, addresses) else None
                if since is not None and asking.done() and all(asking.result()):
                    return True
                if since is not None and clock() - since > _CHECKED and await self._passed(service, addresses):
                    return True
                await asyncio.sleep(_LOOK)
            return False
        finally:
            asking.cancel()

    def _asked(self, service: str, addresses: Collection[str]) -> list[Coroutine[None, None, bool]]:
        return [is_well(self._site, self._routes[name], each) for name in self._of(service) for each in addresses]

    async def _hold(self, service: str, addresses: Collection[str]) -> bool:
        """Has each route all of them in its slots?"""
        try:
            slots = await self._at(service, addresses)
        except HostError:  # it is being started
            return False
        found = {slot.stands for slot in slots if slot.gets_requests}
        return len(found) >= len(addresses) * len(self._of(service))

    async def _passed(self, service: str, addresses: Collection[str]) -> bool:
        up = [await self._admin.servers_up(name) for name in self._of(service)]
        return all(set(addresses) <= found for found in up)

    def _of(self, service: str) -> list[str]:
        return [name for name, served in self._routes.items() if served.route.service == service]

    async def _at(self, service: str, addresses: Collection[str]) -> list[Slot]:
        return [slot for slot in await self._slots(self._of(service)) if slot.address in addresses]

    async def _slots(self, backends: Collection[str]) -> list[Slot]:
        return [slot for slot in slots_in(await self._admin.servers_state()) if slot.backend in backends]

    async def _tell(self, slots: Iterable[Slot], what: str) -> None:
        """In one command line, which HAProxy carries out as a whole or not at all."""
        if words := "; ".join(f"set server {slot.name} {what}" for slot in slots):
            said = (await self._admin.ask(words)).strip()
            if said:
                raise HostError(f"{self._site.name}: the edge does not do as it is told: {said}")

    async def _busy(self, slots: Iterable[Slot]) -> bool:
        at_work = sessions_in(await self._admin.ask("show stat"))
        return any(at_work.get(slot.name, 0) for slot in slots)
