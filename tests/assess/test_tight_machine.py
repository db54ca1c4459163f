"""A machine that nothing is wrong with, and what one change does to its verdict."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import pytest

import tight
from dockworthy.assess import assess_snapshot
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Level
from dockworthy.model.result import Result
from dockworthy.model.snapshot import Snapshot

TODAY = datetime.date(2026, 11, 24)


def assess(snapshot: dict[str, Any], level: Level) -> Result:
    return assess_snapshot(msgspec.convert(snapshot, Snapshot, strict=False), level=level, today=TODAY)


@pytest.mark.parametrize("level", [Level.BASELINE, Level.RESTRICTED])
def test_nothing_is_wrong_with_it(level: Level) -> None:
    result = assess(tight.with_one_container(), level)
    assert [finding for finding in result.findings if finding.outcome is Outcome.FAIL] == []


def test_its_container_is_worthy_of_production() -> None:
    result = assess(tight.with_one_container(), Level.PRODUCTION)
    (web,) = (subject for subject in result.subjects if subject.id == "container/web")
    assert web.worthy
    open_questions = [f for f in result.findings if f.subject == "container/web" and f.outcome is Outcome.UNKNOWN]
    assert open_questions == []


def test_one_fault_is_one_failure() -> None:
    snapshot = tight.with_one_container()
    snapshot["engine"]["containers"]["value"][0]["inspect"]["value"]["HostConfig"]["PidMode"] = "host"
    result = assess(snapshot, Level.RESTRICTED)
    assert [finding.control for finding in result.findings if finding.outcome is Outcome.FAIL] == [
        "workload/host-namespaces"
    ]


def test_the_same_facts_from_an_engine_that_nobody_could_ask() -> None:
    snapshot = tight.snapshot()
    why = {"is": "unknown", "reason": "no socket at /var/run/docker.sock"}
    snapshot["engine"] = {"endpoint": "unix:///var/run/docker.sock", "info": why, "containers": why}
    result = assess(snapshot, Level.RESTRICTED)
    assert "the engine could not be asked: no socket at /var/run/docker.sock" in result.verdict.because
    assert any(finding.subject.startswith("host") and finding.outcome is Outcome.PASS for finding in result.findings)
    assert [finding for finding in result.findings if finding.outcome is Outcome.FAIL] == []
