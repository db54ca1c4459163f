"""One edge on the tests' engine for all tests here: its state, its application, and what is left over removed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from deploy.edge.shop_app import COMMAND, make_app_image
from dockworthy.deploy.edge.routes import ProjectRoutes, ServedRoute
from dockworthy.deploy.edge.running import EdgeRunner
from dockworthy.engine.site import Site, reach
from dockworthy.model.deploy_settings import Edge, Route, Tls
from machines.engines import OwnEngine
from patience import patience, wait_until

T = TypeVar("T")


@dataclass
class EdgeHere:
    """An edge on this machine: `do` runs something with it, `app` starts a container of a service behind it."""

    engine: OwnEngine
    state: Path
    image: str
    http: int
    https: int

    def do(self, work: Callable[[EdgeRunner, Site], Awaitable[T]]) -> T:
        async def inner() -> T:
            environ = {**os.environ, "DOCKWORTHY_STATE": str(self.state)}
            async with reach(self.engine.endpoint, command="deploy", environ=environ) as site:
                return await work(EdgeRunner(site, environ), site)

        return asyncio.run(inner())

    def routes(self, project: str, *routes: ServedRoute | Route, tls: Tls = Tls.OFF) -> ProjectRoutes:
        served = tuple(each if isinstance(each, ServedRoute) else ServedRoute(each) for each in routes)
        return ProjectRoutes(project, Edge(http=self.http, https=self.https, tls=tls), served)

    def app(self, name: str, alias: str, **environment: str) -> str:
        """Its id."""
        options = [word for key, value in {"NAME": name, **environment}.items() for word in ("-e", f"{key}={value}")]
        run = ("run", "-d", "--name", f"dockworthy-test-edge-{name}", "--network", "dockworthy-edge")
        made = self.engine.docker(*run, "--network-alias", alias, *options, self.image, *COMMAND)
        return made.stdout.decode().strip()

    def listens(self, name: str) -> None:
        """Waits until it does: from then on the edge finds it well as soon as it looks."""
        there = self.engine.inspect(f"dockworthy-test-edge-{name}")["NetworkSettings"]["Networks"]["dockworthy-edge"]

        def is_open() -> bool:
            with contextlib.suppress(OSError), socket.create_connection((there["IPAddress"], 8000), patience(1)):
                return True
            return False

        wait_until(is_open, f"{name} listens")

    def remove(self, name: str, *, seconds: int = 2) -> None:
        self.engine.docker("stop", "-t", str(seconds), f"dockworthy-test-edge-{name}", check=False)
        self.engine.docker("rm", "-f", f"dockworthy-test-edge-{name}", check=False)

    def log(self) -> str:
        """What the edge says, without the requests that went well."""
        done = self.engine.docker("logs", "dockworthy-edge-proxy-1", check=False)
        lines = (done.stdout + done.stderr).decode(errors="replace").splitlines()
        return "\n".join(line for line in lines if " 200 " not in line)

    def clean(self) -> None:
        for filter in ("label=com.docker.compose.project=dockworthy-edge", "name=dockworthy-test-edge-"):
            found = self.engine.docker("ps", "-aq", "--filter", filter).stdout.decode().split()
            if found:
                self.engine.docker("rm", "-f", *found)
        for network in ("dockworthy-edge", "dockworthy-edge-front"):
            self.engine.docker("network", "rm", network, check=False)


@pytest.fixture(scope="package")
def here(own_engine: OwnEngine) -> Iterator[EdgeHere]:
    """The edge of these tests: it is started by whoever asks it for something first."""
    if shutil.which("haproxy") is None:
        pytest.skip("haproxy is not installed (sudo ./test installs it)")
    state = Path(tempfile.mkdtemp(prefix="dockworthy-edge-", dir="/var/tmp"))
    edge = EdgeHere(own_engine, state, make_app_image(own_engine), free_port(), free_port())
    edge.clean()
    try:
        yield edge
    finally:
        edge.clean()
        shutil.rmtree(state)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
