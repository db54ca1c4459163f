"""A container that is there keeps what the policy asked of it when it was made; without an engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.model.levels import Level
from guard.test_judging import ask
from guard.worlds import EmptyWorld

LIMITED = {"Memory": 1 << 26, "MemorySwap": 1 << 26, "NanoCpus": 500_000_000, "PidsLimit": 20}
"""With a network, a log and a restart policy as `docker inspect` shows them, and nothing else."""
KEPT = {
    "RestartPolicy": {"Name": "always", "MaximumRetryCount": 0},
    "NetworkMode": "shop_net",
    "LogConfig": {"Type": "local", "Config": {}},
    "CapDrop": ["ALL"],
    "SecurityOpt": ["no-new-privileges:true"],
    "ReadonlyRootfs": True,
    "MaskedPaths": ["/proc/kcore"],
    "ReadonlyPaths": ["/proc/sys"],
    "CgroupnsMode": "private",
    "IpcMode": "private",
}
BY_QUOTA = {"CpuQuota": 50_000, "CpuPeriod": 100_000, "NanoCpus": 0}
IMAGE = "registry.example.com/shop/web:1@sha256:" + "0" * 64
PRODUCTION, BASELINE = PolicyInForce(level=Level.PRODUCTION), PolicyInForce()


class World(EmptyWorld):
    def __init__(self, **host: Any) -> None:
        self._shop = {
            "Id": "a" * 64,
            "Name": "/shop",
            "Image": "sha256:" + "0" * 64,
            "AppArmorProfile": "docker-default",
            "State": {"Status": "running", "Running": True, "Pid": 77},
            "Config": {"Image": IMAGE, "User": "1000:1000", "Healthcheck": {"Test": ["CMD", "true"]}},
            "HostConfig": {**KEPT, **host},
            "Mounts": [],
            "NetworkSettings": {"Networks": {"shop_net": {}}},
        }

    async def container(self, reference: str) -> Mapping[str, Any] | None:
        return self._shop


async def says(body: dict[str, Any], policy: PolicyInForce = PRODUCTION, **host: Any) -> str:
    return (await ask("POST /containers/shop/update", body, world=World(**host), policy=policy)).message()


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"PidsLimit": -1}, "workload/pids-limit"),
        ({"PidsLimit": 0}, "workload/pids-limit"),
        ({"PidsLimit": None}, ""),
        ({"PidsLimit": 30}, ""),
        ({"MemorySwap": -1}, "workload/swap-limit"),
        ({"Memory": -1, "MemorySwap": -1}, "workload/memory-limit"),
        ({"Memory": 1 << 27, "MemorySwap": 1 << 27}, ""),
        ({"Memory": 0, "NanoCpus": 0, "CpuQuota": 0, "RestartPolicy": {"Name": "", "MaximumRetryCount": 0}}, ""),
        ({"NanoCpus": 1_000_000_000}, ""),
        ({"RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}}, "workload/restart-policy"),
        ({"RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0}}, ""),
    ],
)
async def test_an_update_lifts_no_limit_that_the_policy_asks_for(body: dict[str, Any], rule: str) -> None:
    found = await says(body, **LIMITED)
    assert (rule in found) if rule else not found, found
    assert not await says(body, BASELINE, **LIMITED), "where none is asked for, none is kept"


async def test_a_quota_is_a_limit_too() -> None:
    assert "workload/cpu-limit" in await says({"CpuQuota": -1}, **{**LIMITED, **BY_QUOTA})
    assert not await says({"CpuQuota": 60_000}, **{**LIMITED, **BY_QUOTA})


async def test_what_failed_before_stands_in_nobodys_way() -> None:
    assert not await says({"Memory": 1 << 27, "MemorySwap": 1 << 27})
    assert "workload/pids-limit" not in await says({"PidsLimit": -1}), "it had none"


@pytest.mark.parametrize("line", ["start", "restart"])
async def test_what_runs_is_judged_by_its_settings(line: str) -> None:
    """What it does while it runs the guard does not look at, and nobody would start it again."""
    decision = await ask(f"POST /containers/shop/{line}", world=World(**LIMITED), policy=PRODUCTION)
    assert decision.allowed, decision.message()
