"""What the plan of `hosts add` says: which swarm is joined, and what only a swarm needs."""

from __future__ import annotations

from dockworthy.engine.membership import Membership
from dockworthy.harden.reading import HardenOptions
from dockworthy.hosts.adding import _swarm_steps
from dockworthy.hosts.looking import BothSides, Side
from dockworthy.hosts.options import Adding
from dockworthy.model.deploy_settings import DeploySettings, TargetKind
from dockworthy.model.hardening import Effect, HardenPlan, Step
from dockworthy.model.levels import Level
from dockworthy.model.policy import ProjectFile
from dockworthy.report.hardening import render_plan

PROJECT = ProjectFile(deploy=DeploySettings(target=TargetKind.SWARM))
ADDED = Adding(
    name="second",
    host=HardenOptions(endpoint="ssh://root@second", level=Level.BASELINE, project=PROJECT, sudo=False, deadline=5.0),
    manager="ssh://root@first",
)


def steps(*, begins: bool) -> str:
    state = "inactive" if begins else "active"
    manager = Side(name="first", membership=Membership(state=state))
    seen = BothSides(host=Side(name="second"), manager=manager, at="192.0.2.2", manager_at="192.0.2.1")
    assert seen.begins == begins
    return "\n".join(_swarm_steps(seen, ADDED))


def test_the_manager_whose_swarm_is_joined_is_named() -> None:
    assert "second joins the swarm of first as worker, at 192.0.2.2" in steps(begins=False)
    begun = steps(begins=True)
    assert "begin a swarm on first, at 192.0.2.1" in begun and "second joins it as worker, at 192.0.2.2" in begun


def test_what_only_a_swarm_needs_makes_no_host_fit() -> None:
    step = Step(
        id="engine/live-restore", title="Turn live-restore off", causes=(), deeds=(), effect=Effect.RELOAD,
        undone_by="the old daemon.json",
    )  # fmt: skip
    plan = HardenPlan(host="second", steps=(step,), for_swarm=True)
    assert render_plan(plan, width=80, colour=False).startswith("1 step would prepare second for swarm mode\n")
    fit = HardenPlan(host="second", steps=(step,))
    assert render_plan(fit, width=80, colour=False).startswith("1 step would make second fit\n")
