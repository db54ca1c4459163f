"""The swarm that an engine belongs to, where it does and may see it."""

from __future__ import annotations

import asyncio
from typing import Any

from ..engine.filters import filters
from ..errors import EngineError
from ..model.evidence import Drill
from ..model.field import Field, Set, Source, Unknown, Unset
from ..model.half_begun import is_stopped
from ..model.kept_proof import PROOF_KIND
from .asking import Asking, source_of, unknown
from .evidence.ledger import read_proven_on_swarm

_LISTS = ("nodes", "services", "tasks", "secrets", "configs")

_STATE = Source("GET /info", "Swarm.LocalNodeState")


async def read_swarm(asking: Asking, info: Field[dict[str, Any]]) -> dict[str, Field[Any]]:
    """`swarm`, `nodes`, `services`, `tasks`, `secrets`, `configs`, `proofs`: fields of EngineFacts.

    Unset where the engine is in no swarm, Unknown on a worker: only managers know the swarm.
    """
    without = _without_asking(info)
    if without is not None:
        return dict.fromkeys(("swarm", "proofs", *_LISTS), without)
    swarm, proofs, *lists = await asyncio.gather(
        asking.one("/swarm"), _read_proofs(asking), *(asking.many(f"/{name}") for name in _LISTS)
    )
    return {"swarm": swarm, "proofs": proofs, **dict(zip(_LISTS, lists, strict=True))}


async def _read_proofs(asking: Asking) -> Field[tuple[Drill, ...]]:
    """What these configs hold is no secret, as that of others may be: it is read before it is hidden."""
    path = f"/configs?{filters(label=[f'dockworthy.kind={PROOF_KIND}'])}"
    source = source_of(path)
    try:
        answer = await asking.connection.get(path)
    except EngineError as error:
        return unknown(error, source)
    return Set(tuple(read_proven_on_swarm(answer)), source)


def _without_asking(info: Field[dict[str, Any]]) -> Unset | Unknown | None:
    """What /info already tells of it; None on a manager, which can be asked."""
    if not isinstance(info, Set):
        return info
    swarm = info.value.get("Swarm")
    swarm = swarm if isinstance(swarm, dict) else {}
    state = swarm.get("LocalNodeState") or "inactive"
    if state == "inactive":
        return Unset(_STATE)
    if state == "locked":
        return Unknown("the swarm is locked", tell="docker swarm unlock, then read again", source=_STATE)
    if state != "active":
        return Unknown(f"this node's place in the swarm is not settled: {state}", tell="docker info", source=_STATE)
    if is_stopped(swarm):
        reason = "this engine's swarm node was stopped and did not start again"
        return Unknown(reason, tell="restart that engine", source=Source("GET /info", "Swarm.NodeID"))
    if not swarm.get("ControlAvailable"):
        reason = "this node is a worker of the swarm: only a manager knows the swarm"
        return Unknown(reason, tell="read the facts on a manager", source=Source("GET /info", "Swarm.ControlAvailable"))
    return None
