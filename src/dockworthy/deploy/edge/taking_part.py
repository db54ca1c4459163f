"""Whether containers get requests from the edge: what a roll-out waits for before the old ones go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from ipaddress import ip_address, ip_network

from ...errors import HostError
from ..site import Site
from .admin import Admin, Server
from .compose_file import NETWORK
from .kept import ProjectRoutes

TakesPart = Callable[[Collection[str]], Awaitable[bool]]
"""Asked with the IP addresses of containers, of whatever networks."""


def taking_part(site: Site, admin: Admin, routes: ProjectRoutes) -> Callable[[str], TakesPart]:
    """Service -> the question for its containers. Raises EngineError where the edge's network is gone."""

    def of(service: str) -> TakesPart:
        backends = [name for name, served in routes.backends.items() if served.route.service == service]

        async def asked(addresses: Collection[str]) -> bool:
            network = await site.engine.get(f"/networks/{NETWORK}")
            subnets = [ip_network(each["Subnet"]) for each in network["IPAM"]["Config"] if each.get("Subnet")]
            here = {each for each in addresses if any(ip_address(each) in subnet for subnet in subnets)}
            try:
                return bool(here) and all_up(await admin.servers(), backends, here)
            except HostError:  # it is being told of new routes: asked again, it answers
                return False

        return asked

    return of


def all_up(servers: Collection[Server], backends: Collection[str], addresses: Collection[str]) -> bool:
    """Each of the backends sends requests to each of the addresses."""
    up = {(server.backend, server.address) for server in servers if server.is_up}
    return all((backend, address) in up for backend in backends for address in addresses)
