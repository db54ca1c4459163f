"""Two hosts with the edge and one address, under load: what fails when the edge, or the host, with the address is lost,
when it comes back, and when a deploy runs meanwhile.

    .venv/bin/python benchmarks/edges.py [--rounds 3] [--rate 100]

As root, in a clone. Its engines are its own, in namespaces joined by a bridge, and go with it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from apart import apart  # noqa: E402

from deploy.edge.clients import Load  # noqa: E402
from deploy.swarm.edge_hosts import EDGE, EdgeHosts  # noqa: E402
from hosts.conftest import until  # noqa: E402

_ADDRESS = 100
_HOST = "shop.example.com"
_QUIET = 3.0
"""Seconds between what is done and the next."""


async def ask(address: str, rate: int) -> None:
    """In the network of the desk: until its input ends; for each line of it, what came of the requests since."""
    loop = asyncio.get_running_loop()
    async with Load(80, _HOST, rate, address=address, steady=True) as load:
        await load.answered(rate)
        print("on", flush=True)
        seen, failed = load.count, len(load.failures)
        load.slowest = 0.0
        while await loop.run_in_executor(None, sys.stdin.readline):
            told = {"count": load.count - seen, "failed": load.failures[failed:], "slowest": round(load.slowest, 1)}
            seen, failed, load.slowest = load.count, len(load.failures), 0.0
            print(json.dumps(told), flush=True)


class Bench:
    def __init__(self, edges: EdgeHosts, rate: int) -> None:
        self.edges = edges
        self.address = f"{edges.switch.network}.{_ADDRESS}"
        self.both = {"hosts": ["m1", "m2"], "address": f"{self.address}/24", "tls": "off"}
        self.rate = rate
        self.number = 0

    def deploy(self, at: str) -> None:
        self.number += 1
        self.edges.deploy(at, say=f"v{self.number}", **self.both)

    def start(self) -> None:
        self.deploy("m1")
        until(lambda: bool(self.holder()), "one has the address")
        self.load = subprocess.Popen(
            [*self.edges.desk.inside, sys.executable, __file__, "--ask", self.address, "--rate", str(self.rate)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.load.stdout is not None and self.load.stdout.readline() == "on\n"

    def holder(self) -> str:
        show = ("ip", "-o", "-4", "address", "show", "to", f"{self.address}/32")
        have = [name for name in ("m1", "m2") if self.edges.hosts[name].run(*show).stdout]
        return have[0] if len(have) == 1 else ""

    def measured(self, what: str, do: Callable[[], Any], *, lasts: float = 15.0) -> None:
        self.told()
        began = time.monotonic()
        do()
        took = time.monotonic() - began
        time.sleep(max(_QUIET, lasts - took))
        told = self.told()
        says = f"{what}: {len(told['failed'])} of {told['count']} failed, the slowest took {told['slowest']} s"
        print(says + f" ({took:.1f} s; load {os.getloadavg()[0]:.0f})", flush=True)
        for each in sorted(set(told["failed"])):
            print(f"    {told['failed'].count(each)} times {each}", flush=True)

    def told(self) -> dict[str, Any]:
        assert self.load.stdin is not None and self.load.stdout is not None
        self.load.stdin.write("\n")
        self.load.stdin.flush()
        found: dict[str, Any] = json.loads(self.load.stdout.readline())
        return found

    def round(self) -> None:
        hosts, switch = self.edges.hosts, self.edges.switch
        self.measured("nothing", lambda: None, lasts=10)
        first = self.holder()
        self.measured("the edge is killed, its engine starts it again", lambda: self.kill_edge(first))
        first = self.holder()
        self.measured("the edge is stopped", lambda: hosts[first].docker("stop", "--time", "1", EDGE))
        other = "m2" if first == "m1" else "m1"
        self.measured("a deploy while that one is away", lambda: self.deploy(other))
        self.measured("the edge comes back by it, or is started", lambda: hosts[first].docker("start", EDGE))
        first = self.holder()
        number, other = int(first[-1]), "m2" if first == "m1" else "m1"
        self.measured("the host with the address is cut off", lambda: switch.cut(number))
        self.measured("a deploy while it is away", lambda: self.deploy(other))
        self.measured("it comes back", lambda: switch.mend(number))
        self.edges.until_all_are_up(other)
        self.measured("a deploy to both", lambda: self.deploy(other))

    def last(self) -> None:
        """It does not come back."""
        first = self.holder()
        self.measured("the host with the address is killed, all at once", self.edges.hosts[first].process.kill)

    def kill_edge(self, name: str) -> None:
        """HAProxy itself, so that its engine starts it again."""
        pid = self.edges.hosts[name].docker("inspect", "-f", "{{.State.Pid}}", EDGE).stdout.decode().strip()
        self.edges.hosts[name].run("kill", "-9", pid)


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("--rounds", type=int, default=3)
    given.add_argument("--rate", type=int, default=100, help="requests a second (default 100)")
    given.add_argument("--ask", metavar="ADDRESS", help=argparse.SUPPRESS)
    asked = given.parse_args()
    if asked.ask:
        asyncio.run(ask(asked.ask, asked.rate))
        return 0
    folder = apart()
    project = folder / "project"
    project.mkdir()
    edges = EdgeHosts(folder / "edges", project)
    try:
        edges.start()
        bench = Bench(edges, asked.rate)
        bench.start()
        for _ in range(asked.rounds):
            bench.round()
        bench.last()
        return 0
    finally:
        edges.stop()


if __name__ == "__main__":
    sys.exit(main())
