"""Back to a version that was kept running, and to one that was not, in turn, under load: how long until it answers
everywhere, and what fails."""

from __future__ import annotations

import os

from deploying import Ended, LastSeen, Measured, heard

from deploy.edge.clients import Load

_GOAL = 1.0
"""Seconds from the start of `dockworthy rollback` until the old version alone answers."""


async def standby(bench: Measured, times: int) -> int:
    """Returns how many requests failed, and how often the goal was missed, together."""
    bench.version("v0", "finish")
    _must(await bench.dockworthy("deploy", "--yes", "--accept", "web:by-hand"))  # after docker compose up
    missed = 0
    async with bench.load() as load:
        for number in range(times):
            on_term = ("finish", "exit", "ignore")[number % 3]
            missed += await _there_and_back(bench, load, f"s{number}", on_term, "--standby", "10m") >= _GOAL
            await _there_and_back(bench, load, f"u{number}", on_term)
    print(f"standby: {load.count} requests, {len(load.failures)} failed; {missed} times not within {_GOAL} s")
    for failure in load.failures[:10]:
        print(f"  {failure}")
    return len(load.failures) + missed


async def _there_and_back(bench: Measured, load: Load, name: str, on_term: str, *options: str) -> float:
    """Seconds until the old version was everywhere again."""
    bench.version(name, on_term)
    _must(await bench.dockworthy("deploy", "--yes", *options))
    await heard(load, name)
    failed, load.slowest = len(load.failures), 0.0
    ended = _must(await bench.dockworthy("rollback", "--yes"))
    await heard(load, "v0")
    assert isinstance(load.answers, LastSeen)
    everywhere = load.answers.last_but("v0") - ended.began
    what = "rollback to what stands by" if options else "rollback to what was stopped"
    print(
        f"{what:34} failed {len(load.failures) - failed:4}  slowest {load.slowest:5.2f} s  "
        f"old everywhere {everywhere:5.2f} s  done {ended.seconds:5.1f} s  load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return everywhere


def _must(ended: Ended) -> Ended:
    if ended.status:
        raise SystemExit(ended.says)
    return ended
