"""A swarm of three engines, each a host of its own on one network, and dockworthy at one of them."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from machines.engines import OwnEngine, start_engine
from machines.images import make_image
from machines.program import run_dockworthy
from machines.switch import Switch
from patience import Limit


class Swarm:
    """Nodes `n1` (which begins it), `n2`, `n3`; so they are called in the swarm and in dockworthy.yaml."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.switch = Switch()
        self.engines: dict[str, OwnEngine] = {}
        self.addresses: dict[str, str] = {}

    def start(self, number: int) -> None:
        name = f"n{number}"
        registries = {"insecure-registries": [f"{self.switch.network}.0/24"]}
        self.engines[name] = engine = start_engine(self.folder / name, settings=registries, keeps_network=True)
        assert engine.network is not None
        self.addresses[name] = self.switch.plug(engine.network.pid, number)
        make_image(self.engines[name])

    def form(self) -> None:
        self.docker("n1", "swarm", "init", "--advertise-addr", self.addresses["n1"])
        self.call("n1")
        for name in ("n2", "n3"):
            self.join(name)

    def join(self, name: str) -> None:
        """As `hosts add` has it join, but not over ssh."""
        token = self.docker("n1", "swarm", "join-token", "-q", "worker").strip()
        join = ("swarm", "join", "--advertise-addr", self.addresses[name], "--token", token)
        self.docker(name, *join, f"{self.addresses['n1']}:2377")
        self.call(name)

    def call(self, name: str) -> None:
        self.docker("n1", "node", "update", "--label-add", f"dockworthy.host={name}", self.id(name))

    @property
    def project(self) -> Path:
        file = self.folder / "dockworthy.yaml"
        if not file.exists():
            hosts = "".join(f"  {name}: {engine.endpoint}  # {name}\n" for name, engine in self.engines.items())
            file.write_text(f"deploy: {{target: swarm}}\nhosts:\n{hosts}")
        return file

    def docker(self, name: str, *arguments: str) -> str:
        return self.engines[name].docker(*arguments).stdout.decode()

    def id(self, name: str) -> str:
        return self.docker(name, "info", "-f", "{{.Swarm.NodeID}}").strip()

    def dockworthy(self, *arguments: str, at: str = "n1") -> CompletedProcess[str]:
        return run_dockworthy(
            "hosts", *arguments, "--policy", str(self.project), "--host", self.engines[at].endpoint, timeout=120
        )

    def node(self, name: str, at: str = "n1") -> dict[str, Any]:
        """As a manager tells of it."""
        (found,) = [each for each in self.nodes(at) if each["Spec"]["Labels"].get("dockworthy.host") == name]
        return found

    def nodes(self, at: str = "n1") -> list[dict[str, Any]]:
        ids = self.docker(at, "node", "ls", "-q").split()
        found: list[dict[str, Any]] = json.loads(self.docker(at, "node", "inspect", *ids))
        return found

    def serve(self, service: str, *options: str) -> None:
        """Runs it, and waits until all of it runs."""
        image = ("dockworthy-test-busybox:1.0", "sleep", "86400")
        alone = ("--detach", "--no-resolve-image", "--stop-grace-period", "1s", "--restart-delay", "200ms")
        self.docker("n1", "service", "create", *alone, "--name", service, *options, *image)
        wanted = json.loads(self.docker("n1", "service", "inspect", service))[0]["Spec"]["Mode"]["Replicated"][
            "Replicas"
        ]
        until(lambda: len(self.running(service)) == wanted, f"{service} runs")

    def running(self, service: str) -> list[str]:
        """The ids of the nodes on which its tasks run."""
        tasks = self.docker("n1", "service", "ps", service, "--no-trunc", "-q").split()
        # One that the swarm forgets meanwhile is left out of what it prints.
        told = json.loads(self.engines["n1"].docker("inspect", "--type", "task", *tasks, check=False).stdout or b"[]")
        return [task["NodeID"] for task in told if task["Status"]["State"] == "running"]

    def stop(self) -> None:
        for engine in self.engines.values():
            engine.stop()
        self.switch.stop()


def until(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    limit = Limit(seconds)
    while not condition():
        assert limit.left > 0, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def swarm(engines_folder: Path, request: pytest.FixtureRequest) -> Iterator[Swarm]:
    with contextlib.ExitStack() as stack:
        swarm = Swarm(engines_folder / request.module.__name__.rpartition(".")[2])
        stack.callback(swarm.stop)
        for number in (1, 2, 3):
            swarm.start(number)
        swarm.form()
        yield swarm
