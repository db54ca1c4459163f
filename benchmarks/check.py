"""What judging files costs, beside compose-lint and checkov where they are named. Run it in a clone:

    COMPOSE_LINT=path/to/compose-lint CHECKOV=path/to/checkov .venv/bin/python benchmarks/check.py [--times 5]

Wall times are of the whole process, the best of several; CPU time stands beside them, because a busy machine lengthens
the one and hardly the other. A peer reads the very same files, in turn with us. Exit status 1: a goal was missed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from generated import write_compose, write_pods, write_projects  # noqa: E402
from measuring import Cost, measure, measure_best, measure_in_turn  # noqa: E402

from dockworthy.readers.compose import find_compose  # noqa: E402
from machines.engines import clean_environment  # noqa: E402

DOCKWORTHY = str(Path(sys.executable).with_name("dockworthy"))
MIB = 1024 * 1024
PODS = 4500
PROJECTS = 60
SERVICES = 5000


class Report:
    """Prints a line a goal, as soon as it is known."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def line(self, what: str, value: str, goal: str = "", met: bool = True) -> None:
        word = "" if not goal else f"goal {goal}: {'met' if met else 'MISSED'}"
        print(f"{what:<58} {value:>22}   {word}".rstrip(), flush=True)
        if not met:
            self.missed.append(what)

    def cost(self, what: str, cost: Cost, most: float | None = None) -> None:
        value = f"{cost.wall:.3f} s, CPU {cost.cpu:.3f} s"
        self.line(what, value, "" if most is None else f"< {most:g} s", most is None or cost.wall < most)

    def ratio(self, what: str, ours: Cost, theirs: Cost, least: float) -> None:
        """By CPU time: both did their work on the same files, and neither waits for anything."""
        times = theirs.cpu / ours.cpu
        self.line(what, f"{times:.1f} times", f">= {least:g}", times >= least)


def main() -> int:
    parser = argparse.ArgumentParser(description="What judging files costs, as ratios where there is a peer.")
    parser.add_argument("--times", type=int, default=5, help="runs of what is short; the best counts (5)")
    arguments = parser.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory(prefix="dockworthy-benchmark-") as name:
        folder = Path(name)
        one_project(report, folder, arguments.times)
        one_large_project(report, folder)
        many_projects(report, folder / "projects", arguments.times)
        few_pods(report, folder / "few", arguments.times)
        many_pods(report, folder)
    print(f"\n{len(report.missed)} goals missed" if report.missed else "\nall goals met")
    return 1 if report.missed else 0


def one_project(report: Report, folder: Path, times: int) -> None:
    file = folder / "compose.yaml"
    write_compose(file, 10)

    def ours(*options: str, most: float, what: str) -> None:
        cost = measure_best([DOCKWORTHY, "check", *options, str(file)], env=clean_environment(), times=times)
        assert cost.status == 1, cost.output[-2000:].decode(errors="replace")  # anything else did not do the work
        report.cost(what, cost, most)

    ours("--render=own", most=0.2, what="10 services, without Compose's config")
    if find_compose(os.environ) is None:
        print("left out: with Compose's config (Compose is not installed)")
    else:
        ours("--render=auto", most=0.35, what="10 services, with Compose's config")
    ours("--format=sarif", "--render=own", most=0.2, what="10 services as SARIF, for an editor")
    beside_compose_lint(report, [file], [str(file)], times)


def one_large_project(report: Report, folder: Path) -> None:
    """Twice the services may take twice the time, and no more."""
    costs = []
    for services in (SERVICES // 2, SERVICES):
        file = folder / f"large-{services}.yaml"
        write_compose(file, services)
        costs.append(
            measure([DOCKWORTHY, "check", "--render=own", "--format=json", str(file)], env=clean_environment())
        )
        assert costs[-1].status == 1, costs[-1].output[-2000:].decode(errors="replace")
    half, whole = costs
    report.cost(f"{SERVICES:,} services in one file", whole, 6)
    times = whole.cpu / half.cpu
    report.line("  of the CPU time of half as many", f"{times:.1f} times", "< 2.6", times < 2.6)


def many_projects(report: Report, folder: Path, times: int) -> None:
    files = write_projects(folder, PROJECTS, 10)
    beside_compose_lint(report, files, [str(folder)], times)


def beside_compose_lint(report: Report, files: list[Path], ours: list[str], times: int) -> None:
    options = [str(file) for file in files]
    what = "a file of 10 services" if len(files) == 1 else f"{len(files)} such files"
    beside(report, "COMPOSE_LINT", "compose-lint", options, ours, what, times, least=1.0)


def few_pods(report: Report, folder: Path, times: int) -> None:
    """checkov knows no Compose files; it knows manifests."""
    folder.mkdir()
    write_pods(folder, 10)
    options = ["--framework", "kubernetes", "--skip-download", "--quiet", "--compact", "-d", str(folder)]
    beside(report, "CHECKOV", "checkov", options, [str(folder)], "10 pods", min(times, 3), least=10.0)


def beside(
    report: Report, variable: str, name: str, options: list[str], ours: list[str], what: str, times: int, least: float
) -> None:
    program = os.environ.get(variable, "")
    if not os.access(program, os.X_OK):
        print(f"left out: {name} ({program!r} is no program; name it with {variable})")
        return
    commands = [[DOCKWORTHY, "check", "--render=own", *ours], [program, *options]]
    own, theirs = measure_in_turn(commands, env=clean_environment(), times=times)
    assert own.status == 1, own.output[-2000:].decode(errors="replace")
    assert theirs.status in (0, 1), theirs.output[-2000:].decode(errors="replace")
    report.cost(f"{what}: dockworthy", own)
    report.cost(f"{what}: {name}", theirs)
    report.ratio(f"dockworthy takes less CPU time than {name}", own, theirs, least)


def many_pods(report: Report, folder: Path) -> None:
    pods = folder / "pods"
    pods.mkdir()
    write_pods(pods, PODS)
    command = [DOCKWORTHY, "check", str(pods), "--format=json", "--level=restricted"]
    cost = measure(command, env=clean_environment())
    # 1: a third of the pods is privileged, a third may run as root; anything else did not do the work.
    assert cost.status == 1, cost.output[-2000:].decode(errors="replace")
    report.cost(f"{PODS:,} pods in {PODS:,} files", cost, 15)
    report.line("  its peak memory", f"{cost.peak / MIB:.0f} MiB", "< 300 MiB", cost.peak < 300 * MIB)


if __name__ == "__main__":
    sys.exit(main())
