"""What dockworthy costs, beside docker-bench-security where it can be compared. Run it as root, in a clone:

    DOCKER_BENCH=path/to/docker-bench-security .venv/bin/python benchmarks/assess.py [--containers 100]

It starts an engine of its own, apart from the machine's, and removes all of it afterwards. Exit status 1: a goal was
missed. Without DOCKER_BENCH (a checkout of its release 1.6) the comparison is left out, and said to be.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from generated import widened, write_pods  # noqa: E402
from measuring import Cost, CountingProxy, cpu_of, measure, measure_best  # noqa: E402

from machines.engines import OwnEngine, clean_environment, run_folder, start_engine, why_no_engine  # noqa: E402
from machines.images import make_image  # noqa: E402

DOCKWORTHY = str(Path(sys.executable).with_name("dockworthy"))
MIB = 1024 * 1024


class Report:
    """Prints a line a goal, as soon as it is known."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def line(self, what: str, value: str, goal: str = "", met: bool = True) -> None:
        word = "" if not goal else f"goal {goal}: {'met' if met else 'MISSED'}"
        print(f"{what:<52} {value:>14}   {word}".rstrip(), flush=True)
        if not met:
            self.missed.append(what)

    def seconds(self, what: str, value: float, most: float) -> None:
        self.line(what, f"{value:.3f} s", f"< {most:g} s", value < most)

    def at_least(self, what: str, value: float, least: float) -> None:
        self.line(what, f"{value:,.0f} times", f">= {least:g}", value >= least)


def main() -> int:
    parser = argparse.ArgumentParser(description="What dockworthy costs, as ratios where there is a peer.")
    parser.add_argument("--containers", type=int, default=100, help="running containers to assess (100)")
    parser.add_argument("--docker-bench", default=os.environ.get("DOCKER_BENCH", ""), help="checkout of the peer")
    arguments = parser.parse_args()
    report = Report()
    without_engine(report)
    if reason := why_no_engine():
        print(f"left out: everything with an engine ({reason})")
        return 1
    with run_folder() as folder:
        engine = start_engine(folder / "engine")
        try:
            with_engine(report, engine, arguments.containers, arguments.docker_bench)
        finally:
            engine.stop()
    print(f"\n{len(report.missed)} goals missed" if report.missed else "\nall goals met")
    return 1 if report.missed else 0


def without_engine(report: Report) -> None:
    help_ = measure_best([DOCKWORTHY, "--help"], env=clean_environment(), times=10)
    report.seconds("dockworthy --help", help_.wall, 0.15)
    with tempfile.TemporaryDirectory() as folder:
        write_pods(Path(folder), 4500)
        command = [DOCKWORTHY, "check", folder, "--format=json", "--level=restricted"]
        checked = measure(command, env=clean_environment())
    # 1: a third of the pods is privileged, a third may run as root; anything else did not do the work.
    assert checked.status == 1, checked.output[-2000:].decode(errors="replace")
    report.seconds("check of 4,500 pods in 4,500 files", checked.wall, 15)
    report.line("  its peak memory", f"{checked.peak / MIB:.0f} MiB")


def with_engine(report: Report, engine: OwnEngine, containers: int, docker_bench: str) -> None:
    start_containers(engine, containers)
    env = clean_environment(DOCKER_HOST=engine.endpoint)
    before = cpu_of(engine.pid)
    ours = measure_best([*engine.inside, DOCKWORTHY, "assess", "--format=json"], env=env, times=3)
    engine_cpu = (cpu_of(engine.pid) - before) / 3
    assert ours.status == 1, ours.output[-2000:].decode(errors="replace")
    report.seconds(f"assess, {containers} running containers: wall time", ours.wall, 1)
    report.line("  its CPU time, and the engine's for it", f"{ours.cpu:.3f} + {engine_cpu:.3f} s")
    compare(report, engine, ours, docker_bench)
    count_requests(report, engine, containers)
    from_snapshot(report, engine)


def start_containers(engine: OwnEngine, number: int) -> None:
    image = make_image(engine)
    options = ("--memory=16m", "--restart=unless-stopped", "--user=1000:1000", "--log-driver=local")
    with ThreadPoolExecutor(4) as pool:
        # list() so that a container that did not start is an error here
        list(
            pool.map(
                lambda index: engine.docker("run", "-d", "--name", f"dockworthy-benchmark-{index}", *options, image),
                range(number),
            )
        )


def compare(report: Report, engine: OwnEngine, ours: Cost, docker_bench: str) -> None:
    script = Path(docker_bench) / "docker-bench-security.sh"
    if not docker_bench or not script.is_file():
        print(f"left out: docker-bench-security ({script} is not there; name its checkout with DOCKER_BENCH)")
        return
    env = clean_environment(DOCKER_HOST=engine.endpoint)
    theirs = measure([*engine.inside, "bash", str(script), "-b"], env=env, cwd=Path(docker_bench))
    assert b"Checks:" in theirs.output, theirs.output[-2000:].decode(errors="replace")
    release = re.search(rb"v(1\.\d+\.\d+)", theirs.output)
    report.line(f"docker-bench-security {release[1].decode() if release else ''}: wall time", f"{theirs.wall:.1f} s")
    report.line("  its CPU time", f"{theirs.cpu:.1f} s")
    report.at_least("dockworthy takes less wall time", theirs.wall / ours.wall, 100)
    report.at_least("dockworthy takes less CPU time", theirs.cpu / ours.cpu, 100)


def count_requests(report: Report, engine: OwnEngine, containers: int) -> None:
    """How often each object is inspected, seen by a proxy between dockworthy and the engine."""
    assert engine.folder is not None
    proxy_socket = engine.folder / "counting"
    with CountingProxy(f"{engine.folder}/sock", str(proxy_socket)) as proxy:
        env = clean_environment(DOCKER_HOST=f"unix://{proxy_socket}")
        measure([*engine.inside, DOCKWORTHY, "assess", "--format=json"], env=env)
    inspects = Counter(
        {
            request: times
            for request, times in proxy.requests.items()
            if re.search(r"/(containers|images|networks|volumes)/[^/]+(/json)?$", request)
            and not request.endswith(("/containers/json", "/images/json"))
        }
    )
    most = max(inspects.values(), default=0)
    report.line("inspect calls for one object, at most", str(most), "1", most == 1)
    report.line(f"  requests in all, {containers} containers", str(sum(proxy.requests.values())))


def from_snapshot(report: Report, engine: OwnEngine) -> None:
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small.json"), Path(folder, "large.json")
        env = clean_environment(DOCKER_HOST=engine.endpoint)
        taken = measure([*engine.inside, DOCKWORTHY, "facts", "-o", str(small)], env=env)
        assert taken.status == 0, taken.output.decode(errors="replace")
        large.write_bytes(widened(small.read_bytes(), 1000))
        command = [DOCKWORTHY, "assess", "--from", str(large), "--format=json"]
        judged = measure(command, env=clean_environment())
        assert judged.status == 1, judged.output[-2000:].decode(errors="replace")
        report.seconds("assess --from a snapshot of 1,000 containers", judged.wall, 3)
        report.line("  its peak memory", f"{judged.peak / MIB:.0f} MiB", "< 300 MiB", judged.peak < 300 * MIB)


if __name__ == "__main__":
    sys.exit(main())
