"""What the guard costs: a guarded engine beside a bare one, asked in turns. Run it as root, in a clone:

    .venv/bin/python benchmarks/guard.py [--rounds 300]

It starts three engines of its own, apart from the machine's, and removes them afterwards: the third has a plugin that
says yes without looking (guard_least.py), for most of what any plugin costs is the engine's asking. Exit status 1: a
goal was missed. Whether the guard grows is another one's question: benchmarks/guard_soak.py.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from guard_asking import Door, among, at_once, create_and_remove, list_containers, p50, program, resident  # noqa: E402
from measuring import cpu_of  # noqa: E402

from dockworthy.drills.guard import good_calls  # noqa: E402
from dockworthy.guard.judges import judge  # noqa: E402
from dockworthy.guard.policy_in_force import PolicyInForce  # noqa: E402
from dockworthy.guard.request import GuardRequest  # noqa: E402
from guard.guarded import PLUGIN, start_guarded  # noqa: E402
from guard.sockets import start_socket  # noqa: E402
from guard.worlds import EmptyWorld  # noqa: E402
from machines.engines import clean_environment  # noqa: E402
from machines.own_host import OwnHost, start_host  # noqa: E402

ENGINE, PEOPLE, VIEWER, BYTES = "/run/docker.sock", "/run/people.sock", "/run/viewer.sock", "/run/bytes.sock"
YES, YES_BYTES = "a plugin that says yes", "a proxy that passes bytes, and such a plugin"


def judging() -> float:
    """Milliseconds (p50) for what `docker run` sends."""
    trial = next(call for call in good_calls() if call.name == "container as docker run asks")
    asked = GuardRequest(
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


class Report:
    def __init__(self) -> None:
        self.missed = False

    def line(self, what: str, value: str, goal: str = "", met: bool = True) -> None:
        print(
            f"{what:<64} {value:>16}   {goal and f'goal {goal}: ' + ('met' if met else 'MISSED')}".rstrip(), flush=True
        )
        self.missed |= not met


def compare(report: Report, doors: dict[str, Door], guard: int, rounds: int) -> None:
    looks = p50(doors, rounds, list_containers)
    report.line("GET /containers/json, the bare engine (p50)", f"{looks['bare']:.2f} ms")
    goals = {"plugin": 0.4, "socket + plugin": 0.5}
    for name in (YES, "plugin", "socket alone", YES_BYTES, "socket + plugin"):
        added, goal = looks[name] - looks["bare"], goals.get(name, 0.0)
        what = f"  added by {name}"
        report.line(what, f"{added:.2f} ms", f"<= {goal} ms" if goal else "", not goal or added <= goal)
    for name, beside, most in (("plugin", YES, 1.15), ("socket + plugin", YES_BYTES, 1.3)):
        ratio = looks[name] / looks[beside]
        report.line(f"  {name}, to {beside}", f"{ratio:.2f}", f"<= {most}", ratio <= most)
    makers = {name: door for name, door in doors.items() if name != "socket alone"}  # a viewer's makes nothing
    makes = p50(makers, max(rounds // 3, 10), create_and_remove, mixed=True)
    report.line("create + remove, the bare engine (p50)", f"{makes['bare']:.1f} ms")
    report.line(f"  ratio with {YES}", f"{makes[YES] / makes['bare']:.2f}")
    for name in ("plugin", "socket + plugin"):
        ratio = makes[name] / makes["bare"]
        report.line(f"  ratio with {name}", f"{ratio:.2f}", "<= 1.25", ratio <= 1.25)
    taken = judging()
    report.line("judging what docker run sends (p50)", f"{taken:.2f} ms", "< 1 ms", taken < 1)
    many = ", ".join(f"{name} {at_once(door, 200) * 1000:.0f}" for name, door in doors.items())
    print(f"200 requests at once, ms: {many}", flush=True)
    first, used = resident(guard), cpu_of(guard)
    for _ in range(5000):
        list_containers(doors["socket + plugin"])
    print(f"the guard's own work for a list through socket + plugin: {(cpu_of(guard) - used) / 5:.2f} ms of CPU")
    grown = resident(guard) - first
    report.line("memory after 5,000 more requests", f"{first:.0f} MiB, {grown:+.1f}", "+ < 2 MiB", grown < 2)


def start_least(host: OwnHost) -> None:
    """An engine whose plugin says yes, and a proxy before it."""
    program = [*host.inside, sys.executable, str(ROOT / "benchmarks" / "guard_least.py")]
    for arguments in (["plugin", PLUGIN], ["proxy", BYTES, ENGINE]):
        host.started.append(subprocess.Popen([*program, *arguments], env=clean_environment()))
        host.wait(lambda path=arguments[1]: host.run("test", "-S", path, check=False).returncode == 0, arguments[1])
    host.start_engine({"authorization-plugins": ["dockworthy"], "data-root": f"{host.folder}/data"})
    host.load_busybox()


def measured(folder: Path, hosts: list[OwnHost], rounds: int) -> int:
    hosts += [start_host(folder / name) for name in ("bare", "guarded", "asked")]
    bare, guarded, asked = hosts
    bare.start_engine({"data-root": f"{bare.folder}/data"})  # on a disk, as people have theirs
    bare.load_busybox()
    start_socket(bare, VIEWER, "--role", "viewer")
    start_least(asked)
    guard = start_guarded(guarded, "--people", PEOPLE, settings={"data-root": f"{guarded.folder}/data"}).guard
    doors = {
        "bare": (bare, ENGINE),
        YES: (asked, ENGINE),
        YES_BYTES: (asked, BYTES),
        "plugin": (guarded, ENGINE),
        "socket alone": (bare, VIEWER),
        "socket + plugin": (guarded, PEOPLE),
    }

    def work() -> int:
        report = Report()
        compare(report, {name: Door(*door) for name, door in doors.items()}, program(guard.pid), rounds)
        return int(report.missed)

    return among(guarded, work)


def main() -> int:
    parser = argparse.ArgumentParser(description="What the guard costs, as ratios to a bare engine.")
    parser.add_argument("--rounds", type=int, default=300, help="of each measurement (300)")
    rounds: int = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="dockworthy-bench-", dir="/var/tmp") as folder:
        hosts: list[OwnHost] = []
        try:
            return measured(Path(folder), hosts, rounds)
        finally:
            for host in hosts:
                host.stop()


if __name__ == "__main__":
    sys.exit(main())
