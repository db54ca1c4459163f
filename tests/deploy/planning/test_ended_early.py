"""Where a roll-out ended in the middle: the next one finishes it, and keeps what the release in force shipped."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from deploy.composed import composed
from dockworthy.deploy.planning.causes import earlier
from dockworthy.deploy.planning.plan import plan_of
from dockworthy.model.release import Release, ReleaseState
from dockworthy.model.rollout import Health, Order, RolloutStep, StepKind, Task, TaskState

from .projects import OLD, desired, release, running, task

DATA = {"volumes": [{"type": "volume", "source": "data", "target": "/data"}]}


def in_force() -> Release:
    """It shipped what `task("web")` is."""
    made = release(web="web:1")
    return structs.replace(made, services={"web": structs.replace(made.services["web"], image_id=OLD)})


def steps(*tasks: Task, last: Release | None, **web: Any) -> list[RolloutStep]:
    return [*plan_of(desired(web=web), running(*tasks), number=8, last=last).steps]


def test_what_the_release_in_force_shipped_is_the_way_back_until_the_new_ones_prove_themselves() -> None:
    old, new = task("web"), task("web", 2, new=True)
    (step,) = steps(old, new, last=in_force())
    assert (step.kind, step.tasks, step.newer) == (StepKind.CLEAR, (old.id,), (new.id,))
    ended = structs.replace(old, state=TaskState.EXITED)
    (step,) = steps(ended, new, last=in_force())
    assert (step.tasks, step.newer) == ((old.id,), (new.id,)), "stopped by the run that ended"


def test_what_no_release_in_force_shipped_is_no_way_back() -> None:
    new = task("web", 3, new=True)
    left, never = task("web", spec_hash="tried"), task("web", 2, state=TaskState.CREATED)
    (step,) = steps(left, never, new, last=in_force())
    assert set(step.tasks) == {left.id, never.id} and step.newer == ()
    (step,) = steps(task("web"), new, last=None)
    assert step.newer == ()


def test_nothing_is_started_beside_one_that_was_just_brought_back_where_two_may_not_be() -> None:
    back = task("web", health=Health.STARTING)
    new = task("web", 2, new=True, state=TaskState.EXITED)
    cleared, replaced = steps(back, new, last=in_force(), **DATA)
    assert (cleared.kind, cleared.tasks) == (StepKind.CLEAR, (new.id,))
    assert (replaced.kind, replaced.tasks, replaced.order) == (StepKind.REPLACE, (back.id,), Order.STOP_FIRST)


def test_a_service_that_a_killed_release_brought_goes_with_it() -> None:
    last = in_force()
    begun = structs.replace(release(web="web:2", new="new:1"), number=2, state=ReleaseState.ROLLING_OUT)
    seen = running(task("web", new=True), task("new"), task("theirs"))
    for state, goes in ((begun.state, ["new"]), (ReleaseState.FAILED, ["new"]), (ReleaseState.ROLLED_BACK, [])):
        known = earlier([last, structs.replace(begun, state=state)], last, composed(), {})
        found = plan_of(desired(web={}), seen, number=3, last=last, known=known)
        assert [step.subject for step in found.steps if step.kind is StepKind.REMOVE] == goes
        assert any("theirs runs under this project's name" in note for note in found.notes)
