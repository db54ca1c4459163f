"""A shop on a swarm under load: deploys and rollbacks, and `docker service update` of the same; deploys that are
killed; engines that are killed during a deploy, on any node; and a host of three that is lost.

    .venv/bin/python benchmarks/swarm.py [--deploys 20] [--updates 2] [--kills 100] [--engine 2] [--lose 1] [--seed 1]
    .venv/bin/python benchmarks/swarm.py --nodes 3 --engine 12 --deploys 0 --updates 0 --kills 0 --edge 0 --lose 0

As root, in a clone. Its engines are its own, in namespaces joined by a bridge, and go with it. Exit status 1: a deploy
failed a request or left something behind (also on another node), or the host that was lost was not made good for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
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
from machines.engines import OwnEngine, clean_environment, start_engine, start_engine_again  # noqa: E402
from machines.program import DOCKWORTHY  # noqa: E402

_BRIDGE = "dwbench0"
_REPLICAS = 4
_LOST = 60.0
"""Seconds in which the swarm must have made good for a host."""


_AWAY = 25.0
"""Seconds in which a swarm has given up the tasks of a node whose engine does not answer."""
_SETTLED = 60.0
"""Seconds in which a swarm must have heard of an engine that came back, and ended what it does by itself."""
_CONTAINERD = """
version = 2
root = "{0}/containerd-root"
state = "{0}/containerd-state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
address = "{0}/containerd.sock"
"""


def ip(*words: str, inside: tuple[str, ...] = ()) -> None:
    subprocess.run([*inside, "ip", *words], check=True, capture_output=True)


class Containerd:
    """Beside an engine that may be killed alone, as where packages bring both."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        (folder / "config.toml").write_text(_CONTAINERD.format(folder))
        self.flag = f"--containerd={folder}/containerd.sock"
        self.start()

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "containerd", "--config", str(self.folder / "config.toml")],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=clean_environment(),
                start_new_session=True,
            )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Hosts:
    """The first one is here, with the edge; each other one has a network of its own, and a link to the bridge."""

    def __init__(self, folder: Path, containerd: str) -> None:
        """`containerd`: do engines start their `own`, which ends with them, is it a process `apart`, or `mixed`."""
        self.folder = folder
        self._containerd = containerd
        self.beside: dict[int, Containerd] = {}
        """Number of a host, from 0, -> its containerd, where that is a process of its own."""
        ip("link", "add", _BRIDGE, "type", "bridge")
        ip("address", "add", "10.77.0.1/24", "dev", _BRIDGE)
        ip("link", "set", _BRIDGE, "up")
        self.all = [start_engine(folder / "host1", own_network=False, flags=self._flags(1))]
        self.let_pass(_BRIDGE, ())
        self.first.docker("swarm", "init", "--advertise-addr", "10.77.0.1")

    @property
    def first(self) -> OwnEngine:
        return self.all[0]

    def _flags(self, number: int) -> tuple[str, ...]:
        if self._containerd == "own" or (self._containerd == "mixed" and number % 2 == 0):
            return ()
        self.beside[number - 1] = Containerd(self.folder / f"beside{number}")
        return (self.beside[number - 1].flag,)

    def let_pass(self, link: str, inside: tuple[str, ...]) -> None:
        """An engine's own rules drop what comes from another host by a bridge of this machine."""
        subprocess.run([*inside, "iptables", "-I", "DOCKER-USER", "-i", link, "-j", "ACCEPT"], check=True)

    def join(self, image: str) -> None:
        """One more, with the image: no registry knows it."""
        number = len(self.all) + 1
        host = start_engine(self.folder / f"host{number}", flags=self._flags(number), keeps_network=True)
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

    def kill(self, number: int, *, containerd: bool, away: float) -> float:
        """The engine of that host, alone or with its containerd. It is started again at once, as a service manager
        does, or is `away` for so many seconds. Returns the seconds from there until it answers."""
        host, beside = self.all[number], self.beside.get(number)
        os.kill(host.pid, signal.SIGKILL)  # a containerd that the engine started ends with it
        if containerd and beside is not None:
            beside.kill()
        time.sleep(away)
        began = time.monotonic()
        if containerd and beside is not None:
            beside.start()
        start_engine_again(host, *([beside.flag] if beside is not None else []))
        return time.monotonic() - began

    def ways(self) -> dict[str, str]:
        """`hosts:` of dockworthy.yaml. All of them have this machine's name: the address tells them apart."""
        return {f"h{number}": host.endpoint for number, host in enumerate(self.all, 1)}

    def call(self) -> None:
        """Each node carries its name in dockworthy.yaml, as `hosts add` gives it."""
        for (name, _), host in zip(self.ways().items(), self.all, strict=True):
            id = host.docker("info", "-f", "{{.Swarm.NodeID}}").stdout.decode().strip()
            self.first.docker("node", "update", "--label-add", f"dockworthy.host={name}", id)

    def ready(self) -> bool:
        told = self.first.docker("node", "ls", "--format", "{{.Status}}", check=False).stdout.decode().split()
        return told == ["Ready"] * len(self.all)

    def stop(self) -> None:
        for host in reversed(self.all):
            host.stop()
        for beside in self.beside.values():
            beside.kill()


class Engines(Kills):
    """A shop on several nodes, whose engines are killed. What a swarm of them runs is asked of each engine itself."""

    def __init__(self, bench: Measured, hosts: Hosts, seed: int) -> None:
        super().__init__(bench, hosts.first, seed)
        self.hosts = hosts
        self.seen: Counter[str] = Counter()
        """Kind of kill -> containers that it left running for no task, before the next run."""

    async def killed_engine(self, load: Load) -> None:
        """Of any host, in the middle of a deploy; alone or with its containerd, in turn."""
        self.version += 1
        name, failed = f"v{self.version}", len(load.failures)
        number = self.random.randrange(len(self.hosts.all))
        containerd = bool(self.version % 2)
        self.bench.version(name, self.random.choice(("finish", "exit", "ignore")))
        process = await self.bench.begin(sys.executable, str(DOCKWORTHY), "deploy", "--yes")
        await asyncio.sleep(self.random.uniform(0.5, 8.0))
        away = self.random.choice((0.0, 0.0, _AWAY))
        back = await asyncio.to_thread(self.hosts.kill, number, containerd=containerd, away=away)
        said, _ = await process.communicate()
        words = said.decode(errors="replace").strip().splitlines()[-1:]
        which = f"{'engine and containerd' if containerd else 'engine alone'} of h{number + 1}"
        which += f", away for {away:.0f} s and back after {back:.1f} s"
        await self._settled()
        lost = await asyncio.to_thread(self._lost)
        self.seen[which.partition(" of ")[0] + (" of the manager" if number == 0 else " of a worker")] += len(lost)
        what = f"{which} ({process.returncode}: {words}), lost tasks: {lost or 'none'}"
        await self.next(load, name, what, failed)
        print(f"     and after it lost tasks: {await asyncio.to_thread(self._lost) or 'none'}", flush=True)

    async def _settled(self) -> None:
        ends = time.monotonic() + _SETTLED
        while not await asyncio.to_thread(self.hosts.ready):
            if time.monotonic() > ends:
                self.left.append(f"not all nodes are ready after {_SETTLED:.0f} s")
                return
            await asyncio.sleep(0.2)

    def _everywhere(self) -> list[tuple[str, dict[str, str], list[str]]]:
        """Host, labels and environment of each container of the shop that runs."""
        found = []
        for name, host in zip(self.hosts.ways(), self.hosts.all, strict=True):
            label = f"label=com.docker.stack.namespace={self.bench.shop.name}"
            ids = host.docker("ps", "-q", "--filter", label).stdout.decode().split()
            told = json.loads(host.docker("inspect", *ids, check=False).stdout) if ids else []
            configs = [each["Config"] for each in told if each["State"]["Running"]]
            found += [(name, each["Labels"], each["Env"]) for each in configs]
        return found

    def _lost(self) -> list[str]:
        """The hosts of containers that run while their task is over, or forgotten."""
        found = []
        for name, labels, _ in self._everywhere():
            task = labels["com.docker.swarm.task.id"]
            asked = ("inspect", "--type", "task", "-f", "{{.Status.State}}", task)
            state = self.hosts.first.docker(*asked, check=False).stdout.decode().strip()
            if state in ("", "complete", "failed", "rejected", "shutdown", "orphaned", "remove"):
                found.append(f"{name} ({state or 'forgotten'})")
        return found

    def leftovers(self, name: str) -> list[str]:
        every = self._everywhere()
        found = [f"{len(every)} containers: {[each[0] for each in every]}"] if len(every) != self.bench.replicas else []
        found += [f"one on {host} is of another version" for host, _, env in every if f"NAME={name}" not in env]
        states = [each["state"] for each in self.bench.shop.releases()]
        if states[-1] != "kept" or set(states) - {"kept", "failed", "rolled_back"}:
            found.append(f"releases are {states}")
        return found


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
    kills = Engines(bench, hosts, asked.seed)
    for _ in range(asked.nodes - 1):
        await asyncio.to_thread(hosts.join, bench.shop.image)
    await asyncio.to_thread(hosts.call)
    bench.replicas = max(bench.replicas, 2 * asked.nodes)
    settings = {"policy": {"level": "baseline"}, "deploy": bench.settings, "hosts": hosts.ways()}
    bench.shop.write("dockworthy.yaml", settings)
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
        if asked.engine:
            print(f"{asked.engine} engines killed; lost tasks that ran before the next run: {dict(kills.seen)}")
            wrong += len(kills.left)
        for _ in range(asked.edge):
            await kills.killed_edge(load)
            await asyncio.sleep(APART)
        if asked.lose:
            for _ in range(3 - len(hosts.all)):
                await asyncio.to_thread(hosts.join, bench.shop.image)
            wrong += await lose_a_host(bench, hosts, load)
    print(f"all: {load.count} requests, {len(load.failures)} failed, the slowest {load.slowest:.1f} s")
    for each in kills.left:
        print(f"  {each}")
    return wrong


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("--nodes", type=int, default=1, help="of the swarm, from the start (default 1)")
    given.add_argument("--containerd", choices=("own", "apart", "mixed"), default="mixed", help="(default mixed)")
    given.add_argument("--deploys", type=int, default=20, help="each with a rollback (default 20)")
    given.add_argument("--updates", type=int, default=2, help="by docker service update, in two ways (default 2)")
    given.add_argument("--lose", type=int, default=1, help="a host of three, or none: 1 or 0 (default 1)")
    given.add_argument("--kills", type=int, default=100, help="of deploys (default 100)")
    given.add_argument("--engine", type=int, default=2, help="kills of the engine (default 2)")
    given.add_argument("--edge", type=int, default=2, help="kills of the edge (default 2)")
    given.add_argument("--seed", type=int, default=1, help="of the moments")
    asked = given.parse_args()
    folder = apart()
    hosts = Hosts(folder, asked.containerd)
    try:
        bench = Measured(hosts.first, folder / "shop")
        bench.shop = Stack(hosts.first, folder / "shop", "measured", make_app_image(hosts.first))
        for route in bench.settings["routes"]:
            route["timeout"] = "2s"  # so long a request that a lost host has got already is waited for
        return 1 if asyncio.run(work(bench, hosts, asked)) else 0
    finally:
        hosts.stop()


if __name__ == "__main__":
    sys.exit(main())
