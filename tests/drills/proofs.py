"""Proofs of drills that never were, and ledgers that keep them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from deploy.local_sites import site_of
from dockworthy.drills.ledger import Ledger
from dockworthy.engine.host_shell import HostShell, shell_here
from dockworthy.engine.ssh.address import ssh_address
from dockworthy.engine.ssh.host import SshHost
from dockworthy.model.drill_proof import DrillProof
from machines.ssh_servers import SshServer
from patience import patience


def proof(at: str = "2026-12-01T03:00:00Z", lapses: str = "2026-12-15T03:00:00Z", **more: Any) -> DrillProof:
    plain = {"claim": "1.backup", "subject": "project/shop", "drill": "restore", "passed": True}
    return DrillProof(at=at, lapses=lapses, **{**plain, "says": "shop was restored, and it answered", **more})


@contextlib.asynccontextmanager
async def ledger_here(state: Path) -> AsyncIterator[Ledger]:
    async with shell_here(command="drill") as shell:
        yield Ledger(site_of(shell, state), swarm=False)


@contextlib.asynccontextmanager
async def ledger_over_ssh(server: SshServer, state: Path) -> AsyncIterator[Ledger]:
    ends = asyncio.get_running_loop().time() + patience(60)
    async with SshHost(ssh_address(server.address()), sudo=False, ends=ends) as host:
        yield Ledger(site_of(HostShell(host.shell, "dw", host, command="drill"), state), swarm=False)
