"""What somebody made by hand, just as the files say, becomes a release; what a release made is none anew."""

from __future__ import annotations

from msgspec import structs

from dockworthy.deploy.planning.adopting import with_adopted
from dockworthy.deploy.planning.causes import earlier
from dockworthy.deploy.planning.plan import plan_of
from dockworthy.model.release import Release, ReleaseState, ShippedService
from dockworthy.model.rollout import Desired, RolloutPlan, Running, StepKind, TaskState

from .projects import NEW, desired, release, running, task

BY_HAND = {"spec_hash": "plain", "image_id": NEW}
WANTED = desired(web={"equal": ("plain",)}, worker={})
WORKER = task("worker", new=True)


def shipped(**images: str) -> Release:
    """As the release before shipped it: another image for web."""
    made = {
        name: ShippedService(reference=f"{name}:1", image=image, image_id=image, spec_hash="new")
        for name, image in images.items()
    }
    return structs.replace(release(), number=3, services=made)


def plan(seen: Running, *releases: Release, only: tuple[str, ...] = (), wanted: Desired = WANTED) -> RolloutPlan:
    """The first one of the `releases` is in force."""
    last = releases[0] if releases else None
    known = earlier(releases, last, last.spec, {}) if last is not None else None
    return with_adopted(plan_of(wanted, seen, number=5, last=last, only=only), wanted, seen, last, only, known)


def test_another_image_that_compose_brought_is_kept_as_a_release() -> None:
    (step,) = plan(running(task("web", **BY_HAND), WORKER), shipped(web="sha256:old", worker=NEW)).steps
    assert (step.kind, step.subject, step.tasks, step.gap) == (StepKind.ADOPT, "web", ("web-1",), 0.0)
    assert step.causes == ("it is what your files say, and was made by hand since release 3",)


def test_what_is_of_the_release_is_none_anew() -> None:
    assert plan(running(task("web", new=True), WORKER), shipped(web=NEW, worker=NEW)).is_empty
    assert plan(running(task("web", **BY_HAND), WORKER)).is_empty, "the first release says so itself"


def test_a_service_that_no_release_shipped_is_kept_as_one() -> None:
    (step,) = plan(running(task("web", **BY_HAND), WORKER), shipped(worker=NEW)).steps
    assert step.kind is StepKind.ADOPT
    assert step.causes == ("it is what your files say, and release 3 shipped none",)


def test_what_a_release_left_that_could_not_be_taken_back_is_kept_as_one() -> None:
    """As after a manager that was lost in the middle: the swarm goes on by itself."""
    failed = structs.replace(shipped(web=NEW, worker=NEW), number=4, state=ReleaseState.FAILED)
    (step,) = plan(running(task("web", new=True), WORKER), shipped(web="sha256:old", worker=NEW), failed).steps
    assert (step.kind, step.tasks) == (StepKind.ADOPT, ("web-1",))
    assert step.causes == ("it is what your files say, and release 3 shipped another one",)


def test_another_number_of_them_is_kept_as_a_release() -> None:
    wanted = desired(web={"replicas": 2}, worker={})
    seen = running(task("web", new=True), task("web", 2, new=True), WORKER)
    (step,) = plan(seen, shipped(web=NEW, worker=NEW), wanted=wanted).steps
    assert step.causes == ("it is what your files say, and release 3 shipped 1 of it",)


def test_a_deploy_of_one_service_adopts_no_other_one() -> None:
    seen = running(task("web", **BY_HAND), WORKER)
    assert plan(seen, shipped(web="sha256:old", worker=NEW), only=("worker",)).is_empty
    assert not plan(seen, shipped(web="sha256:old", worker=NEW), only=("web",)).is_empty


def test_a_plan_that_does_something_makes_a_release_anyway() -> None:
    ended = task("worker", new=True, state=TaskState.EXITED)
    steps = plan(running(task("web", **BY_HAND), ended), shipped(web="sha256:old", worker=NEW)).steps
    assert [step.kind for step in steps] == [StepKind.RESTART]
