"""All that is proven at a site: by drills, as the ledger keeps it, and by releases, whose own records are the proof."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from ..deploy.store import FileStore, SwarmStore
from ..deploy.store.swarm_objects import PROJECT, SwarmObjects
from ..engine.clock import rfc3339
from ..engine.endpoint import socket_path
from ..engine.membership import membership_of
from ..engine.site import Site, host_alone, reach
from ..errors import EngineUnreachable, UsageError
from ..facts.evidence.ledger import read_ledger
from ..facts.evidence.releases import drills_of, newest_releases
from ..facts.host.root import Root
from ..model.drill_claims import KnownProofs
from ..model.drill_proof import DrillProof
from ..model.moments import read_moment
from ..model.own_places import PROOFS
from ..model.release import Release
from ..model.standing_proofs import PROVEN_FOR, standing_proofs
from .ledger import Ledger, keeps_proofs

_RELEASES = "releases"
_PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]{0,127}")


async def known_of(endpoint: str, *, sudo: bool = False) -> KnownProofs:
    """Of the host at `endpoint` and its engine. Where no engine answers here, the host's files tell all the same; that
    a swarm may keep more is said. Raises UsageError, HostError, EngineError."""
    try:
        async with reach(endpoint, command="drill", sudo=sudo) as site:
            return await known_at(site)
    except EngineUnreachable as error:
        if socket_path(endpoint) is None:
            raise
        why = f"{error.says}: whether a swarm keeps proofs is unknown"
    async with host_alone(command="drill") as site:
        return await _read(site, Ledger(site, swarm=False), why)


async def known_at(site: Site) -> KnownProofs:
    """Raises HostError, EngineError."""
    mine = await membership_of(site.engine)
    ledger = Ledger(site, swarm=keeps_proofs(mine, site.name))
    if mine.is_in and not ledger.is_of_swarm:
        managers = f" ({', '.join(mine.managers)})" if mine.managers else ""
        why = f"{site.name} is no manager of its swarm: what the swarm keeps is known to its managers{managers}"
        return await _read(site, ledger, why)
    return await _read(site, ledger)


async def _read(site: Site, ledger: Ledger, *unknown: str) -> KnownProofs:
    proofs = [*await ledger.proofs()]
    for project, releases in await _on_swarm(site) if ledger.is_of_swarm else []:
        proofs += proofs_of_releases(project, releases)
    for project, releases in await _on_host(site):
        proofs += proofs_of_releases(project, releases)
    return _known(proofs, (*unknown, *ledger.damaged))


def known_in(state: Path) -> KnownProofs:
    """Of a folder of this machine that is the state of some host. Raises UsageError."""
    root, folder = Root(Path("/")), os.path.realpath(state)
    try:
        found, damaged = read_ledger(root, f"{folder}/{PROOFS}", owners=frozenset({0, os.geteuid()}))
        proofs = [proof for _, proof in found]
        for project in root.names_or_none(f"{folder}/{_RELEASES}"):
            proofs += proofs_of_releases(project, newest_releases(root, f"{folder}/{_RELEASES}/{project}"))
    except OSError as error:
        raise UsageError(f"{error.filename or folder} can't be read: {error.strerror}", hint="run it as root") from None
    return _known(proofs, damaged)


def proofs_of_releases(project: str, releases: Iterable[tuple[str, Release]]) -> Iterator[DrillProof]:
    """As if a drill had been made of the newest rollback, and of the newest deploy under requests."""
    for drill in drills_of(releases):
        at = read_moment(drill.when)
        if at is None:
            continue
        yield DrillProof(
            claim=drill.demand,
            subject=f"project/{project}",
            drill="deploy",
            at=drill.when,
            passed=drill.passed,
            lapses=rfc3339((at + PROVEN_FOR).timestamp()),
            says=drill.says,
        )


async def _on_host(site: Site) -> list[tuple[str, list[tuple[str, Release]]]]:
    """Project -> its releases, newest first."""
    done = await site.shell.run(f"ls {shlex.quote(f'{site.state}/{_RELEASES}')} 2>/dev/null; exit 0")
    projects = [name for name in done.output.split("\n") if _PROJECT.fullmatch(name)]
    return [(name, _newest_first(await FileStore(site, name).releases(skip_damaged=True))) for name in projects]


async def _on_swarm(site: Site) -> list[tuple[str, list[tuple[str, Release]]]]:
    """Only of what an admin wrote: anybody who may make a config could have written the rest."""
    records = await SwarmObjects(site.engine).find("configs", dockworthy_kind="release")
    found = []
    for name in sorted({record.labels.get(PROJECT, "") for record in records}):
        try:
            store = SwarmStore(site.engine, name)
        except UsageError:  # no deploy of ours called it so
            continue
        releases = await store.releases(skip_damaged=True)
        doubted = await store.not_by_admins(releases)
        found.append((name, _newest_first(each for each in releases if each.number not in doubted)))
    return found


def _newest_first(releases: Iterable[Release]) -> list[tuple[str, Release]]:
    return [(f"release {each.number}", each) for each in reversed([*releases])]


def _known(proofs: Iterable[DrillProof], damaged: tuple[str, ...]) -> KnownProofs:
    return KnownProofs(standing=standing_proofs(proofs, datetime.now(UTC)), damaged=damaged)
