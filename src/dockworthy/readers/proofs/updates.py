"""Proofs that newer images reach the containers by themselves (1.update)."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from ...model.evidence import Task
from ...model.field import Set, Source
from ...model.proof import Proof, Strength
from ...model.snapshot import ImageFacts
from .surroundings import Seen, Surroundings, ago, listed

DEMAND = "1.update"
_LATEST = 35.0
"""Days since an image in use came to this host: base images are built again about monthly."""
_LOOKS_ONLY = "WATCHTOWER_MONITOR_ONLY"


def read_updates(around: Surroundings) -> Iterator[Proof]:
    found = list(_updaters(around))
    yield from found
    updater = next((proof.tool for proof in found if proof.task is Task.UPDATE and proof.good), "")
    renewed = _last_renewed(around)
    if updater and renewed is not None:
        name, moment = renewed
        days = around.days_since(moment)
        if days is not None and days <= _LATEST:
            says = f"{updater} updates, and {name} came to this host {ago(days)}"
            source = Source("GET /images/{id}/json", "Metadata.LastTagTime")
            yield Proof(DEMAND, updater, Strength.MEASURED, says, source, Task.UPDATE, moment)


def _updaters(around: Surroundings) -> Iterator[Proof]:
    for job in listed(around.evidence.jobs):
        if job.does is Task.UPDATE:
            by = f"{job.by} ({job.schedule})" if job.schedule else job.by
            says = f"{job.tool} runs by {by}" if job.enabled else f"{job.tool} is set up in {by}, which is switched off"
            yield Proof(DEMAND, job.tool, Strength.SEEN, says, job.source, Task.UPDATE, job.last_run, job.enabled)
    for seen in around.doing(Task.UPDATE, Task.NOTIFY):
        only_looks = Task.NOTIFY in seen.does or _looks_only(seen)
        does = "tells of newer images, and updates nothing" if only_looks else "replaces containers with newer images"
        task = Task.NOTIFY if only_looks else Task.UPDATE
        yield Proof(DEMAND, seen.tool, Strength.SEEN, f"{seen.tool} ({seen.who}) {does}", seen.source, task)


def _looks_only(seen: Seen) -> bool:
    container = seen.unit.containers[0] if seen.unit else None
    environment = container.environment if container else None
    return isinstance(environment, Set) and environment.value.get(_LOOKS_ONLY, "").lower() in ("true", "1", "yes")


def _last_renewed(around: Surroundings) -> tuple[str, str] | None:
    """(name, moment) of the image in use that came to this host last."""
    used = {image.id: image.tags for image in around.images if image.used_by}
    images: tuple[ImageFacts, ...] = listed(around.snapshot.engine.images)
    times = [(when, image.id) for image in images if image.id in used and (when := _tagged(image))]
    if not times:
        return None
    moment, id = min(times, key=lambda pair: _age(around, pair[0]))
    return (used[id][0] if used[id] else id.removeprefix("sha256:")[:12]), moment


def _age(around: Surroundings, moment: str) -> float:
    days = around.days_since(moment)
    return inf if days is None else days


def _tagged(image: ImageFacts) -> str:
    """When it was pulled or built here, `""` where the engine does not know (the year 1)."""
    said = image.inspect.value.get("Metadata") if isinstance(image.inspect, Set) else None
    moment = str(said.get("LastTagTime") or "") if isinstance(said, dict) else ""
    return "" if moment.startswith("0001") else moment
