"""Evidence and engine facts as proofs: which tool does which part of what a demand asks, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

from ...model.engine import Image
from ...model.proof import Proof
from ...model.snapshot import Snapshot
from ...model.workload import Unit
from .backups import read_backups, read_drills
from .delivery import read_delivery, read_rollback, read_set_up, read_updates
from .edges import read_edges
from .makers import Makers
from .monitoring import read_logs, read_monitoring
from .surroundings import ProofSurroundings, doubted

__all__ = ["doubted_containers", "read_proofs"]


def read_proofs(snapshot: Snapshot, units: Sequence[Unit], images: Sequence[Image] = ()) -> tuple[Proof, ...]:
    """Every proof, in the order of the demands. Pure: the snapshot is all there is."""
    around = ProofSurroundings(snapshot, tuple(units), tuple(images))
    found = (
        *read_monitoring(around),
        *read_backups(around),
        *read_updates(around),
        *read_delivery(around),
        *read_edges(around),
        *read_logs(around),
        *read_rollback(around),
        *read_set_up(around),
        *read_drills(around),
    )
    return tuple(doubted(proof, around.makers.doubt(proof.who)) for proof in found)


def doubted_containers(snapshot: Snapshot, units: Sequence[Unit]) -> dict[str, str]:
    """`container/NAME` -> why what that container shows proves nothing for the host."""
    makers = Makers(snapshot, tuple(units))
    doubts = {unit.id: makers.doubt(unit.id) for unit in units}
    return {who: doubt for who, doubt in doubts.items() if doubt}
