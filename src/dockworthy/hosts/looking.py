"""Before a host is added: what stands on both sides, and so what there is to do. Changes nothing."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from ipaddress import IPv4Interface

from msgspec import Struct, structs

from ..deploy.edge.swarm_network import is_forgotten
from ..engine.membership import Membership, must_be_manager
from ..engine.membership import membership_of as asked_of
from ..engine.site import Site, reach
from ..engine.ssh.address import ssh_address
from ..errors import EngineUnreachable, HostAway, UsageError
from ..model.hosts import NodeRole, SwarmNode
from .addresses import addresses_of, chosen, in_one_network
from .managers import may_have_more
from .nodes import nodes_of
from .options import Adding


class Side(Struct, frozen=True, kw_only=True):
    """A host as it stands: without an engine `membership` is None. `addresses` lead to other hosts."""

    name: str
    membership: Membership | None = None
    addresses: tuple[IPv4Interface, ...] = ()


class BothSides(Struct, frozen=True, kw_only=True):
    """Both sides, and the nodes that the manager knows. `at` and `manager_at`: addresses for the swarm, "" where they
    are chosen when the engine is there, or not needed. `edge_forgotten`: the manager's edge is not known to the swarm's
    other hosts."""

    host: Side
    manager: Side | None = None
    nodes: tuple[SwarmNode, ...] = ()
    at: str = ""
    manager_at: str = ""
    edge_forgotten: bool = False

    @property
    def node(self) -> SwarmNode | None:
        """The new host in the manager's swarm, where it is in it already."""
        mine = self.host.membership
        return next((node for node in self.nodes if mine is not None and node.id == mine.node), None)

    @property
    def begins(self) -> bool:
        return self.manager is not None and self.manager.membership is not None and not self.manager.membership.is_in


async def look(asked: Adding) -> BothSides:
    """Raises UsageError where it can't be (in another swarm, too many managers), HostError, EngineError."""
    host = await _side(asked.endpoint, ssh_address(asked.endpoint).host, asked.host.sudo)
    if not asked.swarm:
        return BothSides(host=host)
    if asked.is_first:
        return await _look_at_first(host, asked)
    async with site_with_engine(asked.manager, sudo=asked.host.sudo) as site:
        if site is None:
            raise UsageError(
                f"no engine answers at {asked.manager}, which is to be the manager",
                hint="dockworthy harden --install --apply brings one; or --host ssh://root@MANAGER",
            )
        manager = await _told(site)
        nodes = tuple(await nodes_of(site.engine)) if _is_manager(manager) else ()
        forgotten = bool(nodes) and await is_forgotten(site.engine)
    seen = BothSides(host=host, manager=manager, nodes=nodes, edge_forgotten=forgotten)
    _must_be_possible(seen, asked)
    return _with_addresses(seen, asked)


async def _look_at_first(host: Side, asked: Adding) -> BothSides:
    """It is the manager itself, of a swarm that it is in or begins."""
    async with site_with_engine(asked.endpoint, sudo=asked.host.sudo) as site:
        is_in = site is not None and host.membership is not None and _is_manager(host)
        nodes = tuple(await nodes_of(site.engine)) if site is not None and is_in else ()
        forgotten = site is not None and is_in and await is_forgotten(site.engine)
    at = ""
    if not is_in and (host.membership is not None or asked.address or asked.manager_address):
        wanted = asked.address or asked.manager_address
        at = chosen(host.addresses, wanted, "", name=host.name, option="--address")
    return BothSides(host=host, nodes=nodes, at=at, edge_forgotten=forgotten)


def _is_manager(side: Side) -> bool:
    mine = side.membership
    assert mine is not None
    if mine.state != "inactive":
        must_be_manager(mine, side.name)
    return mine.is_in


def _must_be_possible(seen: BothSides, asked: Adding) -> None:
    mine, node = seen.host.membership, seen.node
    if mine is not None and (mine.is_in or mine.state == "locked") and node is None:
        raise UsageError(
            f"{seen.host.name} is in another swarm already",
            hint="docker swarm leave --force, over there (of a manager that swarm may be lost); then run this again",
        )
    if node is not None and asked.role is NodeRole.MANAGER and node.role is not NodeRole.MANAGER:
        raise UsageError(
            f"{seen.host.name} is a worker of this swarm already", hint=f"dockworthy hosts promote {node.called}"
        )
    if node is None and asked.role is NodeRole.MANAGER:
        known = seen.nodes or (SwarmNode(id="", name="", role=NodeRole.MANAGER, reachable=True),)
        may_have_more(known, 1, force=asked.force)


def _with_addresses(seen: BothSides, asked: Adding) -> BothSides:
    manager = seen.manager
    assert manager is not None and manager.membership is not None
    at, manager_at = "", manager.membership.address
    if not manager.membership.is_in:
        common = in_one_network(manager.addresses, seen.host.addresses)
        manager_at = chosen(common, asked.manager_address, "", name=manager.name, option="--manager-address")
    if seen.node is None and (seen.host.membership is not None or asked.address):
        at = chosen(seen.host.addresses, asked.address, manager_at, name=seen.host.name, option="--address")
    return structs.replace(seen, at=at, manager_at=manager_at)


async def _side(endpoint: str, name: str, sudo: bool) -> Side:
    async with contextlib.AsyncExitStack() as stack:
        site = await stack.enter_async_context(site_with_engine(endpoint, sudo=sudo))
        return Side(name=name) if site is None else await _told(site)


async def _told(site: Site) -> Side:
    return Side(name=site.name, membership=await asked_of(site.engine), addresses=tuple(await addresses_of(site.shell)))


@contextlib.asynccontextmanager
async def site_with_engine(endpoint: str, *, sudo: bool = False) -> AsyncIterator[Site | None]:
    """The host and its engine; None where the host answers, and no engine does. Raises HostError, UsageError."""
    async with contextlib.AsyncExitStack() as stack:
        site = None
        try:
            site = await stack.enter_async_context(reach(endpoint, command="hosts add", sudo=sudo))
        except HostAway:
            raise
        except EngineUnreachable:
            pass
        yield site
