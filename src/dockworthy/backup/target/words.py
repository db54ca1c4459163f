"""What an append-only store tells of itself: does it look after old backups, and is it append-only still?"""

from __future__ import annotations

from ...engine.clock import now
from ...model.moments import days_between
from ..repository import Repository
from ..runs import PROBE_PART
from .measuring import NotAppendOnly

_STORE_PART = "store"
"""Of the snapshot in which the host that keeps the store says what it did: written by keep_store.sh."""
_SILENT = 3.0
"""Days after which it should have said something: it looks each day."""


async def words_of_store(repository: Repository) -> tuple[str, ...]:
    """What is worth knowing, as sentences. Raises HostError."""
    if repository.store is None:
        return ()
    said = await repository.snapshots({"part": _STORE_PART})
    if not said:  # a new one, or one that removes nothing
        return ()
    text = await repository.read_once(said[-1].id, _STORE_PART, most=64 * 1024)
    at, status, *words = text.decode("utf-8", "replace").splitlines() or ["", ""]
    host = repository.store.host
    days = days_between(said[-1].time, now())
    if days is not None and days > _SILENT:
        return (f"{host} has not looked after {repository.shown} since {at}: is its timer dockworthy-store-* on?",)
    return (f"{host}: {' '.join(words)}",) if status != "0" else ()


async def must_refuse_removal(repository: Repository) -> None:
    """Tries it again, where the repository is an append-only store. Raises NotAppendOnly, HostError."""
    if repository.store is None:
        return
    probes = await repository.snapshots({"part": PROBE_PART})
    probe = probes[-1] if probes else await repository.save_bytes(PROBE_PART, b"probe", tags={"part": PROBE_PART})
    if not await repository.refuses_removal(probe.id):
        raise NotAppendOnly(
            f"{repository.shown} is append-only no more: restic could remove a snapshot",
            hint=f"who changed {repository.store.host}? dockworthy backup target {repository.store.admin}",
        )
