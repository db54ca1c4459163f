"""Does the guard grow? Streams are opened, filled and closed by the thousand, through socket and plugin. As root:

    .venv/bin/python benchmarks/guard_soak.py [--seconds 150]

Prints memory and open files of the guard as it goes. Exit status 1: it grew.
"""

from __future__ import annotations

import argparse
import itertools
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from guard_asking import Door, among, open_files, program, resident  # noqa: E402

from guard.guarded import start_guarded  # noqa: E402
from machines.images import BUSYBOX  # noqa: E402
from machines.own_host import start_host  # noqa: E402

PEOPLE = "/run/people.sock"
MOST_GROWN = 4.0
"""MiB, from the first measurement after warming up to the last: allocators keep some."""
TALKS = "while :; do head -c 200000 /dev/zero | tr '\\0' x; echo; sleep 0.1; done"


class Counted:
    """What the streams did."""

    def __init__(self, path: str, until: float) -> None:
        self.path, self.until = path, until
        self.opened: Counter[str] = Counter()
        self.bytes = 0
        self.failed: list[str] = []

    def stream(self, kind: str, request: str, most: int) -> None:
        """Opens it, reads some, and leaves without a word, again and again."""
        while time.monotonic() < self.until:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(30)
                client.connect(self.path)
                client.sendall(request.encode())
                first = client.recv(65536)
                if not first.startswith((b"HTTP/1.1 200", b"HTTP/1.1 101")):
                    self.failed.append(f"{kind}: {first[:300]!r}")
                    return
                read = len(first)
                while read < most and time.monotonic() < self.until:
                    read += len(client.recv(65536))
                self.opened[kind] += 1
                self.bytes += read


def streams(id: str) -> list[tuple[str, str, int]]:
    upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n"
    return [
        ("events", f"GET /events?since={int(time.time()) - 1} HTTP/1.1\r\nHost: x\r\n\r\n", 1),
        ("logs", f"GET /containers/{id}/logs?follow=1&stdout=1&tail=20 HTTP/1.1\r\nHost: x\r\n\r\n", 1_000_000),
        ("attach", f"POST /containers/{id}/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: x\r\n{upgrade}\r\n", 1_000_000),
        ("list", "GET /containers/json HTTP/1.1\r\nHost: x\r\n\r\n", 1),
    ]


def soak(door: Door, guard: int, seconds: float) -> int:
    made = door.ask("POST", "/v1.45/containers/create", {
        "Image": BUSYBOX, "Cmd": ["sh", "-c", TALKS],
        "HostConfig": {"LogConfig": {"Type": "json-file", "Config": {"max-size": "20m", "max-file": "2"}}},
    })  # fmt: skip
    door.ask("POST", f"/v1.45/containers/{made['Id']}/start")
    counted = Counted(door.path, time.monotonic() + seconds)
    threads = [
        threading.Thread(target=counted.stream, args=each)
        for each in itertools.chain.from_iterable([each] * 3 for each in streams(made["Id"]))
    ]
    for thread in threads:
        thread.start()
    sizes = watched(counted, guard, seconds)
    for thread in threads:
        thread.join(60)
    door.ask("DELETE", f"/v1.45/containers/{made['Id']}?force=1", on=door.connect())  # the first may have been idle
    left = settled(lambda: open_files(guard))
    print(f"{counted.opened.total()} streams {dict(counted.opened)}, {counted.bytes / 2**20:.0f} MiB read")
    grown = sizes[-1] - sizes[len(sizes) // 3]
    print(f"memory after a third and at the end: {grown:+.1f} MiB; open files at the end: {left}")
    print("\n".join(counted.failed[:5]))
    return int(grown > MOST_GROWN or left > 40 or bool(counted.failed))


def watched(counted: Counted, guard: int, seconds: float) -> list[float]:
    sizes = []
    begun = time.monotonic()
    while time.monotonic() < counted.until:
        time.sleep(max(seconds / 15, 1))
        sizes.append(resident(guard))
        passed = time.monotonic() - begun
        print(
            f"{passed:5.0f} s  {sizes[-1]:6.1f} MiB  {open_files(guard):4} files  {counted.opened.total():6} streams"
            f"  {counted.bytes / 2**20:7.0f} MiB",
            flush=True,
        )
    return sizes


def settled(number: Callable[[], int]) -> int:
    """When it has stayed the same for two seconds, or after 20."""
    last, since, ends = number(), time.monotonic(), time.monotonic() + 20
    while time.monotonic() < min(since + 2, ends):
        time.sleep(0.1)
        if number() != last:
            last, since = number(), time.monotonic()
    return last


def main() -> int:
    parser = argparse.ArgumentParser(description="Does the guard grow?")
    parser.add_argument("--seconds", type=float, default=150, help="how long (150)")
    seconds: float = parser.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="dockworthy-bench-", dir="/var/tmp") as folder:
        host = start_host(Path(folder) / "guarded")
        try:
            settings = {"data-root": f"{host.folder}/data"}
            guard = start_guarded(host, "--people", PEOPLE, settings=settings).guard
            return among(host, lambda: soak(Door(host, PEOPLE), program(guard.pid), seconds))
        finally:
            host.stop()


if __name__ == "__main__":
    sys.exit(main())
