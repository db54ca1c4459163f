"""Two database servers on the same files destroy them: each believes that it is alone."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator

from ...model.control import Control, Subject
from ...model.field import Source
from ...model.finding import Evidence, Judgement, Outcome, Remedy, not_applicable, passed
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ...model.workload import Container, Mount, MountKind
from ..workload._databases import Database, data_paths, database_of
from ._running import gap, running


def _two(image: str, target: str, *, second_reads: bool = False) -> dict[str, object]:
    def server(name: str, writes: bool) -> dict[str, object]:
        mount = {"Type": "volume", "Name": "data", "Destination": target, "RW": writes}
        return {"name": name, "inspect": {"Config": {"Image": image}, "Mounts": [mount]}}

    return {"engine": {"containers": [server("db-1", True), server("db-2", not second_reads)]}}


control = Control(
    id="machine/one-writer",
    title="A database's files have one server that writes them",
    fault="{n} [database has|databases have] files that several servers write",
    rationale="Databases lock their files against processes that they can see. In another container is one that they "
    "can't see: both write, and the data is broken.",
    level=Level.BASELINE,
    severity=Severity.CRITICAL,
    demand="1.backup",
    subject=Subject.MACHINE,
    remedy=Remedy(
        "Stop all servers but one now, check the data, and give each server files of its own.",
        "the stopped servers answer no more",
    ),
    check_yourself="docker ps --filter volume=VOLUME",
    bad={
        "snapshot": [
            _two("postgres:17.2", "/var/lib/postgresql/data"),
            _two("registry.example.com/db/mariadb", "/var/lib/mysql"),
        ]
    },
    good={
        "snapshot": [
            _two("postgres:17.2", "/var/lib/postgresql/data", second_reads=True),
            {
                "engine": {
                    "containers": [
                        {
                            "name": "db",
                            "inspect": {
                                "Config": {"Image": "mysql:9"},
                                "Mounts": [
                                    {"Type": "volume", "Name": "data", "Destination": "/var/lib/mysql", "RW": True}
                                ],
                            },
                        }
                    ]
                }
            },
        ]
    },
    unclear={"snapshot": {"engine": {"containers": {"is": "unknown", "reason": "the engine went silent"}}}},
)


@control.judge
def one_writer(machine: Machine) -> Iterator[Judgement]:
    missing = gap(machine, "containers")
    if missing:
        yield missing
    writers = _writers(machine)
    if not writers and not missing:
        yield not_applicable(
            "no database that is known here keeps files", Source("GET /containers/{id}/json", "Mounts")
        )
    for place, servers in writers.items():
        names = ", ".join(container.name for container, _ in servers)
        source = servers[0][1].declared_at
        if len(servers) > 1:
            evidence = Evidence(f"{len(servers)} database servers write it: {names}", source)
            yield Judgement(Outcome.FAIL, (evidence,), about=place)
        else:
            yield passed(f"{names} alone writes it", source, about=place)


def _writers(machine: Machine) -> dict[str, list[tuple[Container, Mount]]]:
    """Where a database's files lie, as a subject's id -> the running servers that may write there."""
    found: defaultdict[str, list[tuple[Container, Mount]]] = defaultdict(list)
    for _, container in running(machine):
        database = database_of(container)
        kept = _kept(container, database) if database else None
        if kept is not None:
            place, mount = kept
            found[place].append((container, mount))
    return found


def _kept(container: Container, database: Database) -> tuple[str, Mount] | None:
    """The volume or folder with the data, and the path in it: servers with folders of their own share no files."""
    lasting = [m for m in container.mounts if m.kind in (MountKind.VOLUME, MountKind.BIND) and not m.read_only]
    for path in map(posixpath.normpath, data_paths(database, container)):
        over = [mount for mount in lasting if _is_in(path, mount.target)]
        if over:
            mount = max(over, key=lambda mount: len(mount.target))
            return _named(mount, posixpath.relpath(path, mount.target)), mount
        within = [mount for mount in lasting if _is_in(mount.target, path)]
        if within:
            return _named(within[0], "."), within[0]
    return None


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _named(mount: Mount, inside: str) -> str:
    below = "" if inside == "." else f"/{inside}"
    return f"volume/{mount.source}{below}" if mount.kind is MountKind.VOLUME else f"folder{mount.source}{below}"
