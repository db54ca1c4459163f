"""What the guard costs: ratios of a guarded engine to a bare one, asked in turns. Run it as root, in a clone:

    .venv/bin/python benchmarks/guard.py [--rounds 300]

It starts two engines of its own, apart from the machine's, and removes them afterwards. Exit status 1: a goal was
missed.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from dockworthy.drills.guard import good_calls  # noqa: E402
from dockworthy.guard.asked import Asked  # noqa: E402
from dockworthy.guard.judges import judge  # noqa: E402
from dockworthy.guard.policy_in_force import PolicyInForce  # noqa: E402
from guard.guarded import start_guarded  # noqa: E402
from guard.worlds import EmptyWorld  # noqa: E402
from machines.images import BUSYBOX  # noqa: E402
from machines.own_host import OwnHost, start_host  # noqa: E402


class Engine:
    """A kept-alive connection to an engine on a host of its own."""

    def __init__(self, host: OwnHost) -> None:
        self.path = f"/proc/{host.inside[1].partition('=')[2]}/root/run/docker.sock"
        self._connection = self.connect()

    def connect(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("docker")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.path)
        return connection

    def ask(self, method: str, path: str, body: Any = None, *, on: http.client.HTTPConnection | None = None) -> Any:
        connection = on or self._connection
        headers = {} if body is None else {"Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status < 300, (method, path, answer.status, content)
        return json.loads(content) if content else None


def p50(bare: Engine, guarded: Engine, rounds: int, one: Callable[[Engine], None]) -> tuple[float, float]:
    """Milliseconds, of both: in turns, so that a busy machine is as busy for either."""
    taken: dict[Engine, list[float]] = {bare: [], guarded: []}
    for number in range(rounds + 5):
        for engine in (bare, guarded):
            begun = time.perf_counter()
            one(engine)
            if number >= 5:
                taken[engine].append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken[bare]), statistics.median(taken[guarded])


def create_and_remove(engine: Engine) -> None:
    made = engine.ask("POST", "/v1.45/containers/create", {"Image": BUSYBOX, "Cmd": ["true"], "HostConfig": {}})
    engine.ask("DELETE", f"/v1.45/containers/{made['Id']}")


def at_once(engine: Engine, count: int) -> float:
    """Seconds until as many requests at a time, each on a connection of its own, are answered."""
    connections = [engine.connect() for _ in range(count)]
    failed: list[BaseException] = []

    def one(connection: http.client.HTTPConnection) -> None:
        try:
            engine.ask("GET", "/v1.45/containers/json", on=connection)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=one, args=(connection,)) for connection in connections]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed[0]
    return time.perf_counter() - begun


def judging() -> float:
    """Milliseconds (p50) for what `docker run` sends."""
    trial = next(call for call in good_calls() if call.name == "container as docker run asks")
    asked = Asked(
        method="POST",
        target="/v1.45/containers/create",
        headers={"content-type": "application/json"},
        body=(trial.body or b"").replace(b"{image}", b"busybox"),
    )

    async def measured() -> float:
        taken = []
        for _ in range(300):
            begun = time.perf_counter()
            decision = await judge(asked, EmptyWorld(), PolicyInForce())
            taken.append((time.perf_counter() - begun) * 1000)
            assert decision.allowed, decision.message()
        return statistics.median(taken)

    return asyncio.run(measured())


def memory(pid: int) -> float:
    """MiB, of the guard that `nsenter` with this id started."""
    pid = int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


class Report:
    def __init__(self) -> None:
        self.missed = False

    def line(self, what: str, value: str, goal: str = "", met: bool = True) -> None:
        print(
            f"{what:<56} {value:>24}   {goal and f'goal {goal}: ' + ('met' if met else 'MISSED')}".rstrip(), flush=True
        )
        self.missed |= not met


def compare(report: Report, bare_host: OwnHost, guarded_host: OwnHost, guard: int, rounds: int) -> None:
    bare, guarded = Engine(bare_host), Engine(guarded_host)
    before, after = p50(bare, guarded, rounds, lambda engine: engine.ask("GET", "/v1.45/containers/json"))
    report.line("GET /containers/json, bare -> guarded (p50)", f"{before:.2f} -> {after:.2f} ms")
    report.line("  added", f"{after - before:.2f} ms", "<= 0.4 ms", after - before <= 0.4)
    before, after = p50(bare, guarded, max(rounds // 5, 10), create_and_remove)
    report.line("create + remove, bare -> guarded (p50)", f"{before:.1f} -> {after:.1f} ms")
    report.line("  ratio", f"{after / before:.2f}", "<= 1.25", after / before <= 1.25)
    taken = judging()
    report.line("judging what docker run sends (p50)", f"{taken:.2f} ms", "< 1 ms", taken < 1)
    report.line(
        "200 at once, bare -> guarded", f"{at_once(bare, 200) * 1000:.0f} -> {at_once(guarded, 200) * 1000:.0f} ms"
    )
    first = memory(guard)
    for _ in range(5000):
        guarded.ask("GET", "/v1.45/containers/json")
    grown = memory(guard) - first
    report.line("memory after 5,000 more requests", f"{first:.0f} MiB, {grown:+.1f}", "+ < 2 MiB", grown < 2)


def main() -> int:
    parser = argparse.ArgumentParser(description="What the guard costs, as ratios to a bare engine.")
    parser.add_argument("--rounds", type=int, default=300, help="of each measurement (300)")
    rounds: int = parser.parse_args().rounds
    report = Report()
    with tempfile.TemporaryDirectory(prefix="dockworthy-bench-", dir="/var/tmp") as folder:
        hosts: list[OwnHost] = []
        try:
            hosts += [start_host(Path(folder) / name) for name in ("bare", "guarded")]
            hosts[0].start_engine({"data-root": f"{hosts[0].folder}/data"})  # on a disk, as people have theirs
            hosts[0].load_busybox()
            guard = start_guarded(hosts[1], settings={"data-root": f"{hosts[1].folder}/data"}).guard
            compare(report, hosts[0], hosts[1], guard.pid, rounds)
        finally:
            for host in hosts:
                host.stop()
    return int(report.missed)


if __name__ == "__main__":
    sys.exit(main())
