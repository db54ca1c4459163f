"""The same project of a test on a swarm: what is asked of it is asked in the same words."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from deploy.shops import PROJECT, Shop
from patience import Limit


class Stack(Shop):
    def write(self, file: str, content: Mapping[str, Any]) -> None:
        if file == "dockworthy.yaml":
            content = {**content, "deploy": {"target": "swarm", **content.get("deploy", {})}}
        super().write(file, content)

    def docker_stack(self) -> None:
        """As its people start it without dockworthy."""
        file = f"{self.folder}/compose.yaml"
        self.engine.docker("stack", "deploy", "--detach=true", "--resolve-image", "never", "-c", file, self.name)

    def wait_for(self, count: int, seconds: float = 30.0) -> None:
        """Until so many of its containers run."""
        limit = Limit(seconds)
        while len(self.containers()) != count:
            assert limit.left > 0, f"{self.containers()} run, not {count}"
            time.sleep(0.1)

    def containers(self, service: str = "", *, every: bool = False) -> dict[str, str]:
        """Name -> id of what runs (`every`: and of what was made to). What is over is kept by the swarm as history."""
        filters = [f"label=com.docker.stack.namespace={self.name}"]
        if service:
            filters.append(f"label=com.docker.swarm.service.name={self.name}_{service}")
        states = [f"status={state}" for state in ("running", "created", "restarting") if every or state == "running"]
        words = [word for each in (*filters, *states) for word in ("--filter", each)]
        format = '{{.Names}} {{.ID}} {{.State}} {{.Label "com.docker.swarm.task.id"}}'
        listed = self.engine.docker("ps", "--all", "--no-trunc", "--format", format, *words)
        lines = [line.split(" ") for line in listed.stdout.decode().splitlines()]
        return dict(sorted((name, id) for name, id, state, task in lines if not self._is_over(state, task)))

    def _is_over(self, state: str, task: str) -> bool:
        """Whether its task was told to stop before it began: such a container is made, and never started."""
        if state != "created":
            return False
        told = self.engine.docker("inspect", "--type", "task", "-f", "{{.DesiredState}}", task, check=False)
        return told.stdout.strip() in (b"shutdown", b"remove")

    def composed(self, service: str = "", *, every: bool = False) -> dict[str, str]:
        """The same of what Compose runs of it."""
        return super().containers(service, every=every)

    def remove_composed(self) -> None:
        for container in self.composed(every=True).values():
            self.engine.docker("rm", "--force", container)
        listed = self.engine.docker("network", "ls", "--quiet", "--filter", f"label={PROJECT}={self.name}").stdout
        for each in listed.decode().split():
            self.engine.docker("network", "rm", each)

    def remove(self) -> None:
        self.remove_composed()
        self.engine.docker("stack", "rm", self.name, check=False)
        of_the_edge = ("secret", "dockworthy.kind=edge")  # it would come along to the edge of the next test
        for kind, label in (*((each, f"dockworthy.project={self.name}") for each in ("config", "secret")), of_the_edge):
            listed = self.engine.docker(kind, "ls", "--quiet", "--filter", f"label={label}")
            for each in listed.stdout.decode().split():
                self.engine.docker(kind, "rm", each, check=False)
        self.wait_for(0)
        listed = self.engine.docker("volume", "ls", "--quiet", "--filter", f"name={self.name}").stdout.decode().split()
        for container in self._left():
            self.engine.docker("rm", "--force", container, check=False)
        if listed:
            self.engine.docker("volume", "rm", *listed)

    def _left(self) -> list[str]:
        """Containers that the swarm did not remove yet."""
        label = f"label=com.docker.stack.namespace={self.name}"
        return self.engine.docker("ps", "--all", "--quiet", "--filter", label).stdout.decode().split()
