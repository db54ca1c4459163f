"""What a job did to the data stays: the record tells of each job whether it ran, whatever became of the release."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any

import pytest
from msgspec import structs

from dockworthy.deploy.rolling_out import RollOut
from dockworthy.deploy.store.record import decoded, encoded
from dockworthy.deploy.targets.target import StepFailed
from dockworthy.errors import EngineError, HostError
from dockworthy.model.release import JobOutcome, JobRun, Release, ReleaseState
from dockworthy.model.rollout import RolloutPlan, RolloutStep, StepKind

from .planning.projects import release
from .roll_outs import Parts

JOBS = (JobRun(job="migrate"), JobRun(job="warm-up"))
BEGUN = structs.replace(
    release(), state=ReleaseState.PREPARED, jobs_before=("migrate",), jobs_after=("warm-up",), jobs=JOBS
)


def shipped(parts: Parts, steps: Iterable[tuple[StepKind, str]]) -> Release:
    every = tuple(RolloutStep(kind=kind, subject=name, says=name) for kind, name in steps)
    any_: Any = parts
    said: list[str] = []
    rollout = RollOut(any_, any_, any_, BEGUN, RolloutPlan(project="shop", number=1, steps=every), said.append, any_)
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(rollout.run(any_))
    return parts.written[-1]


def jobs(of: Release) -> tuple[str, ...]:
    return tuple(f"{run.job} {run.outcome}" for run in of.jobs or ())


WHOLE = ((StepKind.JOB, "migrate"), (StepKind.REPLACE, "web"), (StepKind.JOB, "warm-up"))


def test_a_release_that_is_kept_tells_which_jobs_ran() -> None:
    parts = Parts({})
    assert jobs(shipped(parts, WHOLE)) == ("migrate ran", "warm-up ran")
    assert parts.meanwhile == [("migrate", "begun"), ("warm-up", "begun")], "a deploy that is killed leaves that"
    assert jobs(shipped(Parts({}), [(StepKind.ADOPT, "web")])) == ("migrate not_run", "warm-up not_run")


@pytest.mark.parametrize("broken", [(), ("web failed 12 requests",)])
def test_a_release_that_is_rolled_back_tells_which_jobs_ran(broken: tuple[str, ...]) -> None:
    parts = Parts({} if broken else {"web": StepFailed("web", "web is unhealthy")}, broken)
    ended = shipped(parts, WHOLE)
    assert ended.state is ReleaseState.ROLLED_BACK
    assert jobs(ended) == ("migrate ran", "warm-up ran" if broken else "warm-up not_run")


@pytest.mark.parametrize(
    "error, outcome",
    [
        (StepFailed("migrate", "the job migrate ended with status 4"), JobOutcome.FAILED),
        (StepFailed("migrate", "the swarm found no node for it", began=False), JobOutcome.NOT_RUN),
        (EngineError("the engine is gone"), JobOutcome.BEGUN),
        (HostError("the connection is lost"), JobOutcome.BEGUN),
        (asyncio.CancelledError(), JobOutcome.BEGUN),
    ],
)
def test_a_job_that_failed_is_told_from_one_whose_end_nobody_saw(error: BaseException, outcome: JobOutcome) -> None:
    ended = shipped(Parts({"migrate": error}), WHOLE)
    assert ended.state is ReleaseState.ROLLED_BACK
    assert jobs(ended) == (f"migrate {outcome}", "warm-up not_run")


def test_an_irreversible_job_that_ran_still_forbids_the_way_back() -> None:
    parts: Any = Parts({"web": StepFailed("web", "web is unhealthy")})
    plan = RolloutPlan(
        project="shop", number=1, steps=tuple(RolloutStep(kind=kind, subject=name, says=name) for kind, name in WHOLE)
    )
    begun = structs.replace(BEGUN, irreversible=True)
    asyncio.run(RollOut(parts, parts, parts, begun, plan, lambda _: None, parts).run(parts))
    assert parts.written[-1].state is ReleaseState.FAILED and jobs(parts.written[-1])[0] == "migrate ran"


def test_a_record_of_an_older_dockworthy_tells_nothing_of_jobs() -> None:
    older = encoded(release()).replace(b'"jobs":null,', b"")
    assert b'"jobs"' not in older and decoded(older, "1.json").jobs is None
