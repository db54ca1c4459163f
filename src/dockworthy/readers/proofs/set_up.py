"""Proofs that the host is set up by a program (3.setup), and again with the same result."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.evidence import SetUp, Task
from ...model.proof import Proof, Strength
from .surroundings import Surroundings, ago, listed

DEMAND = "3.setup"
_LATEST = 8.0
"""Days since a run of what is meant to run all the time."""
_RUNS_AGAIN = ("Puppet",)


def read_set_up(around: Surroundings) -> Iterator[Proof]:
    told = set()
    for one in listed(around.evidence.set_up):
        told.add(one.tool)
        yield _of(around, one)
    for job in listed(around.evidence.jobs):
        if job.does is Task.SETUP and job.enabled and job.tool not in told:
            says = f"{job.tool} runs by {job.by}" + (f" ({job.schedule})" if job.schedule else "")
            yield Proof(DEMAND, job.tool, Strength.SEEN, says, job.source, Task.SETUP, job.last_run)
    for seen in around.doing(Task.SETUP):
        if seen.tool not in told:
            says = f"{seen.tool} runs ({seen.who}); what it sets up is unknown"
            yield Proof(DEMAND, seen.tool, Strength.SEEN, says, seen.source, Task.SETUP)


def _of(around: Surroundings, one: SetUp) -> Proof:
    days = around.days_since(one.last_run) if one.last_run else None
    when = f", last {ago(days)}" if one.last_run else ""
    if one.failures > 0:
        says = f"{one.tool}: {one.failures} failures in its last run{when}"
        return Proof(DEMAND, one.tool, Strength.MEASURED, says, one.source, Task.SETUP, one.last_run, good=False)
    if one.tool in _RUNS_AGAIN and one.failures == 0 and days is not None and days <= _LATEST:
        says = f"{one.tool} set this host up again without a failure{when}"
        return Proof(DEMAND, one.tool, Strength.MEASURED, says, one.source, Task.SETUP, one.last_run)
    says = f"{one.tool} has set up this host{when}; how much of it, and whether it would again, is unknown"
    return Proof(DEMAND, one.tool, Strength.SEEN, says, one.source, Task.SETUP, one.last_run)
