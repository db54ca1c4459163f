"""Data that would be left behind or written by two: asked about first."""

from __future__ import annotations

from dockworthy.deploy.planning.causes import EarlierReleases
from dockworthy.deploy.planning.plan import plan_of
from dockworthy.model.rollout import Desired, Running, TaskState

from .projects import DATA, desired, running, task

LABEL = "com.docker.compose.volume"


def asked(wanted: Desired, seen: Running, *accepted: str) -> list[str]:
    return [each.accept for each in plan_of(wanted, seen, number=2, last=None, accepted=accepted).questions]


def test_a_renamed_project_would_begin_with_an_empty_database() -> None:
    seen = running(volumes={"oldshop_data": {LABEL: "data"}})
    plan = plan_of(desired(db=DATA), seen, number=2, last=None)
    (question,) = plan.questions
    assert question.accept == "data:empty"
    assert question.says == "db would start on a new, empty volume shop_data; an older volume, oldshop_data, exists"
    assert "volumes: {data: {name: oldshop_data, external: true}}" in question.hint
    assert asked(desired(db=DATA), seen, "data:empty") == []


def test_a_first_start_is_no_question() -> None:
    assert asked(desired(db=DATA), running()) == []
    assert asked(desired(db=DATA), running(volumes={"shop_data": {}, "oldshop_data": {LABEL: "data"}})) == []


def test_a_running_database_on_another_volume_is_found_whatever_its_name() -> None:
    seen = running(task("db", mounts={"/data": "precious"}), volumes={"precious": {}})
    assert asked(desired(db=DATA), seen) == ["data:empty"]


def test_a_second_writer_is_asked_about() -> None:
    seen = running(volumes={"shop_data": {}}, volume_users={"shop_data": ("other-db-1",)})
    (question,) = plan_of(desired(db=DATA), seen, number=2, last=None).questions
    assert question.accept == "data:shared" and "other-db-1" in question.says


def test_data_in_a_volume_without_a_name_would_stay_with_the_old_container() -> None:
    seen = running(task("db", mounts={"/var/lib/db": "f" * 64}))
    assert asked(desired(db={}), seen) == ["db:anonymous"]
    assert asked(desired(db={}), running(task("db", new=True, mounts={"/var/lib/db": "f" * 64}))) == []


def test_data_of_other_environments_and_projects_is_no_predecessor() -> None:
    labels = {LABEL: "data", "com.docker.compose.project": "shop-production"}
    seen = running(volumes={"production-data": labels, "shop-staging_data": {}})
    every = ("shop-production", "shop-staging")
    assert not plan_of(desired(db=DATA), seen, number=2, last=None, apart=every).questions
    (question,) = plan_of(desired(db=DATA), seen, number=2, last=None, apart=("shop-production",)).questions
    assert "shop-staging_data" in question.says and "production" not in question.says


def test_a_job_that_ended_by_hand_is_no_work_to_keep_and_one_that_runs_is() -> None:
    """`docker compose up` starts jobs like any service, and leaves their containers."""
    known = EarlierReleases(number=7, hashes={"migrate": frozenset({"old"})})
    wanted = desired(web={}, migrate={}, jobs_before=("migrate",))

    def asked_of(state: TaskState) -> list[str]:
        seen = running(task("web", new=True), task("migrate", spec_hash="by compose up", state=state))
        return [each.accept for each in plan_of(wanted, seen, number=8, last=None, known=known).questions]

    assert asked_of(TaskState.EXITED) == []
    assert asked_of(TaskState.RUNNING) == ["migrate:by-hand"]
