"""The swarm that the engine belongs to. Source: Engine API v1.45, `GET /info`, `/swarm`, `/nodes`, `/services`."""

from __future__ import annotations

from ..model.engine import Cluster, Network
from ..model.field import Field, Set, Source
from ..model.snapshot import EngineFacts
from .api_object import ApiObject

WHERE = "GET /info"


def read_cluster(facts: EngineFacts, networks: tuple[Network, ...]) -> Cluster | None:
    """None where the engine is in no swarm, or where nothing tells that it is in one."""
    info = ApiObject(facts.info.value if isinstance(facts.info, Set) else None, WHERE)
    state = info.text("Swarm", "LocalNodeState")
    if not _in_swarm(state, facts):
        return None
    return Cluster(
        manager=info.at("Swarm", "ControlAvailable").data is True or isinstance(facts.swarm, Set),
        source=Source(WHERE, "Swarm"),
        state=state,
        error=info.text("Swarm", "Error"),
        swarm=facts.swarm,
        nodes=facts.nodes,
        services=facts.services,
        secrets=facts.secrets,
        tasks=facts.tasks,
        networks=networks,
    )


def _in_swarm(state: Field[str], facts: EngineFacts) -> bool:
    """`inactive` is in no swarm; `locked`, `pending` and `error` are in one that does not work now."""
    if isinstance(state, Set) and state.value:
        return state.value != "inactive"
    return isinstance(facts.swarm, Set)


__all__ = ["read_cluster"]
