"""`dockworthy hosts rebalance`: tasks go to nodes that have fewer of their service."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from ...errors import EngineError, UsageError
from ..output import say
from .common import agreed, asks_a_manager, manager_of, nodes_by, timeout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...engine.connection import Connection
    from ...model.hosts import Spread, SwarmNode


@click.command(short_help="Spreads tasks evenly over the nodes, one after another.")
@click.argument("services", metavar="[SERVICE]...", nargs=-1)
@timeout
@asks_a_manager
def rebalance(
    services: tuple[str, ...],
    timeout: float,
    yes: bool,
    dry_run: bool,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
) -> int:
    """Tasks move to nodes that have fewer of their service: after a host was added, or taken back into use. A swarm
    leaves what runs where it is.

    Says first which services are spread unevenly, and how many tasks move. They move one after another: a new one
    starts, and when it is healthy, one ends on the node that has most (the other way round where the service is
    replaced old first). What stays is not started again. Stops at the first that does not come up; nothing was taken
    away for it then. Services with a volume of a node stay. SERVICE is its name in the swarm, as shop_web; without
    one, all are looked at.
    """
    endpoint, project = manager_of(hosts, policy, sudo=sudo)
    moves = _Moves(project.hosts, endpoint, seconds=timeout, sudo=sudo)
    return asyncio.run(moves.run(services, yes=yes, dry_run=dry_run))


class _Moves:
    """`known`: the hosts of dockworthy.yaml, name -> address."""

    def __init__(self, known: dict[str, str], endpoint: str, *, seconds: float, sudo: bool) -> None:
        self._known = known
        self._endpoint = endpoint
        self._seconds = seconds
        self._sudo = sudo

    async def run(self, only: Sequence[str], *, yes: bool, dry_run: bool) -> int:
        from ...engine.site import engine_at
        from ...hosts.rebalancing import plan_rebalance
        from ...report.hosts import not_counted_in_words, number_of_moves, spread_in_words

        async with engine_at(self._endpoint, sudo=self._sudo) as engine:
            nodes = await nodes_by(engine, self._endpoint)
            found = await plan_rebalance(engine, nodes, only)
            if unknown := sorted(set(only) - {each.service for each in found}):
                raise UsageError(
                    f"the swarm has no replicated service {', '.join(unknown)}",
                    hint="docker service ls names them",
                )
            for each in found:
                if each.stays and (each.moves or each.begun):
                    say(f"{each.service} stays as it is: {each.stays}")
            todo = [each for each in found if each.is_to_move]
            if away := not_counted_in_words(nodes):
                say(away)
            if not todo:
                on = " on the nodes that are ready" if away else ""
                say(f"all that can move is spread evenly{on}: nothing to do")
                return 0
            steps = [spread_in_words(each) for each in todo]
            if not agreed(number_of_moves(todo), steps, dry_run=dry_run, yes=yes):
                return 0 if dry_run else 1
            await self._bring_images(engine, nodes, todo)
            await self._move(engine, todo)
        return 0

    async def _move(self, engine: Connection, todo: Sequence[Spread]) -> None:
        from ...hosts.rebalancing import rebalance as spread_out
        from ...report.hosts import gap_in_words

        for number, each in enumerate(todo):
            try:
                _, gap = await spread_out(engine, each, seconds=self._seconds, say=say)
            except EngineError as error:
                if left := [other.service for other in todo[number + 1 :]]:
                    raise EngineError(f"{error.says}; not begun: {', '.join(left)}", hint=error.hint) from None
                raise
            say(gap_in_words(gap))

    async def _bring_images(self, engine: Connection, nodes: Sequence[SwarmNode], todo: Sequence[Spread]) -> None:
        """What no registry has must be there before a task comes: as `hosts resume` brings it."""
        from ...engine.membership import membership_of
        from ...engine.site import engine_at
        from ...hosts.images import bring

        mine = (await membership_of(engine)).node
        for node in nodes:
            if node.id == mine or not any(node.called in each.where for each in todo):
                continue
            if node.called not in self._known:
                say(f"whether {node.called} has the images is unknown: `hosts:` in dockworthy.yaml names no way there")
                continue
            async with engine_at(self._known[node.called], sudo=self._sudo) as there:
                await bring(engine, there, node, say)
