"""A plan that takes a project over from a swarm says so. Pure."""

from __future__ import annotations

from msgspec import structs

from ....model.rollout import Order, RolloutPlan, RolloutStep, StepKind
from ...planning.causes import GONE

_LEAVING = 2.0
"""Seconds that a swarm takes beyond a container's own to end its task."""


def told(plan: RolloutPlan) -> RolloutPlan:
    """Whether a container's definition differs is not asked: it is made anew by another one, of the same files."""
    steps = tuple(_told(step) for step in plan.steps)
    if steps == plan.steps:
        return plan
    note = "takes over from swarm: its services become Compose's own containers; volumes and their data stay"
    return structs.replace(plan, steps=steps, notes=(note, *plan.notes))


def _told(step: RolloutStep) -> RolloutStep:
    if step.kind is not StepKind.REPLACE or not any("." in task for task in step.tasks):
        return step
    old_first = step.order is Order.STOP_FIRST
    how = "the swarm's first" if old_first else "new beside old, the swarm's stop when the new ones are healthy"
    why = tuple(cause for cause in step.causes if cause != "its definition changed" and not cause.startswith(GONE))
    says = f"take {step.subject} over from swarm: {how}"
    gap = step.gap + _LEAVING if step.gap else step.gap
    return structs.replace(step, says=says, causes=("deploy.target is compose", *why), gap=gap)
