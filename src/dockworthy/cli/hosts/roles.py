"""`dockworthy hosts promote` and `demote`: who is a manager of the swarm."""

from __future__ import annotations

import asyncio

import click

from ..output import say
from .common import agreed, asks_a_manager, manager_of, nodes_by, the_node

_force = click.option("--force", is_flag=True, help="Allow an even number of managers, while one is replaced.")


@click.command(short_help="Makes nodes managers; use 1, 3 or 5.")
@click.argument("nodes", metavar="NODE...", nargs=-1, required=True)
@_force
@asks_a_manager
def promote(
    nodes: tuple[str, ...],
    force: bool,
    yes: bool,
    dry_run: bool,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
) -> int:
    """Nodes become managers. More than half of all managers must answer, or nothing in the swarm can be changed: 3
    survive the loss of one, 5 of two, and 4 survive no more than 3 do. From 1 to 3: name two nodes.
    """
    endpoint, project = manager_of(hosts, policy, sudo=sudo)
    return asyncio.run(_promote(endpoint, nodes, project.hosts, force=force, yes=yes, dry_run=dry_run, sudo=sudo))


async def _promote(
    endpoint: str, names: tuple[str, ...], known: dict[str, str], *, force: bool, yes: bool, dry_run: bool, sudo: bool
) -> int:
    from ...engine.site import engine_at
    from ...errors import UsageError
    from ...hosts.managers import may_have_more
    from ...hosts.roles import promote as make_manager
    from ...model.hosts import NodeRole

    async with engine_at(endpoint, sudo=sudo) as engine:
        nodes = await nodes_by(engine, endpoint)
        asked = [await the_node(nodes, name, known, sudo=sudo) for name in names]
        chosen = {node.id: node for node in asked if node.role is NodeRole.WORKER}
        if not chosen:
            say("they are managers already: nothing to do")
            return 0
        if down := [node.called for node in chosen.values() if not node.ready]:
            raise UsageError(f"{', '.join(down)} is down, and would be a manager who does not answer")
        may_have_more(nodes, len(chosen), force=force)
        steps = [
            f"{node.called} becomes a manager: whoever is root there is root on every node" for node in chosen.values()
        ]
        if not agreed("The swarm gets managers", steps, dry_run=dry_run, yes=yes):
            return 0 if dry_run else 1
        for node in chosen.values():
            await make_manager(engine, node)
            say(f"{node.called} is a manager")
    return 0


@click.command(short_help="Makes managers workers, if a majority remains.")
@click.argument("nodes", metavar="NODE...", nargs=-1, required=True)
@_force
@asks_a_manager
def demote(
    nodes: tuple[str, ...],
    force: bool,
    yes: bool,
    dry_run: bool,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
) -> int:
    """Managers become workers; what runs on them goes on. It is refused where no majority of the remaining managers
    would answer, or where an even number of them would remain.
    """
    endpoint, project = manager_of(hosts, policy, sudo=sudo)
    return asyncio.run(_demote(endpoint, nodes, project.hosts, force=force, yes=yes, dry_run=dry_run, sudo=sudo))


async def _demote(
    endpoint: str, names: tuple[str, ...], known: dict[str, str], *, force: bool, yes: bool, dry_run: bool, sudo: bool
) -> int:
    from ...engine.membership import membership_of
    from ...engine.site import engine_at
    from ...hosts.leaving import not_oneself
    from ...hosts.managers import in_order, may_have_fewer
    from ...hosts.roles import demote as make_worker

    async with engine_at(endpoint, sudo=sudo) as engine:
        nodes = await nodes_by(engine, endpoint)
        asked = [await the_node(nodes, name, known, sudo=sudo) for name in names]
        leaving = in_order(nodes, {node.id for node in asked})
        if not leaving:
            say("they are workers already: nothing to do")
            return 0
        mine = await membership_of(engine)
        may_have_fewer(nodes, {node.id for node in leaving}, force=force)
        for node in leaving:
            not_oneself(node, mine)
        steps = [f"{node.called} becomes a worker; what runs there goes on" for node in leaving]
        if not agreed("The swarm gets fewer managers", steps, dry_run=dry_run, yes=yes):
            return 0 if dry_run else 1
        for node in leaving:
            await make_worker(engine, node)
            say(f"{node.called} is a worker")
    return 0
