"""Health, restarts, drift and leftovers: what a container is meant to do decides what is a fault."""

from __future__ import annotations

from typing import Any

import pytest
from judged import failing, findings

from dockworthy.controls.programs import process
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Severity

NO_RESTART = {"HostConfig": {"RestartPolicy": {"Name": "no"}}}
WRITABLE = {"HostConfig": {"ReadonlyRootfs": False}}


def _ended(code: int, labels: dict[str, str] | None = None) -> dict[str, Any]:
    config: dict[str, Any] = {"Healthcheck": None, "Labels": labels or {"com.docker.compose.project": ""}}
    return {**NO_RESTART, "Config": config, "State": {"Status": "exited", "Running": False, "ExitCode": code}}


def test_a_job_that_did_its_work_needs_neither_check_nor_restart() -> None:
    found = findings("container", _ended(0))
    assert found["restart-policy"].outcome is Outcome.NOT_APPLICABLE
    assert found["health-check"].outcome is Outcome.NOT_APPLICABLE
    assert "stopped-leftover" in failing(found)


def test_a_program_that_failed_and_stays_down() -> None:
    assert {"restart-policy", "health-check"} <= failing(findings("container", _ended(1)))


def test_a_deployed_projects_job_is_no_leftover() -> None:
    found = findings("container", _ended(0, {"com.docker.compose.project": "shop"}))
    assert found["stopped-leftover"].outcome is Outcome.NOT_APPLICABLE


def test_the_swarm_brings_its_tasks_back() -> None:
    task = {**NO_RESTART, "Config": {"Labels": {"com.docker.swarm.task.id": "abc"}}}
    assert findings("container", task)["restart-policy"].outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("restarts", "started", "is_loop"),
    [
        (4, "2026-11-01T00:01:00Z", False),
        (5, "2026-11-01T00:49:00Z", True),
        (5, "2026-11-01T00:51:00Z", False),
        (500, "2026-11-01T03:00:00Z", True),
        (5, "not a time", False),
    ],
)
def test_many_restarts_in_a_short_time_are_a_loop(restarts: int, started: str, is_loop: bool) -> None:
    said = {"RestartCount": restarts, "Created": "2026-11-01T00:00:00Z", "State": {"StartedAt": started}}
    assert ("restart-loop" in failing(findings("container", said))) is is_loop


@pytest.mark.parametrize(
    ("score", "memory", "severity"),
    [(-1000, 0, Severity.CRITICAL), (-1000, 1 << 26, Severity.MEDIUM), (-1, 0, Severity.MEDIUM), (0, 0, None)],
)
def test_a_container_that_the_kernel_spares_is_as_bad_as_what_it_may_take(
    score: int, memory: int, severity: Severity | None
) -> None:
    found = findings("container", {"HostConfig": {"OomScoreAdj": score, "Memory": memory}})["oom-score"]
    assert (found.severity if found.outcome is Outcome.FAIL else None) is severity


def test_an_unhealthy_container_that_was_stopped_is_not_unhealthy_now() -> None:
    stopped = {"State": {"Status": "exited", "Running": False, "Health": {"Status": "unhealthy"}}}
    assert findings("container", stopped)["unhealthy"].outcome is Outcome.NOT_APPLICABLE


def test_what_a_package_manager_wrote_is_one_fault() -> None:
    changes = ["C /var/lib/dpkg/status", "A /usr/bin/curl", "A /etc/curlrc"]
    found = findings("running", {"inspect": WRITABLE, "changes": changes})
    assert "upgraded-inside" in failing(found)
    assert found["drift"].outcome is Outcome.NOT_APPLICABLE
    by_hand = findings("running", {"inspect": WRITABLE, "changes": [*changes, "A /app/patched.py"]})
    assert [e.says for e in by_hand["drift"].evidence] == ["/app/patched.py was added"]


def test_a_changed_program_outranks_changed_data() -> None:
    changes = ["A /app/1.jpg", "A /app/2.jpg", "C /usr", "C /usr/bin", "C /usr/bin/env"]
    finding = findings("running", {"inspect": WRITABLE, "changes": changes})["drift"]
    assert finding.evidence[0].says == "/usr/bin/env was changed"
    assert finding.severity is Severity.HIGH
    data_only = findings("running", {"inspect": WRITABLE, "changes": changes[:2]})["drift"]
    assert data_only.severity is Severity.MEDIUM


def test_many_changes_are_counted() -> None:
    finding = findings("running", {"inspect": WRITABLE, "changes": [f"A /app/{n}" for n in range(30)]})["drift"]
    assert [e.says for e in finding.evidence][-1] == "and 25 more"


def test_a_stopped_container_can_not_drift_further() -> None:
    stopped = {
        "inspect": {**WRITABLE, "State": {"Status": "exited", "Running": False}},
        "changes": {"is": "unset", "source": {"where": "example"}},
    }
    assert findings("running", stopped)["drift"].outcome is Outcome.NOT_APPLICABLE


def test_no_kill_without_a_limit_is_the_worst() -> None:
    limited = findings("container", {"HostConfig": {"OomKillDisable": True}})["oom-kill-disabled"]
    endless = findings("container", {"HostConfig": {"OomKillDisable": True, "Memory": 0}})["oom-kill-disabled"]
    assert (limited.severity, endless.severity) == (Severity.MEDIUM, Severity.CRITICAL)


def test_processes_without_parents_are_the_containers_own() -> None:
    processes = [process(4242, "shop", parent=0), process(4243, "queue", parent=0)]
    assert "one-process" in failing(findings("running", {"processes": processes}))


def test_parents_in_a_circle_end() -> None:
    processes = [process(4242, "shop"), process(1, "a", parent=2), process(2, "b", parent=1)]
    assert findings("running", {"processes": processes})["one-process"].outcome is not Outcome.UNKNOWN
