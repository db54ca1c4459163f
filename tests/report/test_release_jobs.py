"""Closing words, list, page and status tell which jobs ran, and that what they did stays."""

from __future__ import annotations

from typing import Any

from deploy.composed import composed
from dockworthy.model.release import JobLastRun, JobOutcome, JobRun, Release, ReleaseState
from dockworthy.report.deploy import render_release
from dockworthy.report.releases import render_release_page, render_releases, render_standing

WIDE: Any = {"width": 200, "colour": False}


def release(outcome: str | None, state: ReleaseState = ReleaseState.KEPT, **more: Any) -> Release:
    jobs = (JobRun(job="migrate", outcome=JobOutcome(outcome)),) if outcome else None
    return Release(number=2, project="shop", target="compose", state=state, spec=composed(), services={},
                   jobs_before=("migrate",), jobs=jobs, **more)  # fmt: skip


def everywhere(each: Release, says: str) -> None:
    for text in (render_release(each, **WIDE), render_releases([each], **WIDE), render_release_page(each, **WIDE)):
        assert says in text, text


def test_a_job_that_ran_is_told_wherever_its_release_is() -> None:
    everywhere(release("ran"), "migrate ran\n")
    everywhere(release("ran", ReleaseState.ROLLED_BACK), "migrate ran: what it changed in the data stays")
    everywhere(release("begun", ReleaseState.FAILED), "migrate was begun, and nobody saw how it ended")
    everywhere(
        release("failed", ReleaseState.ROLLED_BACK), "migrate failed: what it had changed in the data until then stays"
    )


def test_a_job_that_did_not_run_is_told_too_with_the_reason_where_it_is_known() -> None:
    everywhere(release("not_run"), "migrate did not run: no container was recreated by this release\n")
    everywhere(release("not_run", returns_to=1), "migrate did not run\n")
    everywhere(release("not_run", ReleaseState.ROLLED_BACK), "migrate did not run\n")


def test_a_record_that_does_not_tell_says_so() -> None:
    everywhere(release(None), "whether migrate ran is unknown: an older dockworthy recorded this release")


def test_status_tells_when_each_job_ran_last() -> None:
    last = JobLastRun(job="migrate", release=3, state=ReleaseState.ROLLED_BACK, outcome=JobOutcome.RAN)
    text = render_standing(release("ran"), (), (), (), (last, JobLastRun(job="warm-up")), **WIDE)
    assert "migrate ran last in release 3, which was rolled back: what it changed in the data stays\n" in text
    assert "warm-up: no release that is kept here says that it ran\n" in text
