"""Old containers that run on out of rotation: which may, which come back, which go, and what the plan says of it."""

from __future__ import annotations

import pytest
from msgspec import structs

from dockworthy.deploy.names import with_standby
from dockworthy.deploy.planning.plan import plan_of
from dockworthy.deploy.planning.standby import refuse_standby, standing_words
from dockworthy.errors import UsageError
from dockworthy.model.deploy_settings import DeploySettings, Route, TargetKind
from dockworthy.model.release import Release
from dockworthy.model.rollout import Desired, Health, RolloutPlan, Running, Standby, StepKind, Task, TaskState

from .projects import DATA, OLD, desired, release, running, task

EDGE = {"dockworthy-edge": "172.18.0.2", "shop_default": "172.19.0.2"}
OFF = {"shop_default": "172.19.0.3"}
ROUTES = (Route(host="a.example.com", service="web", port=80),)


def last(*names: str) -> Release:
    return release(**dict.fromkeys(names, OLD))


def deploying(wanted: Desired, *tasks: Task, before: Release | None = None) -> RolloutPlan:
    before = before or last(*wanted.services)
    return plan_of(wanted, running(*tasks), number=2, last=before, standby="10m")


def standing_by(*tasks: Task, left: float = 300.0) -> Standby:
    return Standby(mark="standby.1", left=left, tasks=tuple(each.id for each in tasks))


def two_of(*, new: bool) -> list[Task]:
    """The new ones are in rotation, the old ones stand by, or the other way round."""
    return [task("web", number + 2 * new, new=new, addresses=EDGE) for number in (1, 2)]


def test_what_is_replaced_beside_the_old_at_the_edge_runs_on() -> None:
    (step,) = (plan := deploying(desired(routed=("web",), web={}), task("web", addresses=EDGE))).steps
    assert step.stand_by and "run on for 10m" in step.says
    (note,) = plan.notes
    assert "1 old of 2 containers take memory until 10m after the release is kept" in note and "under 1 s" in note
    plain = plan_of(desired(routed=("web",), web={}), running(task("web", addresses=EDGE)), number=2, last=last("web"))
    assert not plain.steps[0].stand_by and plain.notes == ()


@pytest.mark.parametrize(
    ("wanted", "tasks", "why"),
    [
        (desired(web={}), [task("web", addresses=EDGE)], "it has no route, so old and new would both be at work"),
        (
            desired(routed=("web",), web=DATA),
            [task("web", addresses=EDGE)],
            "the old one goes first (data is written to, and two at a time may harm it)",
        ),
        (
            desired(routed=("web",), web={"container_name": "the-one"}),
            [task("web", addresses=EDGE)],
            "the old one goes first (container_name the-one can be had by one container only)",
        ),
        (
            desired(("migrate",), routed=("web",), web={}, migrate={}),
            [task("web", addresses=EDGE)],
            "the job migrate runs in between",
        ),
        (
            desired(routed=("web",), web={}, sidecar={"network_mode": "service:web"}),
            [task("web", addresses=EDGE)],
            "sidecar shares what is its own",
        ),
        (desired(routed=("web",), web={}), [task("web")], "not all of its containers serve at the edge"),
        (
            desired(routed=("web",), web={}),
            [task("web", addresses=EDGE, spec_hash="by hand")],
            "what runs is not what release 1 shipped",
        ),
    ],
)
def test_what_can_not_stand_by_goes_as_ever_and_the_plan_says_why(wanted: Desired, tasks: list[Task], why: str) -> None:
    plan = deploying(wanted, *tasks)
    assert not any(step.stand_by for step in plan.steps)
    assert f"web does not stand by, its way back is the usual one: {why}" in plan.notes


def test_what_was_never_recorded_is_not_kept() -> None:
    plan = deploying(desired(routed=("web",), web={}), task("web", addresses=EDGE), before=last("other"))
    assert "no release of it was recorded" in plan.notes[0] and not plan.steps[0].stand_by


def _back(*tasks: Task, by: Standby | None = None, wanted: Desired | None = None) -> RolloutPlan:
    """To what stands by: that is what is wanted."""
    seen = structs.replace(running(*tasks), standby=(by,) if by else ())
    return plan_of(wanted or desired(routed=("web",), web={"replicas": 2}), seen, number=3, last=last("web"))


def test_what_stands_by_comes_back_before_the_others_go() -> None:
    old = [structs.replace(each, addresses=OFF) for each in two_of(new=True)]
    now = two_of(new=False)
    (step,) = _back(*now, *old, by=standing_by(*old)).steps
    assert step.kind is StepKind.RETURN and step.causes == ("kept running: back in under 1 s",) and step.gap == 0
    assert step.back == ("web-3", "web-4") and step.tasks == ("web-1", "web-2")
    (unmarked,) = _back(*now, *old).steps
    assert unmarked == step, "a deploy that was killed before it could note them leaves as good ones"
    (half,) = _back(*now, structs.replace(old[0], addresses=EDGE), old[1]).steps
    assert half.back == ("web-4",) and half.tasks == ("web-1", "web-2"), "one that was killed while they came back"


@pytest.mark.parametrize("broken", [{"state": TaskState.EXITED}, {"health": Health.UNHEALTHY}])
def test_what_does_not_serve_any_more_is_no_way_back(broken: dict[str, object]) -> None:
    old = [structs.replace(each, addresses=OFF, **broken) for each in two_of(new=True)]
    kinds = [step.kind for step in _back(*two_of(new=False), *old, by=standing_by(*old)).steps]
    assert StepKind.RETURN not in kinds and kinds[-1] is StepKind.REPLACE


def test_who_was_not_kept_goes_the_usual_way_and_the_plan_says_so() -> None:
    old = [structs.replace(each, addresses=OFF) for each in two_of(new=True)]
    wanted = desired(routed=("web",), worker={}, db=DATA, web={"replicas": 2})
    plan = _back(*two_of(new=False), *old, task("worker"), task("db"), by=standing_by(*old), wanted=wanted)
    assert [(step.kind, step.subject) for step in plan.steps] == [
        (StepKind.RETURN, "web"),
        (StepKind.REPLACE, "db"),
        (StepKind.REPLACE, "worker"),
    ]
    assert plan.notes == (
        "db goes the usual way back: the old one goes first (data is written to, and two at a time may harm it)",
        "worker goes the usual way back: it has no route, so old and new would both be at work",
    )


def _forward(*tasks: Task, left: float = 300.0, replicas: int = 1, only: tuple[str, ...] = ()) -> RolloutPlan:
    """One stands by, and it is not wanted."""
    old = task("web", 9, addresses=OFF)
    seen: Running = structs.replace(running(old, *tasks), standby=(standing_by(old, left=left),))
    wanted = desired(routed=("web",), web={"replicas": replicas}, api={})
    return plan_of(wanted, seen, number=3, last=last("web", "api"), only=only)


def test_what_stands_by_is_no_leftover_and_the_next_deploy_removes_it_first() -> None:
    web, api = task("web", 1, new=True, addresses=EDGE), task("api", new=True)
    assert _forward(web, api).is_empty and _forward(web, api, left=-5.0).is_empty
    for plan in (_forward(web, task("api")), _forward(web, task("api"), only=("api",))):
        assert [(step.kind, step.subject) for step in plan.steps] == [
            (StepKind.CLEAR, "web"),
            (StepKind.REPLACE, "api"),
        ]
        assert plan.steps[0].tasks == ("web-9",)


def test_what_is_left_of_its_time_is_told() -> None:
    old = task("web", 9, addresses=OFF)
    seen = structs.replace(running(old), standby=(standing_by(old, left=540.0),))
    assert standing_words(seen, "web") == "1 old of it runs on, out of rotation, for 9 min more"
    assert standing_words(seen, "api") == ""


def test_who_could_not_be_told_is_refused_before_anything_is_changed() -> None:
    good = DeploySettings(routes=ROUTES, standby="10m")
    refuse_standby(good)
    refuse_standby(with_standby(DeploySettings(target=TargetKind.SWARM, standby="10m"), "0s"))
    for settings, says in (
        (structs.replace(good, target=TargetKind.SWARM), "a swarm has no task"),
        (structs.replace(good, edge="existing"), "`edge: existing`"),
        (structs.replace(good, routes=()), "no service has a route"),
    ):
        with pytest.raises(UsageError, match=says) as refused:
            refuse_standby(settings)
        assert refused.value.hint
    with pytest.raises(UsageError, match="is no time"):
        with_standby(good, "ten minutes")
    assert with_standby(good, "90s").standby == "90s" and with_standby(good, None) == good
