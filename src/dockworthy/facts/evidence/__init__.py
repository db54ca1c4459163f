"""What is there already: other people's tools and their work, seen from the host. Reads only; asks local addresses few
and harmless questions. Never raises."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from msgspec import structs

from ...model.evidence import EvidenceFacts, HostJob, Store
from ...model.field import Field, Origin, Set, Source, Unknown
from ...model.host import Host, MountPoint
from ...model.snapshot import ContainerFacts, EngineFacts
from ..host.mounts import parse_mountinfo
from ..host.reading import TELL_ROOT, guarded
from ..host.root import Root, clean
from ..host_files import HostFiles
from .asking import Asker
from .commands import read_commands
from .connections import read_connections
from .containers import archives, made_by, written_paths
from .endpoints import connected, endpoints, trusted_endpoints
from .forwarding import read_forwarding
from .jobs import jobs_of
from .ledger import LEDGER
from .monitoring import read_answers
from .programs import read_running
from .projects import read_projects
from .releases import RELEASES, RENEWALS, read_drills
from .set_up import read_set_up
from .stores import Stores, disks_of, each_once

__all__ = ["read_evidence", "read_files"]

_DRILLS = f"/var/log/pgbackrest, {LEDGER}, {RELEASES}, {RENEWALS}"

DEADLINE = 1.5
"""Seconds for all questions to local addresses together."""


async def read_evidence(
    files: HostFiles, host: Host, engine: EngineFacts, *, here: bool, wanted: bool = True
) -> EvidenceFacts:
    """`here`: this program runs on the host that was read; `wanted`: its local addresses may be asked."""
    asker = Asker()
    facts, answers = await asyncio.gather(
        files.read(partial(read_files, host=host, engine=engine)),
        _answers(files, host, engine, asker, here=here, wanted=wanted),
    )
    complete: EvidenceFacts = structs.replace(facts, answers=answers, asked=tuple(asker.asked))
    return complete


def read_files(root: Root, *, host: Host, engine: EngineFacts) -> EvidenceFacts:
    """What the host's files tell. Takes about 40 ms on a usual host."""
    mounts = guarded(lambda: _mounts(root), "/proc/1/mountinfo")
    known = mounts.value if isinstance(mounts, Set) else ()
    containers = engine.containers.value if isinstance(engine.containers, Set) else ()
    targets: dict[HostJob, str] = {}
    jobs = guarded(lambda: _jobs(root, targets), "/etc/cron.d, /etc/systemd/system")
    running = guarded(lambda: _seen(read_running(root), "/proc"), "/proc")
    tools = running.value if isinstance(running, Set) else ()
    return EvidenceFacts(
        jobs=jobs,
        stores=guarded(lambda: _stores(Stores(root, known), targets, containers), "backup repositories"),
        running=running,
        connections=guarded(lambda: _seen(read_connections(root, tools, containers), "/proc/net/tcp"), "/proc/net/tcp"),
        projects=guarded(lambda: _seen(read_projects(root, made_by(containers)), "/"), "the folders of the projects"),
        forwarding=guarded(lambda: _seen(read_forwarding(root), "/etc/rsyslog.d"), "/etc/rsyslog.d"),
        set_up=guarded(lambda: _seen(read_set_up(root), "/etc"), "/etc"),
        drills=guarded(lambda: _seen(read_drills(root), _DRILLS), _DRILLS),
        data_disks=guarded(lambda: _data_disks(root, known, host, containers), "/sys/dev/block"),
    )


async def _answers(
    files: HostFiles, host: Host, engine: EngineFacts, asker: Asker, *, here: bool, wanted: bool
) -> Field[Any]:
    if not wanted:
        return Unknown("monitoring was not asked at its local addresses: that was switched off")
    if not here:
        return Unknown("monitoring was not asked: its local addresses are those of another machine", "run it there")
    places = await files.read(partial(trusted_endpoints, places=endpoints(host, engine)))
    held = await files.read(partial(connected, places=places))  # before we connect ourselves
    try:
        async with asyncio.timeout(DEADLINE):
            return _seen(await read_answers(places, held, asker), "local addresses")
    except TimeoutError:
        return Unknown(f"local addresses did not answer within {DEADLINE:g} s")


def _jobs(root: Root, targets: dict[HostJob, str]) -> Field[tuple[HostJob, ...]]:
    """Fills `targets` with addresses as they are written: they may hold passwords and go no further."""
    commands = read_commands(root)
    targets |= jobs_of(commands.found)
    if commands.unseen and not targets:
        return Unknown(f"{commands.unseen[0]} can't be read: permission denied", TELL_ROOT, Source(commands.unseen[0]))
    return Set(tuple(targets), Source("/etc/systemd/system, /etc/cron.d"))


def _stores(
    reader: Stores, targets: dict[HostJob, str], containers: Sequence[ContainerFacts]
) -> Field[tuple[Store, ...]]:
    of_containers = [
        structs.replace(reader.local(each.path, each.tool, each.does, each.source), who=clean(each.who))
        for each in archives(containers)
    ]
    return _seen(each_once((*reader.of_jobs(targets), *of_containers)), "backup repositories")


def _data_disks(
    root: Root, mounts: Sequence[MountPoint], host: Host, containers: Sequence[ContainerFacts]
) -> Field[tuple[str, ...]]:
    """Of the engine's data and of writable binds."""
    if not isinstance(host.storage, Set):
        return Unknown("where the engine keeps its data is not known")
    paths = {host.storage.value.path, *written_paths(containers)}
    return _seen(tuple(sorted({disk for path in paths for disk in disks_of(root, mounts, path)})), "/sys/dev/block")


def _mounts(root: Root) -> Field[tuple[MountPoint, ...]]:
    path = "/proc/1/mountinfo" if root.word("/proc/1/mountinfo") else "/proc/self/mountinfo"
    return _seen(tuple(parse_mountinfo(root.read(path))), path)


def _seen(value: Any, where: str) -> Set[Any]:
    return Set(value, Source(where), Origin.MEASURED)
