"""What failed on a swarm before a release began is none of its faults."""

from __future__ import annotations

from typing import Any

from dockworthy.deploy.observing.watch import TasksSeen
from dockworthy.deploy.targets.swarm.reading import SwarmAnswers, _tasks
from dockworthy.model.release import ShippedService
from dockworthy.model.rollout import Health, Task, TaskState

SAYS = "cannot create a swarm scoped network when swarm is not active"


def attempt(slot: int, state: str, at: int) -> dict[str, Any]:
    """One that failed is not to run any more."""
    over = state != "running"
    return {
        "ID": f"t{at}", "ServiceID": "s", "Slot": slot, "CreatedAt": f"2026-12-01T00:00:{at:02}Z",
        "DesiredState": "shutdown" if over else "running", "Spec": {"ContainerSpec": {"Image": "sha256:a"}},
        "Status": {"State": state, "Err": SAYS if over else ""},
    }  # fmt: skip


def read(replicas: int, *attempts: dict[str, Any], is_job: bool = False) -> list[tuple[str, str]]:
    mode: dict[str, Any] = {"ReplicatedJob": {}} if is_job else {"Replicated": {"Replicas": replicas}}
    service = {"ID": "s", "Spec": {"Name": "shop_web", "Mode": mode}}
    found = _tasks(SwarmAnswers("shop", [service], attempts, [], [], []))
    return sorted((task.name, task.state) for task in found)


def test_a_slot_that_failed_and_was_left_does_not_count_beside_those_that_run() -> None:
    """Tasks that were moved to other hosts stand in slots of higher numbers."""
    running = [attempt(slot, "running", at) for slot, at in ((1, 5), (3, 6), (4, 7))]
    assert read(3, attempt(2, "rejected", 1), *running) == [
        ("web.1", "running"),
        ("web.3", "running"),
        ("web.4", "running"),
    ]


def test_of_a_service_that_lacks_one_the_slot_that_failed_last_counts() -> None:
    failed = [attempt(1, "rejected", 1), attempt(2, "failed", 9)]
    assert read(2, *failed, attempt(3, "running", 5)) == [("web.2", "exited"), ("web.3", "running")]
    assert read(2, *failed) == [("web.1", "exited"), ("web.2", "exited")]


def test_a_job_that_failed_counts() -> None:
    assert [state for _, state in read(0, attempt(0, "failed", 1), is_job=True)] == ["exited"]


def task(id: str, state: TaskState) -> Task:
    return Task(
        id=id, name=id, service="web", spec_hash="h", image_id="i", state=state, health=Health.NONE, attempt=f"of-{id}"
    )


def test_a_task_that_was_over_before_the_watch_began_is_not_judged() -> None:
    shipped = ShippedService(reference="shop", image="shop", image_id="i", spec_hash="h", replicas=1)
    before = {"web": [task("old", TaskState.EXITED), task("runs", TaskState.RUNNING)]}
    seen = TasksSeen({"web": shipped})
    seen.leave_out(before, ["web"])
    seen.see(before)
    assert [each.id for each in seen.tasks] == ["runs"] and seen.all_serve
    seen.see({"web": [task("new", TaskState.EXITED), task("runs", TaskState.RUNNING)]})
    assert [each.id for each in seen.tasks] == ["new", "runs"], "one that failed since is"
