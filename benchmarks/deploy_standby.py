"""Back to a version that was kept running, under load: how long until it answers everywhere, and what fails."""

from __future__ import annotations

import os

from deploying import Ended, LastSeen, Measured, heard

_GOAL = 1.0
"""Seconds from the start of `dockworthy rollback` until the old version alone answers."""


async def standby(bench: Measured, times: int) -> int:
    """Returns how many requests failed, and how often the goal was missed, together."""
    bench.version("v0", "finish")
    _must(await bench.dockworthy("deploy", "--yes", "--accept", "web:by-hand"))  # after docker compose up
    missed = 0
    async with bench.load() as load:
        for number in range(times):
            bench.version(f"s{number}", ("finish", "exit", "ignore")[number % 3])
            _must(await bench.dockworthy("deploy", "--yes", "--standby", "10m"))
            await heard(load, f"s{number}")
            failed, load.slowest = len(load.failures), 0.0
            ended = _must(await bench.dockworthy("rollback", "--yes"))
            await heard(load, "v0")
            assert isinstance(load.answers, LastSeen)
            everywhere = load.answers.last_but("v0") - ended.began
            missed += everywhere >= _GOAL
            print(
                f"{'standby rollback':34} failed {len(load.failures) - failed:4}  slowest {load.slowest:5.2f} s  "
                f"old everywhere {everywhere:5.2f} s  done {ended.seconds:5.1f} s  load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
    print(f"standby: {load.count} requests, {len(load.failures)} failed; {missed} times not within {_GOAL} s")
    for failure in load.failures[:10]:
        print(f"  {failure}")
    return len(load.failures) + missed


def _must(ended: Ended) -> Ended:
    if ended.status:
        raise SystemExit(ended.says)
    return ended
