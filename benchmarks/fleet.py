"""What it costs to read twelve hosts at once, beside the slowest of them alone. Run it as root, in a clone:

    .venv/bin/python benchmarks/fleet.py [--hosts 12] [--slow 4]

Every host is an SSH server of its own on this machine, one of them takes `--slow` seconds to let us in. All of them
share this machine's processors, which hosts of their own would not. Exit status 1: the goal was missed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from dockworthy.facts.fleet import read_fleet  # noqa: E402
from machines.ssh_servers import Clients, SshServer, start_ssh_server, why_no_ssh_server  # noqa: E402

GOAL = 1.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=12)
    parser.add_argument("--slow", type=float, default=4.0, help="seconds that the slowest host takes to let us in")
    chosen = parser.parse_args()
    if reason := why_no_ssh_server():
        sys.exit(reason)
    with tempfile.TemporaryDirectory(prefix="dockworthy-benchmark-") as folder:
        clients = Clients(Path(folder) / "clients")
        os.environ["PATH"] = f"{clients.programs}:{os.environ['PATH']}"
        servers: list[SshServer] = []
        try:
            for number in range(chosen.hosts):
                wait = [f'ForceCommand sleep {chosen.slow}; eval "$SSH_ORIGINAL_COMMAND"'] if number == 0 else []
                servers.append(start_ssh_server(f"bench{number}", clients, settings=wait))
                clients.know(servers[-1])
            return _compare([server.address(path="/nowhere/docker.sock") for server in servers])
        finally:
            for server in servers:
                server.stop()


def _compare(addresses: list[str]) -> int:
    slowest, together = _seconds(addresses[:1]), _seconds(addresses)
    ratio = together / slowest
    print(f"the slowest host alone        {slowest:6.2f} s")
    print(f"{len(addresses):>3} hosts at once             {together:6.2f} s")
    print(f"times the slowest             {ratio:6.2f}     goal <= {GOAL}: {'met' if ratio <= GOAL else 'MISSED'}")
    return 0 if ratio <= GOAL else 1


def _seconds(addresses: list[str]) -> float:
    began = time.monotonic()
    readings = asyncio.run(read_fleet(addresses, deadline=60))
    took = time.monotonic() - began
    unread = [f"{reading.endpoint}: {reading.error}" for reading in readings if reading.snapshot is None]
    if unread:
        sys.exit("not every host was read: " + "; ".join(unread))
    return took


if __name__ == "__main__":
    sys.exit(main())
