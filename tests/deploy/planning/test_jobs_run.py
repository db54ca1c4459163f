"""Who rolls back knows whether the data is still as that release left it."""

from __future__ import annotations

from msgspec import structs

from dockworthy.deploy.planning.adopting import with_adopted
from dockworthy.deploy.planning.jobs_run import jobs_since, last_runs
from dockworthy.deploy.planning.plan import plan_of
from dockworthy.model.release import JobLastRun, JobOutcome, JobRun, Release, ReleaseState, ShippedService

from .projects import NEW, desired, release, running, task


def made(number: int, outcome: str | None, state: ReleaseState = ReleaseState.KEPT) -> Release:
    runs = (JobRun(job="migrate", outcome=JobOutcome(outcome)),) if outcome else None
    return structs.replace(release(), number=number, state=state, jobs_before=("migrate",), jobs=runs)


FIRST = made(1, "ran")


def since(*newer: Release, number: int = 0) -> tuple[str, ...]:
    return jobs_since(FIRST, [FIRST, *newer], number or len(newer) + 2)


def test_a_job_of_a_release_that_was_rolled_back_counts_as_one_that_stayed() -> None:
    back = made(2, "ran", ReleaseState.ROLLED_BACK)
    assert since(back, made(3, "not_run")) == (
        "since release 1 the job migrate ran in release 2 (rolled back): what that changed in the data stays, so "
        "release 1 meets data of newer releases (their schema, too)",
    )
    (told,) = since(back, made(3, "ran"), made(4, "failed", ReleaseState.FAILED))
    assert "migrate ran in release 2 (rolled back) and 3 and the job migrate failed in release 4: what" in told


def test_where_none_ran_that_is_said() -> None:
    assert since(made(2, "not_run")) == ("no job ran since release 1 (`deploy.jobs`)",)
    plain = structs.replace(release(), jobs=())
    assert jobs_since(plain, [plain, structs.replace(plain, number=2)], 3) == ()


def test_what_no_record_tells_is_unknown() -> None:
    assert since(made(2, None)) == (
        "it is unknown whether a job changed the data in release 2, which was recorded by an older dockworthy",
    )
    assert since(number=30) == (
        "it is unknown whether a job changed the data in releases 2 to 29, which have no record here",
    )
    (ran, unknown) = since(made(3, "ran"), number=4)
    assert "ran in release 3" in ran and unknown.endswith("in release 2, which has no record here")


def test_a_job_that_ran_last_in_a_release_that_did_not_stay_is_found() -> None:
    records = [FIRST, made(2, "ran", ReleaseState.ROLLED_BACK), made(3, "not_run")]
    (last,) = last_runs(records[-1], records)
    assert last == JobLastRun(job="migrate", release=2, state=ReleaseState.ROLLED_BACK, outcome=JobOutcome.RAN)
    assert last_runs(records[-1], records[-1:]) == (JobLastRun(job="migrate"),)
    assert last_runs(structs.replace(release(), number=1), records) == (last,), "a newer one brought the job"


def test_what_compose_made_becomes_a_release_without_its_jobs_and_the_plan_says_so() -> None:
    wanted = desired(("migrate",), web={"equal": ("plain",)}, migrate={})
    seen = running(task("web", spec_hash="plain", image_id=NEW))
    shipped = ShippedService(reference="web:1", image="sha256:old", image_id="sha256:old", spec_hash="new")
    last = structs.replace(release(), number=3, services={"web": shipped})
    plan = with_adopted(plan_of(wanted, seen, number=4, last=last), wanted, seen, last, (), None)
    assert [step.says for step in plan.steps] == ["keep web as it runs, as this release"]
    (note,) = plan.notes
    assert note.startswith("the job migrate does not run: this release recreates no container.")
