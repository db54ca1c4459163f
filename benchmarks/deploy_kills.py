"""Kills deploys at random moments under load, and some engines and edges: what failed, and what stayed behind.

    .venv/bin/python benchmarks/deploy_kills.py [--kills 100] [--engine 5] [--edge 5] [--seed 1]

As root, in a clone. It starts an engine of its own, which lets containers live when it dies, and removes it afterwards.
After each kill the next run has to bring the new version everywhere, and to leave nothing behind: no container, no
mark of a swap, no network, no held lock. Exit status 1: a deploy that was killed failed a request, or left something.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from apart import apart  # noqa: E402
from deploying import LastSeen, Measured, heard  # noqa: E402

from deploy.edge.clients import Load  # noqa: E402
from deploy.holders import descendants  # noqa: E402
from machines.engines import OwnEngine, start_engine, start_engine_again  # noqa: E402
from machines.program import DOCKWORTHY  # noqa: E402

_LONGEST = 8.0
"""Seconds after the start of a deploy, within which it is killed."""
_EDGE = "dockworthy-edge-proxy-1"
APART = 12.0
"""Seconds between two kills of the edge: one that ran for less the engine starts again later and later."""
_ADDRESS = "198.51.100.7"
"""Of this machine, in the namespace of the measurement."""


class Kills:
    """A shop, and what was killed of it so far. `left`: what stayed behind, in words."""

    def __init__(self, bench: Measured, engine: OwnEngine, seed: int) -> None:
        self.bench, self.engine = bench, engine
        self.random = random.Random(seed)
        self.version = 0
        self.left: list[str] = []
        self.failed_at_deploys = 0
        self.late = 0

    async def first(self) -> None:
        self.bench.version("v0", "finish")
        if (ended := await self.bench.dockworthy("deploy", "--yes")).status:
            raise SystemExit(ended.says)

    async def deployer(self, load: Load) -> None:
        """A deploy of a new version is killed with all that it started itself; the next one finishes it."""
        self.version += 1
        name, pause = f"v{self.version}", self.random.uniform(0.0, _LONGEST)
        self.bench.version(name, self.random.choice(("finish", "exit", "ignore")))
        failed = len(load.failures)
        process = await self.bench.begin(sys.executable, str(DOCKWORTHY), "deploy", "--yes")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), pause)
        self.late += process.returncode is not None
        # With its children, as a machine that dies takes them; the guard of a swap, in a session of its own, stays.
        for pid in (process.pid, *descendants(process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await process.communicate()
        await self.next(load, name, f"deployer after {pause:.1f} s", failed)
        self.failed_at_deploys += len(load.failures) - failed

    async def killed_engine(self, load: Load) -> None:
        """In the middle of a deploy; it is started again at once, as a service manager does."""
        self.version += 1
        name, failed = f"v{self.version}", len(load.failures)
        self.bench.version(name, "finish")
        process = await self.bench.begin(sys.executable, str(DOCKWORTHY), "deploy", "--yes")
        await asyncio.sleep(self.random.uniform(0.5, _LONGEST / 2))
        began = time.monotonic()
        os.kill(self.engine.pid, signal.SIGKILL)
        await asyncio.to_thread(start_engine_again, self.engine)
        back = time.monotonic() - began
        said, _ = await process.communicate()
        words = said.decode(errors="replace").strip().splitlines()[-1:]
        await self.next(load, name, f"engine, back after {back:.1f} s ({process.returncode}: {words})", failed)

    async def killed_edge(self, load: Load) -> None:
        """Its process; the engine starts its container again."""
        failed = len(load.failures)
        pid = (await asyncio.to_thread(self.engine.inspect, _EDGE))["State"]["Pid"]
        began = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        after = sum(load.answers.values())
        while sum(load.answers.values()) <= after + 10:
            await asyncio.sleep(0.05)
        gap = time.monotonic() - began
        print(f"edge: {len(load.failures) - failed} failed, answers again after {gap:.1f} s", flush=True)

    async def next(self, load: Load, name: str, what: str, failed: int) -> None:
        """The next run: afterwards this version is everywhere, and nothing is left."""
        ended = await self.bench.dockworthy("deploy", "--yes")
        if ended.status:
            self.left.append(f"{what}: the next run ended with {ended.status}: {ended.says.strip()}")
        with contextlib.suppress(TimeoutError):
            await heard(load, name, seconds=15)
        assert isinstance(load.answers, LastSeen)
        here = await asyncio.to_thread(self.leftovers, name)  # the load goes on
        self.left += [f"{what}: {each}" for each in here]
        if here:
            self.left.append(f"{what}: the next run said: {ended.says.strip()[-1500:]}")
        print(
            f"{self.version:4} {what}: {len(load.failures) - failed} failed, next run {ended.seconds:.1f} s"
            f"{'; LEFT ' + '; '.join(here) if here else ''}",
            flush=True,
        )

    def leftovers(self, name: str) -> list[str]:
        shop = self.bench.shop
        every = shop.containers(every=True)
        found = []
        if len(every) != self.bench.replicas:
            found.append(f"{len(every)} containers: {', '.join(every)}")
        for container in every:
            if f"NAME={name}" not in self.engine.inspect(container)["Config"]["Env"]:
                found.append(f"{container} is of another version")
        folder = shop.state / "releases" / shop.name
        found += [f"{path.name} is there" for pattern in ("swap.*", ".new.*") for path in folder.glob(pattern)]
        found += [f"{len(locks)} locks" for locks in [list(folder.glob("lock.*"))] if len(locks) > 1]
        states = [each["state"] for each in shop.releases()]
        if states[-1] != "kept" or set(states) - {"kept", "failed", "rolled_back"}:
            found.append(f"releases are {states}")
        return found


async def work(kills: Kills, asked: argparse.Namespace) -> int:
    await kills.first()
    # What comes by 127.0.0.1 passes through the engine's own proxy, and ends with it: users come from elsewhere.
    subprocess.run(["ip", "address", "add", f"{_ADDRESS}/32", "dev", "lo"], check=True)
    async with kills.bench.load(_ADDRESS) as load:
        for _ in range(asked.kills):
            await kills.deployer(load)
        of_deploys = len(load.failures)
        print(
            f"{asked.kills} deploys killed ({kills.late} had ended before): {load.count} requests, {of_deploys} failed"
        )
        for _ in range(asked.engine):
            await kills.killed_engine(load)
        for _ in range(asked.edge):
            await kills.killed_edge(load)
            await asyncio.sleep(APART)
    print(f"all: {load.count} requests, {len(load.failures)} failed, the slowest {load.slowest:.1f} s")
    for each in [*load.failures[:20], *kills.left]:
        print(f"  {each}")
    return of_deploys + len(kills.left)


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("--kills", type=int, default=100, help="of deploys (default 100)")
    given.add_argument("--engine", type=int, default=5, help="of the engine (default 5)")
    given.add_argument("--edge", type=int, default=5, help="of the edge (default 5)")
    given.add_argument("--seed", type=int, default=1, help="of the moments")
    asked = given.parse_args()
    folder = apart()
    engine = start_engine(folder / "engine", own_network=False, settings={"live-restore": True})
    try:
        return 1 if asyncio.run(work(Kills(Measured(engine, folder / "shop"), engine, asked.seed), asked)) else 0
    finally:
        engine.stop()


if __name__ == "__main__":
    sys.exit(main())
