"""A shop on a swarm under load: deploys and rollbacks, and `docker service update` of the same; deploys that are
killed; and a host of three that is lost.

    .venv/bin/python benchmarks/swarm.py [--deploys 20] [--updates 2] [--kills 100] [--lose 1] [--seed 1]

As root, in a clone. Its engines are its own, in namespaces joined by a bridge, and go with it. Exit status 1: a deploy
failed a request or left something behind, or the host that was lost was not made good for.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from apart import apart  # noqa: E402
from deploy_kills import APART, Kills  # noqa: E402
from deploying import Measured, changed, heard, in_turn  # noqa: E402

from deploy.edge.clients import Load  # noqa: E402
from deploy.edge.shop_app import make_app_image  # noqa: E402
from deploy.swarm.stacks import Stack  # noqa: E402
from machines.engines import OwnEngine, start_engine  # noqa: E402

_BRIDGE = "dwbench0"
_REPLICAS = 4
_LOST = 60.0
"""Seconds in which the swarm must have made good for a host."""


def ip(*words: str, inside: tuple[str, ...] = ()) -> None:
    subprocess.run([*inside, "ip", *words], check=True, capture_output=True)


class Hosts:
    """The first one is here, with the edge; each other one has a network of its own, and a link to the bridge."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ip("link", "add", _BRIDGE, "type", "bridge")
        ip("address", "add", "10.77.0.1/24", "dev", _BRIDGE)
        ip("link", "set", _BRIDGE, "up")
        self.all = [start_engine(folder / "host1", own_network=False)]
        self.let_pass(_BRIDGE, ())
        self.first.docker("swarm", "init", "--advertise-addr", "10.77.0.1")

    @property
    def first(self) -> OwnEngine:
        return self.all[0]

    def let_pass(self, link: str, inside: tuple[str, ...]) -> None:
        """An engine's own rules drop what comes from another host by a bridge of this machine."""
        subprocess.run([*inside, "iptables", "-I", "DOCKER-USER", "-i", link, "-j", "ACCEPT"], check=True)

    def join(self, image: str) -> None:
        """One more, with the image: no registry knows it."""
        number = len(self.all) + 1
        host = start_engine(self.folder / f"host{number}")
        self.all.append(host)
        ip("link", "add", f"dwbench{number}", "type", "veth", "peer", "name", "eth0", "netns", str(host.pid))
        ip("link", "set", f"dwbench{number}", "master", _BRIDGE, "up")
        ip("address", "add", f"10.77.0.{number}/24", "dev", "eth0", inside=host.inside)
        ip("link", "set", "eth0", "up", inside=host.inside)
        self.let_pass("eth0", host.inside)
        token = self.first.docker("swarm", "join-token", "--quiet", "worker").stdout.decode().strip()
        host.docker("swarm", "join", "--token", token, "--advertise-addr", f"10.77.0.{number}", "10.77.0.1:2377")
        host.docker("load", input=self.first.docker("save", image).stdout)

    def lose(self) -> None:
        """The last one: its link is down before its engine is killed."""
        ip("link", "set", f"dwbench{len(self.all)}", "down")
        self.all[-1].process.kill()  # type: ignore[union-attr]

    def stop(self) -> None:
        for host in reversed(self.all):
            host.stop()


async def service_updates(bench: Measured, count: int) -> None:
    """The same by Docker alone, behind the same edge: as it does it where nobody says otherwise, and start-first."""
    service = f"{bench.shop.name}_web"
    usual = ("--update-order", "stop-first", "--update-parallelism", "1", "--update-monitor", "5s")
    ways = {"docker service update": usual, "the same, start-first": (*usual, "--update-order", "start-first")}
    async with bench.load() as load:
        for number in range(count):
            for what, options in ways.items():
                name = f"u{number}{'s' * (what != 'docker service update')}"
                update = ("docker", "service", "update", "--quiet", "--no-resolve-image", "--env-add", f"NAME={name}")
                await changed(load, name, what, partial(bench.run, *update, *options, service))
    print(f"docker service update: {load.count} requests, {len(load.failures)} failed", flush=True)


async def lose_a_host(bench: Measured, hosts: Hosts, load: Load) -> int:
    """How many requests failed and for how long, and when the swarm had made good for it."""
    bench.replicas = _REPLICAS
    bench.version("wide", "finish")
    ended = await bench.dockworthy("deploy", "--yes")
    if ended.status:
        print(ended.says)
        return 1
    await heard(load, "wide")
    failed, began = len(load.failures), time.monotonic()
    await asyncio.to_thread(hosts.lose)
    seen = None
    while time.monotonic() - began < _LOST:
        listed = ("service", "ps", f"{bench.shop.name}_web", "--filter", "desired-state=running", "--format")
        states = await asyncio.to_thread(hosts.first.docker, *listed, "{{.CurrentState}} on {{.Node}}")
        down = await asyncio.to_thread(hosts.first.docker, "node", "ls", "--format", "{{.Status}}")
        after = time.monotonic() - began
        seen = seen or (after if b"Down" in down.stdout else None)
        running = sum(line.startswith("Running") for line in states.stdout.decode().splitlines())
        if seen and running == _REPLICAS:
            lost = load.failures[failed:]
            print(f"a host lost: seen after {seen:.1f} s, {_REPLICAS} replicas again after {after:.1f} s; "
                  f"{len(lost)} requests failed, the slowest of all took {load.slowest:.1f} s")  # fmt: skip
            print("".join(f"  {each}\n" for each in lost[:20]), end="", flush=True)
            return 0
        await asyncio.sleep(0.2)
    print(f"a host lost: not made good for after {_LOST:.0f} s")
    return 1


async def work(bench: Measured, hosts: Hosts, asked: argparse.Namespace) -> int:
    kills = Kills(bench, hosts.first, asked.seed)
    await kills.first()
    wrong = await in_turn(bench, asked.deploys)
    if asked.updates:
        await service_updates(bench, asked.updates)
        await bench.dockworthy("deploy", "--yes", "--accept", "web:by-hand")
    async with bench.load() as load:
        for _ in range(asked.kills):
            await kills.deployer(load)
        late, failed = kills.late, kills.failed_at_deploys
        print(f"{asked.kills} deploys killed ({late} had ended before): {failed} requests failed", flush=True)
        wrong += failed + len(kills.left)
        for _ in range(asked.engine):
            await kills.killed_engine(load)
        for _ in range(asked.edge):
            await kills.killed_edge(load)
            await asyncio.sleep(APART)
        if asked.lose:
            for _ in range(2):
                await asyncio.to_thread(hosts.join, bench.shop.image)
            wrong += await lose_a_host(bench, hosts, load)
    print(f"all: {load.count} requests, {len(load.failures)} failed, the slowest {load.slowest:.1f} s")
    for each in kills.left:
        print(f"  {each}")
    return wrong


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("--deploys", type=int, default=20, help="each with a rollback (default 20)")
    given.add_argument("--updates", type=int, default=2, help="by docker service update, in two ways (default 2)")
    given.add_argument("--lose", type=int, default=1, help="a host of three, or none: 1 or 0 (default 1)")
    given.add_argument("--kills", type=int, default=100, help="of deploys (default 100)")
    given.add_argument("--engine", type=int, default=2, help="kills of the engine (default 2)")
    given.add_argument("--edge", type=int, default=2, help="kills of the edge (default 2)")
    given.add_argument("--seed", type=int, default=1, help="of the moments")
    asked = given.parse_args()
    folder = apart()
    hosts = Hosts(folder)
    try:
        bench = Measured(hosts.first, folder / "shop")
        bench.shop = Stack(hosts.first, folder / "shop", "measured", make_app_image(hosts.first))
        for route in bench.settings["routes"]:
            route["timeout"] = "2s"  # so long a request that a lost host has got already is waited for
        bench.shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": bench.settings})
        return 1 if asyncio.run(work(bench, hosts, asked)) else 0
    finally:
        hosts.stop()


if __name__ == "__main__":
    sys.exit(main())
