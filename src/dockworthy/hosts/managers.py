"""How many managers a swarm may have, and when it would lose its majority. Pure: refusals with their reason."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..errors import UsageError
from ..model.hosts import NodeRole, SwarmNode

MOST = 5


def majority(managers: int) -> int:
    """How many of them must answer, so that anything can be changed at all."""
    return managers // 2 + 1


def may_have_more(nodes: Sequence[SwarmNode], more: int, *, force: bool = False) -> None:
    """`more` managers are added, who answer. Raises UsageError with the reason.

    Those that do not answer are not counted for 1, 3 or 5: a replacement comes before the dead one goes.
    """
    managers, answering = _counted(nodes)
    if not more:
        return
    if answering < majority(managers):
        raise UsageError(
            f"only {answering} of {managers} managers answer, and {majority(managers)} must",
            hint="docs/swarm-recovery.md",
        )
    if answering + more > MOST:
        raise UsageError(
            f"that would be {answering + more} managers: each votes on every change, and more than {MOST} make it "
            "slower and hardly safer",
            hint="let it be a worker, or demote another one first",
        )
    _odd(answering + more, force, "promote two at once, or --force for as long as you replace one")


def may_have_fewer(nodes: Sequence[SwarmNode], gone: Collection[str], *, force: bool = False) -> None:
    """The nodes with the ids `gone` are managers no longer. Raises UsageError with the reason."""
    managers, answering = _counted(nodes)
    leaving = in_order(nodes, gone)
    if not leaving:
        return
    if len(leaving) == managers:
        raise UsageError(
            "no manager would be left, and a swarm without one can't be changed any more",
            hint="promote another node first",
        )
    for node in leaving:
        managers, answering = managers - 1, answering - node.reachable
        if answering < majority(managers):
            raise UsageError(
                f"without {node.called} only {answering} of {managers} managers would answer, and "
                f"{majority(managers)} must: nothing in the swarm could be changed any more",
                hint="bring another manager back first, or promote a worker: dockworthy hosts promote NODE",
            )
    _odd(answering, force, "promote another node first, demote two at once, or --force for as long as you replace one")


def in_order(nodes: Sequence[SwarmNode], gone: Collection[str]) -> list[SwarmNode]:
    """The managers among `gone`, those first who do not answer: the majority grows with each of them."""
    leaving = [node for node in nodes if node.id in gone and _votes(node)]
    return sorted(leaving, key=lambda node: node.reachable)


def _counted(nodes: Sequence[SwarmNode]) -> tuple[int, int]:
    managers = [node for node in nodes if _votes(node)]
    return len(managers), sum(node.reachable for node in managers)


def _votes(node: SwarmNode) -> bool:
    return node.role is NodeRole.MANAGER and node.votes


def _odd(managers: int, force: bool, way: str) -> None:
    if managers % 2 == 0 and not force:
        raise UsageError(
            f"that would be {managers} managers, who survive the loss of no more of them than {managers - 1} would, "
            "with one more that can fail: 1, 3 or 5 are right",
            hint=way,
        )
