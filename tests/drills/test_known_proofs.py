"""What is known of a swarm's proofs by the place that the engine has in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deploy.local_sites import site_of
from dockworthy.drills.known_proofs import known_at
from dockworthy.engine.host_shell import shell_here
from dockworthy.errors import HostError
from drills.proofs import ledger_here, proof


class Answering:
    """An engine that tells its place in a swarm."""

    def __init__(self, **swarm: Any) -> None:
        self._swarm = swarm

    async def get(self, path: str) -> Any:
        assert path == "/info"
        return {"Swarm": self._swarm}


@pytest.mark.parametrize(
    ("swarm", "unknown"),
    [
        ({}, False),
        ({"LocalNodeState": "active", "NodeID": "n", "RemoteManagers": [{"Addr": "10.0.0.1:2377"}]}, True),
    ],
)
async def test_a_worker_knows_its_own_host(tmp_path: Path, swarm: dict[str, Any], unknown: bool) -> None:
    async with ledger_here(tmp_path) as ledger, shell_here(command="drill") as shell:
        await ledger.write(proof())
        site = site_of(shell, tmp_path)
        site.engine = Answering(**swarm)  # type: ignore[assignment]
        known = await known_at(site)
    assert [each.proof for each in known.standing] == [proof()]
    assert [("10.0.0.1:2377" in says) for says in known.damaged] == [True] * unknown


async def test_a_locked_swarm_is_said(tmp_path: Path) -> None:
    async with shell_here(command="drill") as shell:
        site = site_of(shell, tmp_path)
        site.engine = Answering(LocalNodeState="locked")  # type: ignore[assignment]
        with pytest.raises(HostError, match="locked"):
            await known_at(site)
