"""What a deploy costs those who use the shop: failed requests, and seconds until the new version is everywhere.

    .venv/bin/python benchmarks/deploy.py [--times 20] [--only load,standby,rotation,idle,many,ssh]

As root, in a clone. It starts an engine of its own, apart from the machine's, and removes it afterwards. Under 200
requests a second, half of them on kept connections, a shop of two replicas, whose app listens a second after its start,
is deployed and rolled back in turn, with apps that finish, exit at once, or ignore SIGTERM; `docker compose up -d` does
the same behind the same edge; then back to a version that was kept running. Exit status 1: a request failed, or that
way back took a second. Times depend on what else the machine does: the load is printed with them.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from apart import apart  # noqa: E402
from deploy_costs import idle, many, over_ssh  # noqa: E402
from deploy_rotation import rotation  # noqa: E402
from deploy_standby import standby  # noqa: E402
from deploying import Measured, changed, in_turn  # noqa: E402

from machines.engines import start_engine  # noqa: E402


async def compose_up(bench: Measured, times: int) -> None:
    """The same by Compose alone, behind the same edge."""
    async with bench.load() as load:
        for number in range(times):
            name = f"c{number}"
            bench.version(name, "exit", file="plain.yaml", alias=True)
            up = ("docker-compose", "-f", "plain.yaml", "up", "--detach")
            await changed(load, name, "docker compose up -d", partial(bench.run, *up))
    print(f"compose up: {load.count} requests, {len(load.failures)} failed", flush=True)


async def under_load(bench: Measured, times: int) -> int:
    bench.version("v0", "finish")
    first = await bench.dockworthy("deploy")
    if first.status:
        raise SystemExit(first.says)
    failed = await in_turn(bench, times)
    await compose_up(bench, min(times, 3))
    return failed


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    given.add_argument("--times", type=int, default=20, help="deploys, and as many rollbacks (default 20)")
    given.add_argument("--only", default="load,standby,rotation,idle,many,ssh", help="parts, by comma")
    asked = given.parse_args()
    parts = asked.only.split(",")
    folder = apart()
    engine = start_engine(folder / "engine", own_network=False)
    failed = 0
    try:
        bench = Measured(engine, folder / "shop")
        if "load" in parts:
            failed = asyncio.run(under_load(bench, asked.times))
        if "standby" in parts:
            failed += asyncio.run(standby(bench, asked.times))
        if "rotation" in parts:
            failed += asyncio.run(rotation(bench))
        if "idle" in parts:
            asyncio.run(idle(bench))
        if "many" in parts:
            asyncio.run(many(engine, folder))
        if "ssh" in parts:
            asyncio.run(over_ssh(bench, folder))
    finally:
        engine.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
