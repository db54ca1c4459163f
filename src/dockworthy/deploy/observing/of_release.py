"""What is watched of a release: all that it ships, and harder what it changes. Pure."""

from __future__ import annotations

from pathlib import Path

from ...model.deploy_settings import DeploySettings, seconds_of
from ...model.release import Release
from ...model.rollout import RolloutPlan, StepKind
from .probe_target import probe_targets
from .watching import Watched

_ON_SERVICES = (StepKind.CREATE, StepKind.REPLACE, StepKind.SCALE, StepKind.RESTART, StepKind.RETURN)


def watched_of(
    release: Release,
    plan: RolloutPlan,
    settings: DeploySettings,
    at: Path | tuple[str, int] | None,
    *,
    tls: bool = False,
    ours: bool = True,
) -> Watched:
    """`at`: where the routes can be asked: the edge's socket for probes (`ours`), or where somebody else's answers.
    None: nobody is asked.

    A service that is new, or away for a moment as the plan says, may fail until the roll-out is over.
    """
    steps = [step for step in plan.steps if step.kind in _ON_SERVICES]
    touched = frozenset(step.subject for step in steps)
    away = {step.subject for step in steps if step.kind in (StepKind.CREATE, StepKind.RESTART) or step.gap != 0}
    if any(step.kind is StepKind.ROUTES and step.gap != 0 for step in plan.steps):  # the edge itself is away
        away |= {route.service for route in settings.routes}
    away |= {step.subject for step in plan.steps if step.kind is StepKind.JOIN_EDGE}  # its route is there before it
    jobs = {*release.jobs_before, *release.jobs_after}
    return Watched(
        project=release.project,
        services={name: shipped for name, shipped in release.services.items() if name not in jobs},
        objectives=settings.objectives,
        observe=seconds_of(settings.observe),
        healthy_within=seconds_of(settings.healthy_within),
        touched=touched,
        leaving=frozenset(task for step in steps if step.kind is StepKind.REPLACE for task in step.tasks),
        targets=[
            target
            for route in settings.routes
            if at is not None and route.service in release.services
            for target in probe_targets(
                route,
                at,
                strict=route.service not in away,
                touched=route.service in touched,
                tls=tls,
                ours=ours,
                drains=not ours and bool(settings.existing_edge.drain),
            )
        ],
    )
