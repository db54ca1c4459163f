"""What fails at a level fails at every higher one, whatever exceptions there are."""

from __future__ import annotations

import datetime
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import examples
from dockworthy.controls.judging import judge_machine, judge_written
from dockworthy.controls.registry import all_controls
from dockworthy.model.control import Subject
from dockworthy.model.finding import Finding, Outcome
from dockworthy.model.levels import Level
from dockworthy.model.machine import Machine
from dockworthy.model.result import Answer
from dockworthy.model.workload import Unit
from dockworthy.model.written import Written
from dockworthy.policy.exceptions import Acceptance, apply_exceptions
from dockworthy.readers.create_request import read_create_request
from dockworthy.readers.yaml_source import documents
from dockworthy.verdict.files import answer_for_files
from dockworthy.verdict.requirements import assumed, requirements
from dockworthy.verdict.subjects import subjects_of
from dockworthy.verdict.weighing import Weighing
from effort import examples as effort
from examples import read_kubernetes
from policy.projects import Project

pytestmark = pytest.mark.slow

TODAY = datetime.date(2026, 12, 1)
_FROM_WORST = (Answer.NO, Answer.NOT_YET, Answer.UNDECIDED, Answer.ACCEPTED, Answer.YES)
OPENED = """\
services:
  web: {image: shop, cap_add: [CHOWN, SYS_ADMIN], security_opt: ['seccomp=unconfined']}
"""
STRICTER = [(id, laxer) for id, control in all_controls().items() for laxer in control.stricter_than]


def test_an_exception_for_the_stricter_control_does_not_cover_the_laxer_one(project: Project) -> None:
    project.write(
        compose__yaml=OPENED,
        dockworthy__yaml=_exceptions("workload/capabilities-dropped", "workload/seccomp-set"),
    )
    for level in Level:
        found = {
            f["control"]: f["outcome"] for f in project.checked("compose.yaml", "--level", level.value)["findings"]
        }
        assert found["workload/capabilities"] == "fail", level
        assert found["workload/seccomp"] == "fail", level
    assert found["workload/capabilities-dropped"] == "excepted"
    assert found["workload/seccomp-set"] == "excepted"


def test_the_worst_capability_is_named_first_and_gives_the_severity(project: Project) -> None:
    project.write(compose__yaml="services: {web: {image: shop, cap_add: [AUDIT_CONTROL, SYS_MODULE, SYS_ADMIN]}}\n")
    found = {f["control"]: f for f in project.checked("compose.yaml", "--level", "production")["findings"]}
    for control in ("workload/capabilities", "workload/capabilities-dropped"):
        assert found[control]["severity"] == "critical"
        assert found[control]["evidence"]["says"].startswith("holds SYS_ADMIN, SYS_MODULE, AUDIT_CONTROL")


@pytest.mark.parametrize("control", ["workload/capabilities", "workload/seccomp", "workload/proc-mount"])
def test_explain_answers_for_a_control_that_a_stricter_one_stands_beside(control: str, project: Project) -> None:
    project.write(
        compose__yaml="services: {web: {image: shop, cap_add: [SYS_ADMIN], security_opt: [seccomp=unconfined]}}\n"
    )
    _, out, _ = project.run("explain", control, "compose.yaml", "--level", "production")
    assert "not asked" not in out
    assert ("pass" if control == "workload/proc-mount" else "fail") in out.split()


def test_one_fault_of_both_is_one_entry_with_both_names(project: Project) -> None:
    project.write(compose__yaml=OPENED)
    for format_ in ("table", "markdown"):
        _, out, _ = project.run("check", "--format", format_, "--level", "restricted", "compose.yaml")
        assert out.replace("`", "").count("workload/seccomp, workload/seccomp-set") == 1
        assert out.count("A seccomp profile is in force") == 0


def _exceptions(*controls: str) -> str:
    lines = ["policy:", "  exceptions:"]
    for control in controls:
        lines.append(
            f"    - {{control: {control}, subject: web, reason: known, owner: ops@example.com, expires: 2999-01-01}}"
        )
    return "\n".join(lines) + "\n"


# Every example of every control, and containers and pods made of random parts, at all levels, with any exceptions.


def _unit_examples() -> Iterator[tuple[str, Any]]:
    for control in all_controls().values():
        if control.subject is Subject.UNIT:
            for kind in (control.bad, control.good, control.unclear):
                yield from examples.each(kind)


@cache
def _units() -> tuple[Unit, ...]:
    found: list[Unit] = []
    for syntax, example in _unit_examples():
        found += examples._subjects(Subject.UNIT, syntax, example, Path("/nonexistent"))
    return tuple(found)


@cache
def _machines() -> tuple[Machine, ...]:
    """The tight machine with each example of the controls on host, engine and machine laid over it."""
    return tuple(
        examples.machine_of("snapshot", example, Path("/nonexistent"))
        for control in all_controls().values()
        for kind in (control.bad, control.unclear)
        for syntax, example in examples.each(kind)
        if syntax == "snapshot"
    )


_CAPABILITIES = st.lists(st.sampled_from(["ALL", "CHOWN", "NET_ADMIN", "NET_BIND_SERVICE", "SYS_ADMIN"]), max_size=3)
_OPTIONS = st.lists(
    st.sampled_from(
        ["seccomp=unconfined", "apparmor=unconfined", "no-new-privileges", "systempaths=unconfined", "label=disable"]
    ),
    max_size=3,
)
_MODE = st.sampled_from(["", "host", "private"])

_requests = st.fixed_dictionaries(
    {"Image": st.sampled_from(["shop", "shop:1.2", "shop@sha256:" + "1" * 64])},
    optional={
        "User": st.sampled_from(["", "0", "root", "1000", "app"]),
        "HostConfig": st.fixed_dictionaries(
            {},
            optional={
                "Privileged": st.booleans(),
                "CapAdd": _CAPABILITIES,
                "CapDrop": _CAPABILITIES,
                "SecurityOpt": _OPTIONS,
                "PidMode": st.sampled_from(["", "host"]),
                "IpcMode": _MODE,
                "UsernsMode": st.sampled_from(["", "host"]),
                "NetworkMode": st.sampled_from(["bridge", "host", "shop"]),
                "Binds": st.lists(
                    st.sampled_from(["/:/h", "/etc:/e:ro", "/run:/r", "/var/run/docker.sock:/s", "data:/d"]), max_size=2
                ),
                "ReadonlyRootfs": st.booleans(),
                "Memory": st.sampled_from([0, 64 << 20]),
            },
        ),
    },
)

_security = st.fixed_dictionaries(
    {},
    optional={
        "privileged": st.booleans(),
        "runAsNonRoot": st.booleans(),
        "runAsUser": st.sampled_from([0, 1000]),
        "allowPrivilegeEscalation": st.booleans(),
        "procMount": st.sampled_from(["Default", "Unmasked"]),
        "seccompProfile": st.fixed_dictionaries({"type": st.sampled_from(["RuntimeDefault", "Unconfined"])}),
        "capabilities": st.fixed_dictionaries({}, optional={"add": _CAPABILITIES, "drop": _CAPABILITIES}),
    },
)
_volumes = st.lists(
    st.sampled_from(
        [
            {"name": "a", "hostPath": {"path": "/etc"}},
            {"name": "b", "emptyDir": {}},
            {"name": "c", "nfs": {"server": "files", "path": "/srv"}},
        ]
    ),
    max_size=2,
)
_pods = st.fixed_dictionaries(
    {"containers": st.lists(_security, min_size=1, max_size=2)},
    optional={"hostUsers": st.booleans(), "hostNetwork": st.booleans(), "hostPID": st.booleans(), "volumes": _volumes},
)


def _of_request(body: dict[str, Any]) -> Unit:
    return read_create_request(json.dumps(body).encode(), context=examples._context()).unit


def _of_pod(spec: dict[str, Any]) -> Unit:
    containers = [{"name": f"c{n}", "image": "shop", "securityContext": s} for n, s in enumerate(spec["containers"])]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {**spec, "containers": containers}}
    (unit,) = read_kubernetes(documents(json.dumps(pod), "pod.yaml"))
    return unit


def _accepting(controls: frozenset[str]) -> list[Acceptance]:
    return [
        Acceptance("an exception", each, "known", "ops", TODAY, "dockworthy.yaml:1", lambda _: True)
        for each in controls
    ]


@st.composite
def _exception_sets(draw: Callable[..., Any], findings: Sequence[Finding]) -> frozenset[str]:
    """Any of the controls that fail: all but a few is the interesting case."""
    failing = sorted({finding.control for finding in findings if finding.outcome is Outcome.FAIL})
    if not failing:
        return frozenset()
    chosen = frozenset(draw(st.lists(st.sampled_from(failing), unique=True)))
    return frozenset(failing) - chosen if draw(st.booleans()) else chosen


def _weighed(findings: Sequence[Finding], accepted: frozenset[str]) -> tuple[Finding, ...]:
    return apply_exceptions(findings, _accepting(accepted), today=TODAY)[0]


def _assert_no_lower_level_is_worse(answers: list[Answer], accepted: frozenset[str]) -> None:
    """`answers`: from the lowest level to the highest."""
    ranks = [_FROM_WORST.index(answer) for answer in answers]
    assert ranks == sorted(ranks, reverse=True), (answers, sorted(accepted))


@settings(max_examples=effort(400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_unit_is_worse_at_a_lower_level(data: st.DataObject) -> None:
    unit = data.draw(st.one_of(st.sampled_from(_units()), _requests.map(_of_request), _pods.map(_of_pod)))
    judged = [tuple(judge_written(Written(units=(unit,)), level)) for level in Level]
    for lower, higher in itertools.pairwise(judged):
        assert [finding for finding in lower if finding not in higher] == []
    accepted = data.draw(_exception_sets(judged[-1]))
    for unknown_fails in (False, True):
        answers = []
        for findings in judged:
            weighed = _weighed(findings, accepted)
            answers.append(answer_for_files(weighed, subjects_of(weighed), (), unknown_fails=unknown_fails).answer)
        _assert_no_lower_level_is_worse(answers, accepted)


@settings(max_examples=effort(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_machine_is_worse_at_a_lower_level(data: st.DataObject) -> None:
    machine = data.draw(st.sampled_from(_machines()))
    judged = [tuple(judge_machine(machine, level)) for level in Level]
    accepted = data.draw(_exception_sets(judged[-1]))
    needs = requirements(assumed(machine.intent))
    answers = [
        Weighing(_weighed(findings, accepted), level).answer(needs)
        for level, findings in zip(Level, judged, strict=True)
    ]
    _assert_no_lower_level_is_worse(answers, accepted)


@pytest.mark.parametrize(("stricter", "laxer"), STRICTER)
def test_what_passes_the_stricter_control_passes_the_laxer_one(stricter: str, laxer: str) -> None:
    for unit in _units():
        _assert_implied(stricter, laxer, unit)


@settings(max_examples=effort(400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(unit=st.one_of(_requests.map(_of_request), _pods.map(_of_pod)))
def test_so_it_is_for_any_container_and_pod(unit: Unit) -> None:
    for stricter, laxer in STRICTER:
        _assert_implied(stricter, laxer, unit)


def _assert_implied(stricter: str, laxer: str, unit: Unit) -> None:
    strict, lax = all_controls()[stricter], all_controls()[laxer]
    if not (strict.speaks_of(unit.dialect) and lax.speaks_of(unit.dialect)):
        return
    assert strict.judge_function is not None and lax.judge_function is not None
    if strict.judge_function(unit).outcome is Outcome.PASS:
        judged = lax.judge_function(unit)
        assert judged.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE), (judged, unit.source)
