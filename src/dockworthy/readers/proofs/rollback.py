"""Proofs that a deploy can be taken back (3.rollback): a rollback that was made; the version before that is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ...model.evidence import Task
from ...model.field import Source
from ...model.proof import Proof, Strength
from .surroundings import Surroundings, listed

DEMAND = "3.rollback"
_SERVICES = Source("GET /services", "UpdateStatus.State")


def read_rollback(around: Surroundings) -> Iterator[Proof]:
    for service in listed(around.snapshot.engine.services):
        yield from _of_service(service)
    kept = Counter(repository for image in around.images for repository in {_repository(tag) for tag in image.tags})
    used = {_repository(tag) for image in around.images if image.used_by for tag in image.tags}
    names = sorted(name for name in used if kept[name] > 1)
    if names:
        says = f"of {names[0]} an image before or after the one in use is still here"
        says += f" (and of {len(names) - 1} others)" if len(names) > 1 else ""
        yield Proof(DEMAND, "docker", Strength.SEEN, says, Source("GET /images/json"), Task.DEPLOY)


def _of_service(service: dict[str, Any]) -> Iterator[Proof]:
    spec, status = service.get("Spec"), service.get("UpdateStatus")
    name = spec.get("Name", "?") if isinstance(spec, dict) else "?"
    state = status.get("State", "") if isinstance(status, dict) else ""
    when = str(status.get("CompletedAt", "")) if isinstance(status, dict) else ""
    if state == "rollback_completed":
        says = f"the last update of service {name} was rolled back and came to its end"
        yield Proof(DEMAND, "Docker Swarm", Strength.MEASURED, says, _SERVICES, Task.DEPLOY, when)
    elif state == "rollback_paused":
        says = f"the rollback of service {name} stopped half-way"
        yield Proof(DEMAND, "Docker Swarm", Strength.MEASURED, says, _SERVICES, Task.DEPLOY, when, good=False)
    elif "PreviousSpec" in service:
        says = f"the swarm keeps the version of service {name} before the last update"
        yield Proof(DEMAND, "Docker Swarm", Strength.SEEN, says, Source("GET /services", "PreviousSpec"), Task.DEPLOY)


def _repository(tag: str) -> str:
    head, slash, last = tag.rpartition("/")
    return f"{head}{slash}{last.split(':', 1)[0]}"
