"""A node is emptied, taken back into use, or leaves: each first as a plan, then done."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from ..engine.connection import Connection
from ..engine.membership import Membership, membership_of
from ..errors import EngineError, UsageError
from ..model.hosts import Move, MoveKind, ServiceGap, SwarmNode
from .managers import may_have_fewer
from .nodes import available, change
from .placement import moves_from, pinned_to, replicas
from .watching import until_moved


class NodeEmptying(Struct, frozen=True, kw_only=True):
    """What becomes of a node's tasks when it is emptied. `mine`: the manager that is asked."""

    node: SwarmNode
    moves: tuple[Move, ...]
    mine: Membership

    @property
    def is_empty(self) -> bool:
        return self.node.availability == "drain" and not self.moves


async def plan_leaving(engine: Connection, node: SwarmNode, nodes: Sequence[SwarmNode]) -> NodeEmptying:
    """Changes nothing. Raises EngineError."""
    services, tasks = await engine.get("/services"), await engine.get("/tasks")
    return NodeEmptying(node=node, moves=moves_from(node, nodes, services, tasks), mine=await membership_of(engine))


def must_be_asked_for(plan: NodeEmptying, *, force: bool) -> None:
    """Raises UsageError where something would stop, or begin with an empty volume, and nobody said so."""
    left = [move for move in plan.moves if move.must_be_asked_for]
    if left and not force:
        raise UsageError(
            f"{plan.node.called} has what can't move: " + "; ".join(f"{move.service}: {move.why}" for move in left),
            hint="--force does it all the same: a backup first, where there is data",
        )


async def drain(engine: Connection, plan: NodeEmptying, *, seconds: float) -> tuple[ServiceGap, ...]:
    """The node takes no tasks, and has none. Waits for it. Raises EngineError where that takes longer."""
    await change(engine, plan.node.id, available("drain"))
    return await until_moved(engine, plan.moves, away_from=plan.node, seconds=seconds)


async def resume(engine: Connection, node: SwarmNode, nodes: Sequence[SwarmNode], *, seconds: float) -> list[str]:
    """The node takes tasks again; waits for services that may run nowhere else, and tells their names.

    Raises EngineError.
    """
    await change(engine, node.id, available("active"))
    if not node.ready:
        return []
    waited = []
    for service in await engine.get("/services"):
        if replicas(service) and pinned_to(service, node, nodes):
            waited.append(
                Move(
                    service=service["Spec"]["Name"],
                    service_id=service["ID"],
                    tasks=0,
                    wanted=replicas(service) or 0,
                    kind=MoveKind.MOVES,
                )
            )
    await until_moved(engine, waited, away_from=None, seconds=seconds)
    return [move.service for move in waited]


def may_leave(plan: NodeEmptying, nodes: Sequence[SwarmNode], *, force: bool) -> None:
    """Raises UsageError: the manager that is asked can't go, nor one without whom there is no majority."""
    not_oneself(plan.node, plan.mine)
    may_have_fewer(nodes, {plan.node.id}, force=force)


def not_oneself(node: SwarmNode, mine: Membership) -> None:
    """Raises UsageError: what is asked of the swarm afterwards needs a manager."""
    if node.id == mine.node:
        raise UsageError(
            f"{node.called} is the manager that is asked here, and can't take itself away",
            hint="name another manager: --host ssh://root@ANOTHER",
        )


async def forget(engine: Connection, node: SwarmNode) -> None:
    """It is not in the list any more. It has left or is down, and has no vote. Raises EngineError."""
    await engine.send("DELETE", f"/nodes/{node.id}?force=1")


async def leave(engine: Connection, node: SwarmNode) -> None:
    """On the host itself: its engine is in no swarm then. Raises EngineError where it is another node."""
    mine = await membership_of(engine)
    if mine.node != node.id:
        if not mine.is_in:
            return
        raise EngineError(f"the engine there is node {mine.node}, and not {node.id}: nothing was done there")
    await engine.send("POST", "/swarm/leave?force=1", seconds=60.0)
