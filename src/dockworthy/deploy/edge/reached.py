"""Which containers of a service the edge reaches, and what it meets where it reaches none."""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence

from ...errors import HostError
from ..targets.waiting import Unreached
from .admin import Admin, rows_in
from .kept import ServedRoute

_SILENT = "gets no answer at its address"


class ReachedByEdge:
    """Of one service; `routes`: HAProxy's name of a backend -> the route that leads to it."""

    def __init__(self, admin: Admin, routes: dict[str, ServedRoute]) -> None:
        self._admin = admin
        self._routes = routes

    async def all_up(self, addresses: Collection[str]) -> bool:
        try:
            up = [await self._admin.servers_up(backend) for backend in self._routes]
        except HostError:  # it is being reloaded
            return False
        return bool(addresses) and all(set(addresses) <= found for found in up)

    async def troubles(self, addresses: Collection[str]) -> Sequence[Unreached]:
        """Of those that do not get every route's requests. Raises HostError where the edge does not answer."""
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
        return Unreached(address, _SILENT, silent=True)
    if status == "L7STS":
        return Unreached(address, f"gets status {code} at {route.health} of port {route.port}")
    if status in ("L6TOUT", "L7TOUT"):
        return Unreached(address, f"gets no answer in time at {route.health} of port {route.port}")
    if status == "L7RSP":
        return Unreached(address, f"gets an answer that is no HTTP at port {route.port}")
    return Unreached(address, "has not asked it yet")
