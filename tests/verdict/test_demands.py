"""A demand is never met beside a failure that belongs to it, whatever other demand the failure is shown under."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import examples
from dockworthy.controls.judging import judge_machine
from dockworthy.controls.registry import all_controls, controls_judging
from dockworthy.model.control import Subject
from dockworthy.model.finding import Finding, Outcome
from dockworthy.model.levels import Level, Severity
from dockworthy.model.policy import Intent
from dockworthy.model.result import Answer
from dockworthy.verdict.requirements import assumed, requirements
from dockworthy.verdict.weighing import Weighing, decides

NOWHERE = Path("/nonexistent")
OWNS_THE_HOST = {"1.host-access", "1.privileges", "3.least-privilege"}


def answers(*inspected: dict[str, Any], level: Level = Level.PRODUCTION) -> dict[str, Answer]:
    containers = [{"name": f"c{n}", "inspect": said} for n, said in enumerate(inspected)]
    machine = examples.machine_of("snapshot", {"engine": {"containers": containers}}, NOWHERE)
    weighing = Weighing(tuple(judge_machine(machine, level)), level)
    return {each.demand: each.answer for each in weighing.demands(requirements(assumed(Intent())))}


def socket(at: str) -> dict[str, Any]:
    return {"Mounts": [{"Type": "bind", "Source": at, "Destination": "/s", "RW": True}]}


@pytest.mark.parametrize("level", [Level.BASELINE, Level.PRODUCTION])
def test_who_mounts_the_socket_does_not_have_the_least_access(level: Level) -> None:
    assert answers({}, level=level)["3.least-privilege"] is not Answer.NOT_YET
    found = answers(socket("/var/run/docker.sock"), socket("/run"), level=level)
    assert {demand for demand in OWNS_THE_HOST if found[demand] is Answer.NOT_YET} == OWNS_THE_HOST


@pytest.mark.parametrize(
    ("host_config", "demands"),
    [
        ({"Privileged": True}, OWNS_THE_HOST),
        ({"CapAdd": ["SYS_ADMIN"]}, OWNS_THE_HOST),
        ({"PidMode": "host"}, OWNS_THE_HOST),
        ({"NetworkMode": "host"}, OWNS_THE_HOST | {"1.reach", "5.network"}),
        ({"DeviceCgroupRules": ["b *:* rwm"]}, OWNS_THE_HOST),
        ({"Devices": [{"PathOnHost": "/dev/sda", "PathInContainer": "/dev/x"}]}, OWNS_THE_HOST),
    ],
)
def test_what_owns_the_host_fails_all_demands_of_it(host_config: dict[str, Any], demands: set[str]) -> None:
    found = answers({"HostConfig": host_config})
    assert {demand for demand in demands if found[demand] is not Answer.NOT_YET} == set()


def test_every_critical_fault_of_a_container_counts_for_privileges_host_access_and_least_access() -> None:
    critical = [c for c in controls_judging(Subject.UNIT) if c.severity is Severity.CRITICAL]
    lacking = {c.id: OWNS_THE_HOST - {c.demand, *c.also_for} for c in critical}
    assert {id: missing for id, missing in lacking.items() if missing} == {}


def test_each_example_that_fails_leaves_none_of_its_demands_met() -> None:
    needs = requirements(assumed(Intent()))
    seen = set()
    for control in all_controls().values():
        for syntax, example in examples.each(control.bad):
            if syntax not in ("snapshot", "container", "running", "service"):
                continue
            findings = tuple(judge_machine(examples.machine_of(syntax, example, NOWHERE), Level.PRODUCTION))
            demands = {each.demand: each.answer for each in Weighing(findings, Level.PRODUCTION).demands(needs)}
            failing = [f for f in findings if f.control == control.id and f.outcome is Outcome.FAIL]
            met = {d for f in failing for d in f.demands if demands[d] in (Answer.YES, Answer.ACCEPTED)}
            assert not met, (control.id, met)
            seen.add(control.id) if failing else None
    assert len(seen) > 100


@pytest.mark.parametrize(("also_for", "decided"), [((), False), (("4.path",), False), (("1.privileges",), True)])
def test_a_failure_decides_where_any_of_its_demands_is_required(also_for: tuple[str, ...], decided: bool) -> None:
    (control,) = [c for c in controls_judging(Subject.UNIT) if c.id == "workload/one-process"]
    found = Finding(
        control=control.id,
        title=control.title,
        subject="container/web",
        kind="container",
        outcome=Outcome.FAIL,
        severity=control.severity,
        level=Level.PRODUCTION,
        demand=control.demand,
        evidence=(),
        also_for=also_for,
    )
    assert decides(found, requirements(assumed(Intent()))) is decided
