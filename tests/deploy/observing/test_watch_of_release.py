"""What is watched of a release, and from when on it has to hold."""

from __future__ import annotations

from pathlib import Path

from deploy.composed import composed
from dockworthy.deploy.observing import watched_of
from dockworthy.model.deploy_settings import DeploySettings, Route
from dockworthy.model.release import Release, ReleaseState, ShippedService
from dockworthy.model.rollout import RolloutPlan, RolloutStep, StepKind

SHIPPED = ShippedService(reference="shop:2", image="sha256:b", image_id="sha256:b", spec_hash="f00")
PROBE = Path("/run/edge/probe.sock")


def step(kind: StepKind, subject: str, gap: float | None = 0.0) -> RolloutStep:
    return RolloutStep(kind=kind, subject=subject, says="", gap=gap)


def test_what_is_changed_has_to_hold_and_what_is_away_for_a_moment_later() -> None:
    names = ("web", "api", "new", "admin", "left", "migrate")
    release = Release(
        number=2,
        project="shop",
        target="compose",
        state=ReleaseState.PREPARED,
        spec=composed(),
        services=dict.fromkeys(names, SHIPPED),
        jobs_before=("migrate",),
    )
    steps = (
        step(StepKind.ROUTES, "routes"),
        step(StepKind.JOB, "migrate", None),
        step(StepKind.REPLACE, "web"),
        step(StepKind.REPLACE, "api", 5.0),
        step(StepKind.REPLACE, "admin", None),
        step(StepKind.CREATE, "new"),
    )
    routes = tuple(Route(host="x.example", service=name, port=80, path=f"/{name}") for name in (*names[:5], "other"))
    settings = DeploySettings(routes=routes)
    watched = watched_of(release, RolloutPlan(project="shop", number=2, steps=steps), settings, PROBE)
    assert set(watched.services) == {"web", "api", "new", "admin", "left"}
    assert watched.touched == {"web", "api", "admin", "new"}
    assert (watched.observe, watched.healthy_within) == (30.0, 120.0)
    assert {each.service: (each.strict, each.must_answer) for each in watched.targets} == {
        "web": (True, True),
        "api": (False, True),
        "new": (False, True),
        "admin": (False, True),
        "left": (True, False),
    }
    assert watched_of(release, RolloutPlan(project="shop", number=2, steps=()), settings, None).targets == []


def test_while_the_edge_itself_is_made_anew_nothing_has_to_answer() -> None:
    release = Release(
        number=2,
        project="shop",
        target="compose",
        state=ReleaseState.PREPARED,
        spec=composed(),
        services={"web": SHIPPED},
    )
    settings = DeploySettings(routes=(Route(host="x.example", service="web", port=80),))
    for gap, strict in ((1.0, False), (0.0, True)):
        plan = RolloutPlan(project="shop", number=2, steps=(step(StepKind.ROUTES, "edge", gap),))
        assert [each.strict for each in watched_of(release, plan, settings, PROBE).targets] == [strict]
