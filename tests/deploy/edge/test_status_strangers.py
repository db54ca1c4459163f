"""Who is at the edge without a release, told by what the engine says and not by labels that anybody can give."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy.deploy.edge.status import strangers
from dockworthy.engine.faults import NoSuchObject

ID, SERVICE, TASK = "c" * 64, "s1", "t1"


class Engine:
    """One network of the edge's, with one container on it."""

    def __init__(self, scope: str, labels: dict[str, str], *, runs: str = ID) -> None:
        network = {"Id": "n1", "Scope": scope, "Containers": {ID: {}, "lb-dockworthy-edge": {}}}
        self.objects: dict[str, Any] = {
            "/networks/dockworthy-edge": network,
            f"/containers/{ID}/json": {
                "Id": ID,
                "Name": "/x",
                "Config": {"Labels": labels},
                "NetworkSettings": {},
                "State": {"Status": "running"},
                "Image": "x",
                "Mounts": [],
            },
            f"/tasks/{TASK}": {"ID": TASK, "ServiceID": SERVICE, "Status": {"ContainerStatus": {"ContainerID": runs}}},
            "/services": [],
        }

    async def get(self, path: str) -> Any:
        if path not in self.objects:
            raise NoSuchObject(path)
        return self.objects[path]


def labels(task: str = TASK) -> dict[str, str]:
    return {"com.docker.swarm.service.id": SERVICE, "com.docker.swarm.task.id": task}


@pytest.mark.parametrize(
    "scope, given, runs, is_stranger",
    [
        ("swarm", labels(), ID, False),
        ("swarm", labels(), "d" * 64, True),
        ("swarm", labels("other"), ID, True),
        ("swarm", labels("../services"), ID, True),
        ("swarm", {"com.docker.swarm.service.id": SERVICE}, ID, True),
        ("swarm", {}, ID, True),
        ("local", labels(), ID, True),
    ],
)
async def test_a_task_is_one_that_the_swarm_knows(
    scope: str, given: dict[str, str], runs: str, is_stranger: bool
) -> None:
    engine: Any = Engine(scope, given, runs=runs)
    found = await strangers(engine, {})
    assert bool(found) is is_stranger and (not found or found[0].startswith("the container x on dockworthy-edge"))
