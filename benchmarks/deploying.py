"""A shop with an edge under load, for measurements of deploys: each version answers with its own name."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from deploy.edge.clients import Load
from deploy.edge.conftest import free_port
from deploy.edge.shop_app import COMMAND, make_app_image
from deploy.shops import Shop
from machines.engines import OwnEngine, clean_environment
from machines.program import DOCKWORTHY

HOST = "shop.example.com"
_PROBE = "import _socket as s; c = s.socket(); c.settimeout(1); c.connect(('127.0.0.1', 8000))"
HEALTH = {
    "test": ["CMD", COMMAND[0], "-I", "-S", "-c", _PROBE],
    "interval": "5s",
    "start_period": "30s",
    "start_interval": "500ms",
}


class LastSeen(Counter[str]):
    """Counts of answers by who gave them, and when each of them was heard last."""

    def __init__(self) -> None:
        super().__init__()
        self.last: dict[str, float] = {}

    def __setitem__(self, name: str, count: int) -> None:
        super().__setitem__(name, count)
        self.last[name] = time.monotonic()

    def last_but(self, name: str) -> float:
        """When anybody but this one was heard last."""
        return max((at for other, at in self.last.items() if other != name), default=0.0)


@dataclass
class Ended:
    """A program's end: `seconds` from its start, `began` on the monotonic clock."""

    status: int
    began: float
    seconds: float
    says: str


class Measured:
    """The shop `measured` on an engine, reached by the edge of the host. `starts`: seconds until its app listens."""

    def __init__(self, engine: OwnEngine, folder: Path, *, replicas: int = 2, starts: float = 1.0) -> None:
        folder.mkdir(parents=True)
        self.shop = Shop(engine, folder, "measured", make_app_image(engine))
        self.http, https = free_port(), free_port()
        self.replicas, self.starts = replicas, starts
        edge = {"http": self.http, "https": https, "tls": "off"}
        routes = [{"host": HOST, "service": "web", "port": 8000, "health": "/health"}]
        self.settings = {"observe": "0s", "edge": edge, "routes": routes, "healthy_within": "60s"}
        self.shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": self.settings})

    def version(self, name: str, on_term: str, *, file: str = "compose.yaml", alias: bool = False) -> None:
        """Writes a version of the project. `alias`: at the edge by its own file, by a deploy's name."""
        web = self.service(name, on_term)
        networks = {}
        if alias:
            kept = json.loads((self.shop.state / "edge" / "routes" / f"{self.shop.name}.json").read_text())
            web["networks"] = {"default": None, "dockworthy-edge": {"aliases": [kept["aliases"]["web"]]}}
            networks = {"networks": {"dockworthy-edge": {"external": True}}}
        self.shop.write(file, {"name": self.shop.name, "services": {"web": web}, **networks})

    def service(self, name: str, on_term: str) -> dict[str, Any]:
        environment = {"NAME": name, "ON_TERM": on_term, "DELAY": str(self.starts)}
        return self.shop.service(
            *COMMAND, environment=environment, init=False, healthcheck=HEALTH, deploy={"replicas": self.replicas}
        )

    def load(self, address: str = "127.0.0.1") -> Load:
        return Load(self.http, HOST, address=address, steady=True, answers=LastSeen())

    async def dockworthy(self, *arguments: str) -> Ended:
        return await self.run(sys.executable, str(DOCKWORTHY), *arguments)

    async def run(self, *command: str) -> Ended:
        """In the project's folder, with the engine as its engine."""
        began = time.monotonic()
        process = await self.begin(*command)
        said, _ = await process.communicate()
        return Ended(process.returncode or 0, began, time.monotonic() - began, said.decode(errors="replace"))

    async def begin(self, *command: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *command,
            cwd=self.shop.folder,
            env=clean_environment(**self.shop.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )


async def changed(load: Load, name: str, what: str, does: Callable[[], Awaitable[Ended]]) -> None:
    """A change under load, and what it cost. Raises SystemExit where the program failed."""
    failed, load.slowest = len(load.failures), 0.0
    ended = await does()
    if ended.status:
        raise SystemExit(f"{what} ended with {ended.status}: {ended.says}\nthe clients: {load.failures[failed:]}")
    await heard(load, name)
    assert isinstance(load.answers, LastSeen)
    everywhere = max(load.answers.last_but(name) - ended.began, 0.0)
    print(
        f"{what:34} failed {len(load.failures) - failed:4}  slowest {load.slowest:5.2f} s  "
        f"new everywhere {everywhere:5.1f} s  done {ended.seconds:5.1f} s  load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


async def heard(load: Load, name: str, *, seconds: float = 30.0) -> None:
    """Until half a second passed in which nobody else was heard. Raises TimeoutError."""
    answers = load.answers
    assert isinstance(answers, LastSeen)
    async with asyncio.timeout(seconds):
        while time.monotonic() - answers.last_but(name) < 0.5 or not answers[name]:
            await asyncio.sleep(0.05)


_TERMS = {"finish": "of an app that finishes", "exit": "of one that exits", "ignore": "of one that ignores TERM"}
"""What the app does on SIGTERM. The version that is there from the start, and stays, finishes what it does."""


async def in_turn(bench: Measured, times: int) -> int:
    """Deploys of new versions and rollbacks to the first release, v0. Returns how many requests failed."""
    async with bench.load() as load:
        for number in range(times):
            on_term = list(_TERMS)[number % len(_TERMS)]
            name = f"v{number + 1}"
            bench.version(name, on_term)
            await changed(load, name, "deploy", partial(bench.dockworthy, "deploy", "--yes"))
            what = f"rollback, {_TERMS[on_term]}"
            await changed(load, "v0", what, partial(bench.dockworthy, "rollback", "1", "--yes"))
    print(f"dockworthy: {load.count} requests, {len(load.failures)} failed", flush=True)
    for failure in load.failures[:10]:
        print(f"  {failure}")
    return len(load.failures)
