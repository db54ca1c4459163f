"""Counting managers, and telling a worker's blindness from a swarm without nodes."""

from __future__ import annotations

import pytest
from asked import outcome, outcomes

from dockworthy.controls.cluster._examples import node, swarm, worker
from dockworthy.controls.registry import all_controls

CONTROLS = [id for id in all_controls() if id.startswith("cluster/")]


@pytest.mark.parametrize(
    ("managers", "workers", "expected"),
    [
        (1, 0, "pass"),
        (1, 1, "fail"),
        (2, 0, "fail"),
        (3, 0, "pass"),
        (4, 9, "fail"),
        (5, 2, "pass"),
        (7, 0, "pass"),
        (9, 0, "fail"),
    ],
)
def test_managers(managers: int, workers: int, expected: str) -> None:
    nodes = [node(f"m{n}", "manager") for n in range(managers)] + [node(f"w{n}") for n in range(workers)]
    assert outcome("cluster/managers", swarm(*nodes)) == expected


@pytest.mark.parametrize("control", CONTROLS)
def test_a_worker_passes_nothing(control: str) -> None:
    assert "pass" not in outcomes(control, worker())
    assert "fail" not in outcomes(control, worker())


def test_without_a_swarm_nothing_is_asked() -> None:
    assert all(outcomes(control, {"engine": {}}) == [] for control in CONTROLS)


def test_a_job_is_not_updated() -> None:
    services = [{"Spec": {"Name": "once", "Mode": {"ReplicatedJob": {}}}}]
    assert outcome("cluster/update-rollback", swarm(node("m", "manager"), services=services)) == "not_applicable"


def test_an_overlay_on_one_node_travels_nowhere() -> None:
    overlay = [{"Name": "shop", "Driver": "overlay", "Scope": "swarm"}]
    assert outcome("cluster/encrypted-overlay", swarm(node("m", "manager"), networks=overlay)) == "not_applicable"
    assert outcome("cluster/encrypted-overlay", swarm(node("m", "manager"), node("w"), networks=overlay)) == "fail"
