"""What a deploy costs who starts it: nothing to do, a plan of many services, and calls over ssh."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from deploying import Ended, Measured
from measuring import measure

from deploy.shops import Shop
from machines.engines import OwnEngine, clean_environment
from machines.images import make_image
from machines.program import DOCKWORTHY
from machines.ssh_servers import Clients, start_ssh_server, why_no_ssh_server

_STATE = Path("/var/lib/dockworthy")
"""Of root on the other host, which is this machine."""
_SERVICES = 50
_TIMES = 5


def _told(what: str, shop: Shop, *arguments: str) -> None:
    """Of several runs the quickest: the rest of the machine only ever adds."""
    environment = clean_environment(**shop.environment)
    command = (sys.executable, str(DOCKWORTHY), *arguments)
    costs = [measure(command, env=environment, cwd=shop.folder) for _ in range(_TIMES)]
    best = min(costs, key=lambda cost: cost.wall)
    if best.status:
        raise SystemExit(f"{what}: {best.output.decode(errors='replace')}")
    cpu = min(cost.cpu for cost in costs)
    print(f"{what:34} {best.wall:.2f} s, CPU {cpu:.2f} s  load {os.getloadavg()[0]:.1f}", flush=True)


async def idle(bench: Measured) -> None:
    """Nothing to do, with an edge and without; and what the program itself takes to start."""
    bench.version("v0", "finish")
    _must(await bench.dockworthy("deploy", "--yes", "--accept", "web:by-hand"))  # after docker compose up
    _told("the program alone", bench.shop, "--version")
    _told("nothing to do, with an edge", bench.shop, "deploy", "--yes")
    _told("the same, --dry-run", bench.shop, "deploy", "--dry-run")


async def many(engine: OwnEngine, folder: Path) -> None:
    """The plan of fifty services that are new."""
    (folder / "many").mkdir()
    shop = Shop(engine, folder / "many", "many", make_image(engine))
    shop.compose({f"s{number:02}": shop.service(environment={"N": "1"}) for number in range(_SERVICES)})
    _told(f"plan of {_SERVICES} new services", shop, "deploy", "--dry-run")


async def over_ssh(bench: Measured, folder: Path) -> None:
    """A deploy of one service over ssh, without an edge: how many connections, and what is sent over them."""
    if reason := why_no_ssh_server():
        print(reason)
        return
    _STATE.mkdir(parents=True, exist_ok=True)
    # In this namespace alone, and before the server makes its own of it.
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(_STATE)], check=True)
    clients = Clients(folder / "clients")
    server = start_ssh_server("bench", clients, settings=("LogLevel VERBOSE",))
    clients.know(server)
    os.environ["PATH"] = f"{clients.programs}:{os.environ['PATH']}"
    host = server.address("root", bench.shop.engine.endpoint.removeprefix("unix://"))
    # Without an edge: that of this engine belongs to another account's state.
    settings = {name: value for name, value in bench.settings.items() if name not in ("edge", "routes")}
    bench.shop.write("dockworthy.yaml", {"policy": {"level": "baseline"}, "deploy": settings})
    try:
        bench.version("s1", "finish")
        ended = _must(await bench.dockworthy("deploy", "--host", host, "--yes", "--accept", "web:by-hand"))
        log = server.log
        connections = len(re.findall(r"Accepted publickey", log))
        sessions = len(re.findall(r"Starting session: ", log))
        print(f"deploy over ssh: {connections} connections, {sessions} sessions in them, {ended.seconds:.1f} s")
    finally:
        server.stop()


def _must(ended: Ended) -> Ended:
    if ended.status:
        raise SystemExit(ended.says)
    return ended
