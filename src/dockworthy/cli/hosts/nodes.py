"""`dockworthy hosts drain` and `resume`: a node is emptied, and taken back into use."""

from __future__ import annotations

import asyncio
import contextlib

import click

from ..output import say
from .common import agreed, asks_a_manager, manager_of, nodes_by, the_node, timeout


@click.command(short_help="Moves a node's tasks elsewhere; it gets no new ones.")
@click.argument("node")
@click.option("--force", is_flag=True, help="Also where something stops, or begins elsewhere with an empty volume.")
@timeout
@asks_a_manager
def drain(
    node: str,
    force: bool,
    timeout: float,
    yes: bool,
    dry_run: bool,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
) -> int:
    """A node's tasks go elsewhere, and no new ones come: before its engine or the host is restarted.

    Says first what goes where. The edge is no task: it stays, and the plan says so. What has a volume there, or may run
    nowhere else, is refused without --force. Waits until all run elsewhere, and prints for how long fewer of each ran,
    and none. NODE is its name in dockworthy.yaml, its host name, or the beginning of its id.
    """
    endpoint, project = manager_of(hosts, policy, sudo=sudo)
    return asyncio.run(
        _drain(endpoint, node, project.hosts, force=force, seconds=timeout, yes=yes, dry_run=dry_run, sudo=sudo)
    )


async def _drain(
    endpoint: str,
    name: str,
    known: dict[str, str],
    *,
    force: bool,
    seconds: float,
    yes: bool,
    dry_run: bool,
    sudo: bool,
) -> int:
    from ...engine.site import engine_at
    from ...hosts.edge_places import edge_places
    from ...hosts.leaving import drain as empty
    from ...hosts.leaving import must_be_asked_for, plan_leaving
    from ...report.hosts import edge_stays_in_words, gap_in_words, move_in_words

    async with engine_at(endpoint, sudo=sudo) as engine:
        nodes = await nodes_by(engine, endpoint)
        node = await the_node(nodes, name, known, sudo=sudo)
        plan = await plan_leaving(engine, node, nodes)
        known_as = [node if each.id == node.id else each for each in nodes]
        edge = edge_stays_in_words(node.called, await edge_places(engine, known_as, known, sudo=sudo))
        if plan.is_empty:
            say(f"{node.called} is drained and empty: nothing to do{f'; but {edge}' if edge else ''}")
            return 0
        steps = [move_in_words(move) for move in plan.moves] or ["no task runs there" if edge else "nothing runs there"]
        steps += [edge] if edge else []
        if not dry_run:
            must_be_asked_for(plan, force=force)
        if not agreed(f"{node.called} is drained", steps, dry_run=dry_run, yes=yes):
            return 0 if dry_run else 1
        for gap in await empty(engine, plan, seconds=seconds):
            say(gap_in_words(gap))
        resume = f"`dockworthy hosts resume {node.called}` takes it back into use"
        say(
            f"{node.called} is drained and empty; {resume}"
            if not edge
            else f"{node.called} has no task; {resume}; {edge}"
        )
    return 0


@click.command(short_help="Lets a drained node take tasks again.")
@click.argument("node")
@timeout
@asks_a_manager
def resume(
    node: str, timeout: float, yes: bool, dry_run: bool, policy: str | None, hosts: tuple[str, ...], sudo: bool
) -> int:
    """A node takes tasks again. What runs elsewhere stays there until it is deployed again, or until `hosts rebalance`;
    what may run on this node alone is waited for. Images that no registry has are loaded there first, where
    dockworthy.yaml names a way to it.
    """
    endpoint, project = manager_of(hosts, policy, sudo=sudo)
    return asyncio.run(_resume(endpoint, node, project.hosts, seconds=timeout, yes=yes, dry_run=dry_run, sudo=sudo))


async def _resume(
    endpoint: str, name: str, known: dict[str, str], *, seconds: float, yes: bool, dry_run: bool, sudo: bool
) -> int:
    from ...engine.site import engine_at
    from ...hosts.images import bring, lacking, step
    from ...hosts.leaving import resume as take_back

    async with contextlib.AsyncExitStack() as stack:
        engine = await stack.enter_async_context(engine_at(endpoint, sudo=sudo))
        nodes = await nodes_by(engine, endpoint)
        node = await the_node(nodes, name, known, sudo=sudo)
        if node.availability == "active":
            say(f"{node.called} takes tasks: nothing to do")
            return 0
        there = None
        if node.ready and node.called in known and known[node.called] != endpoint:
            there = await stack.enter_async_context(engine_at(known[node.called], sudo=sudo))
        steps = step(await lacking(engine, there, node)) if there is not None else []
        steps.append("new tasks may come; what runs elsewhere stays there (dockworthy hosts rebalance spreads it)")
        if not agreed(f"{node.called} is taken back into use", steps, dry_run=dry_run, yes=yes):
            return 0 if dry_run else 1
        if there is not None:
            await bring(engine, there, node, say)
        for service in await take_back(engine, node, nodes, seconds=seconds):
            say(f"{service} runs again")
        say(f"{node.called} takes tasks")
    return 0
