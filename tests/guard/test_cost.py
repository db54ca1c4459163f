"""What a container costs the host beside its limits; without an engine."""

from __future__ import annotations

from typing import Any

import pytest

from guard.test_judging import ask

MS, HUGE = 1_000_000, 100 * 1024**4


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"Healthcheck": {"Test": ["CMD", "true"], "Interval": 1 * MS}}, "guard/health-check"),
        ({"Healthcheck": {"Test": ["CMD", "true"], "Interval": 499 * MS}}, "guard/health-check"),
        ({"Healthcheck": {"Test": ["CMD", "true"], "StartInterval": 1 * MS}}, "guard/health-check"),
        ({"Healthcheck": {"Test": ["CMD", "true"], "Interval": 500 * MS, "StartInterval": 1000 * MS}}, ""),
        ({"Healthcheck": {"Interval": 0}}, ""),
        ({"HostConfig": {"OomScoreAdj": -1000}}, "guard/oom-kill"),
        ({"HostConfig": {"OomScoreAdj": -1}}, "guard/oom-kill"),
        ({"HostConfig": {"OomScoreAdj": 500}}, ""),
        ({"HostConfig": {"ShmSize": HUGE}}, "guard/memory-files"),
        ({"HostConfig": {"ShmSize": 64 * 1024**2}}, ""),
        ({"HostConfig": {"Tmpfs": {"/x": "size=100T"}}}, "guard/memory-files"),
        ({"HostConfig": {"Tmpfs": {"/x": "size=1m,size=100t"}}}, "guard/memory-files"),
        ({"HostConfig": {"Tmpfs": {"/x": "rw,size=101%"}}}, "guard/memory-files"),
        ({"HostConfig": {"Tmpfs": {"/x": "rw,size=50%", "/y": "size=1m", "/z": ""}}}, ""),
        ({"HostConfig": {"Mounts": [{"Type": "tmpfs", "Target": "/x", "TmpfsOptions": {"SizeBytes": HUGE}}]}},
         "guard/memory-files"),
        ({"HostConfig": {"Mounts": [{"Type": "tmpfs", "Target": "/x", "TmpfsOptions": {"SizeBytes": 1024}}]}}, ""),
    ],
)  # fmt: skip
async def test_what_a_container_costs(body: dict[str, Any], rule: str) -> None:
    decision = await ask("POST /containers/create", {"Image": "shop", **body})
    assert (rule in decision.message()) if rule else decision.allowed, decision.message()


@pytest.mark.parametrize(
    "run",
    [
        {"Healthcheck": {"Test": ["CMD", "true"], "Interval": MS}},
        {"OomScoreAdj": -5},
        {"Mounts": [{"Type": "tmpfs", "Target": "/x", "TmpfsOptions": {"SizeBytes": HUGE}}]},
    ],
)
async def test_what_a_service_costs(run: dict[str, Any]) -> None:
    spec = {"Name": "shop-web", "TaskTemplate": {"ContainerSpec": {"Image": "shop@sha256:" + "0" * 64, **run}}}
    message = (await ask("POST /services/create", spec)).message()
    assert any(rule in message for rule in ("guard/health-check", "guard/oom-kill", "guard/memory-files")), message
