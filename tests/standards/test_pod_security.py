"""The Pod Security Standards, control by control, at every version from v1.0 on, with pods of our own."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from dockworthy.controls.judging import judge_units
from dockworthy.controls.registry import controls_judging
from dockworthy.model.control import Subject
from dockworthy.model.dialect import Version
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Level
from dockworthy.readers.yaml_source import documents
from examples import read_kubernetes

from .pod_cases import ALWAYS, CASES, Case
from .pod_changes import TIGHT, sysctl
from .wrapped import WRAPPED

B, R = Level.BASELINE, Level.RESTRICTED

STRICTER = {
    "capabilities": "capabilities-dropped",
    "host-path": "volume-types",
    "proc-mount": "proc-mount-strict",
    "seccomp": "seccomp-set",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
@pytest.mark.parametrize("level", [B, R])
def test_the_standard_refuses_exactly_this(case: Case, level: Level) -> None:
    text = json.dumps(_changed(case))
    refused = set(case.baseline if level is B else case.restricted)
    for minor in ALWAYS:
        failing = _failing(text, level, Version(1, minor))
        if minor in refused:
            assert failing and failing <= _allowed_names(case), f"v1.{minor}: {failing}"
        else:
            assert not failing, f"v1.{minor}: {failing}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
@pytest.mark.parametrize("held", [name for name in WRAPPED if name != "Pod"])
def test_a_pod_in_a_controller_or_a_list_is_judged_as_the_pod_is(case: Case, held: str) -> None:
    pod = _changed(case)
    for minor in (*sorted({*case.baseline, *case.restricted})[:1], ALWAYS[-1]):
        for level in (B, R):
            bare = _failing(json.dumps(pod), level, Version(1, minor))
            assert _failing(json.dumps(WRAPPED[held](pod)), level, Version(1, minor)) == bare


def _changed(case: Case) -> dict[str, Any]:
    pod = copy.deepcopy(TIGHT)
    case.change(pod)
    return pod


def _allowed_names(case: Case) -> set[str]:
    names = set(case.control.split())
    return {f"workload/{name}" for name in names | {STRICTER[name] for name in names if name in STRICTER}}


def _failing(text: str, level: Level, version: Version) -> set[str]:
    findings = list(judge_units(read_kubernetes(documents(text, "pod.json"), version=version), level))
    assert all(finding.outcome is not Outcome.UNKNOWN for finding in findings)
    return {finding.control for finding in findings if finding.outcome is Outcome.FAIL}


def test_all_nineteen_checks_have_a_control() -> None:
    ids = {r.id for control in controls_judging(Subject.UNIT) for r in control.references if r.benchmark == "pss"}
    assert len(ids) == 19


def test_baseline_and_restricted_hold_nothing_but_the_standards() -> None:
    pod = read_kubernetes(documents(json.dumps(TIGHT), "pod.json"))
    standards = {c.id for c in controls_judging(Subject.UNIT) if c.is_pod_security_standard}
    for level in (B, R):
        assert {finding.control for finding in judge_units(pod, level)} <= standards


def test_a_namespace_label_sets_the_version() -> None:
    pod = copy.deepcopy(TIGHT)
    pod["metadata"]["namespace"] = "shop"
    sysctl("net.ipv4.tcp_wmem")(pod)
    label = {"pod-security.kubernetes.io/enforce-version": "v1.31"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": label}}
    text = json.dumps(namespace) + "\n---\n" + json.dumps(pod)
    (unit,) = read_kubernetes(documents(text, "shop.yaml"))
    assert unit.dialect.version == Version(1, 31)
    (unit,) = read_kubernetes(documents(text, "shop.yaml"), version=Version(1, 32))
    assert unit.dialect.version == Version(1, 32)
