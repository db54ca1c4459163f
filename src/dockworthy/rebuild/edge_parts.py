"""What the lost host's edge had of the project, and what clients trust: certificates with their keys, accounts at an
authority. Routes are made anew by the deploy."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from ..backup.repository import Repository
from ..deploy.edge.forgetting import NO_CERTIFICATES, files_of
from ..drills.restore.scratch_folder import scratch_folder
from ..engine.site import Site
from ..errors import HostError
from ..host_scripts import HostScript
from ..model.backup import BackupRun
from .lost_project import LostProject

_BRING = HostScript(__package__, "bring_edge.sh")
_COPYING = 600.0
AUTHORITY = ("authority/ca.pem", "authority/key.pem")
"""Of the host: by it clients trust what `tls: internal` shows."""
_ACCOUNTS = ("acme/lego/accounts", "acme/certbot/accounts")


async def bring_edge(site: Site, store: Repository, run: BackupRun, lost: LostProject, *, authority: bool) -> None:
    """`authority`: the host has none of its own. Where it has, what the other one signed is made anew. Raises
    HostError, UsageError."""
    if not lost.edge or not lost.settings.routes:
        return
    names = dict.fromkeys(name.lower() for route in lost.settings.routes for name in (route.host, *route.redirect_from))
    wanted = [file for name in names for file in files_of(name, by_acme=True)]
    wanted += _ACCOUNTS
    if authority:
        own = (file for file in files_of(run.scope, by_acme=False) if not file.startswith(NO_CERTIFICATES))
        wanted += [*AUTHORITY, *own]
    async with scratch_folder(site) as folder:
        await _bring(site, store, run, lost, f"{folder}/edge", wanted)


async def _bring(
    site: Site, store: Repository, run: BackupRun, lost: LostProject, folder: str, wanted: Sequence[str]
) -> None:
    await site.shell.run(f"mkdir -- {shlex.quote(folder)}")
    await store.restore_paths(run.also["edge"], lost.edge, folder, seconds=_COPYING, by_link=True)
    done = await site.shell.run(_BRING.with_arguments(folder, f"{site.state}/edge", *wanted))
    if done.status:
        raise HostError(f"{site.name}: the edge's certificates can't be written: {done.words or 'no reason given'}")
