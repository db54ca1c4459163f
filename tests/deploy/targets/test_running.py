"""Which containers of an engine are a project's."""

from __future__ import annotations

from typing import Any, cast

from dockworthy.deploy.targets.running import read_running, read_tasks
from dockworthy.engine.connection import Connection
from dockworthy.model.labels import COMPOSE_CONFIG_HASH as HASH
from dockworthy.model.labels import COMPOSE_ONEOFF as ONEOFF
from dockworthy.model.labels import COMPOSE_PROJECT as PROJECT
from dockworthy.model.labels import COMPOSE_SERVICE as SERVICE

BY_COMPOSE = {PROJECT: "bank", SERVICE: "web", HASH: "h", ONEOFF: "False"}
OF_SWARM = {**BY_COMPOSE, "com.docker.swarm.task.id": "t1", "com.docker.swarm.service.name": "shop_evil"}
"""A service's task with the labels of an image that somebody else made."""


class Engine:
    """With one container that Compose made, and one that has its labels from its image."""

    async def get(self, path: str) -> Any:
        if path.startswith("/containers/json"):
            ports = [{"PublicPort": 81, "Type": "tcp"}]
            return [
                {"Id": "a", "Names": ["/bank-web-1"], "Labels": BY_COMPOSE, "State": "running"},
                {"Id": "b", "Names": ["/evil"], "Labels": OF_SWARM, "State": "running", "Ports": ports},
            ]
        if path.startswith("/containers/"):
            id = path.split("/")[2]
            labels = BY_COMPOSE if id == "a" else OF_SWARM
            config, state = {"Labels": labels}, {"Status": "running"}
            return {"Id": id, "Name": f"/{id}", "Config": config, "State": state, "Image": "sha256:0", "Mounts": []}
        return {"Volumes": []} if path == "/volumes" else []


async def test_a_task_of_a_swarm_with_the_labels_of_its_image_is_none_of_the_project() -> None:
    engine = cast(Connection, Engine())
    running = await read_running(engine, "bank")
    assert [task.id for task in running.tasks["web"]] == ["a"]
    assert running.host_ports == {"81/tcp": "evil"}
    assert [task.id for task in (await read_tasks(engine, "bank"))["web"]] == ["a"]
