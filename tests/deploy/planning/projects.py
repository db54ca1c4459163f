"""Projects as plans see them, in few words."""

from __future__ import annotations

from typing import Any

from deploy.composed import composed
from dockworthy.model.release import Release, ReleaseState, ShippedService
from dockworthy.model.rollout import Desired, Health, Running, Task, TaskState

OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def desired(
    jobs_before: tuple[str, ...] = (), jobs_after: tuple[str, ...] = (), routed: tuple[str, ...] = (), **services: Any
) -> Desired:
    """`desired(web={"replicas": 2, "ports": [...]})`; each is wanted with the hash `new` and the image NEW."""
    spec: dict[str, Any] = {"name": "shop", "services": {}, "volumes": {}}
    shipped, names = {}, {}
    for name, written in services.items():
        service = {"depends_on": {}, **written}
        replicas = service.pop("replicas", 1)
        if container_name := service.pop("container_name", ""):
            names[name] = container_name
        equal = service.pop("equal", ())
        for mount in service.get("volumes", ()):
            if mount["type"] == "volume":
                spec["volumes"][mount["source"]] = {"name": f"shop_{mount['source']}"}
        spec["services"][name] = service
        shipped[name] = ShippedService(
            reference=f"{name}:2", image=NEW, image_id=NEW, spec_hash="new", equal_hashes=equal, replicas=replicas
        )
    return Desired(
        project="shop",
        spec=composed(spec),
        services=shipped,
        container_names=names,
        jobs_before=jobs_before,
        jobs_after=jobs_after,
        routed=routed,
    )


def task(service: str, number: int = 1, *, new: bool = False, **more: Any) -> Task:
    """A running one; `new`: as it is wanted."""
    fields: dict[str, Any] = {
        "spec_hash": "new" if new else "old",
        "image_id": NEW if new else OLD,
        "state": TaskState.RUNNING,
        "health": Health.HEALTHY,
        "started": f"2026-11-26T12:00:{number:02}Z",
        **more,
    }
    return Task(id=f"{service}-{number}", name=f"shop-{service}-{number}", service=service, **fields)


def running(*tasks: Task, **more: Any) -> Running:
    found: dict[str, tuple[Task, ...]] = {}
    for each in tasks:
        found[each.service] = (*found.get(each.service, ()), each)
    return Running(tasks=found, **more)


def release(**services: str) -> Release:
    """A kept one that shipped these: service -> image."""
    return Release(
        number=1,
        project="shop",
        target="compose",
        state=ReleaseState.KEPT,
        spec=composed(),
        services={
            name: ShippedService(reference=image, image=image, image_id=image, spec_hash="old")
            for name, image in services.items()
        },
    )


DATA = {"volumes": [{"type": "volume", "source": "data", "target": "/data"}]}
