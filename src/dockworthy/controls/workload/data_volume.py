"""A database's data must outlive its container: in a volume with a name, or a folder of the host."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, owasp
from ...model.finding import Evidence, Judgement, Outcome, Remedy, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import Container, Mount, MountKind, Unit
from ._databases import Database, data_paths, database_of
from ._graded import failed_as
from ._platforms import ENGINES
from ._unclear import as_far_as_told

_ANONYMOUS = {"Type": "volume", "Name": "f" * 64, "Source": "/x", "RW": True}
_NAMED = {"Type": "volume", "Name": "shop-db", "Source": "/x", "RW": True}


def _at(target: str, mount: dict[str, object]) -> list[dict[str, object]]:
    return [{**mount, "Destination": target}]


control = Control(
    id="workload/data-volume",
    title="Databases keep their data in a volume that has a name",
    fault="{who} [keeps|keep] a database outside of named volumes",
    rationale="Data in the container's own layer is gone when it is recreated, which every upgrade does. An anonymous "
    "volume stays behind without anybody knowing whose it is, until a cleanup takes it.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="1.backup",
    subject=Subject.UNIT,
    platforms=ENGINES,
    references=(nist("4.4.4"), owasp("D09")),
    remedy=Remedy(
        "Back the data up now, then mount a named volume at the data's path and restore into it.",
        "recreates the container; without the backup the data is lost",
    ),
    check_yourself="docker inspect -f '{{range .Mounts}}{{.Type}} {{.Name}} {{.Destination}}{{println}}{{end}}' {name}",
    bad={
        "compose": "services: {db: {image: postgres}}",
        "container": [
            {"Config": {"Image": "postgres:18.1"}},
            {"Config": {"Image": "postgres:17.2"}, "Mounts": _at("/var/lib/postgresql/data", _ANONYMOUS)},
            {"Config": {"Image": "registry.example.com/mariadb"}, "Mounts": _at("/var/lib/mysql", _ANONYMOUS)},
            {"Config": {"Image": "redis:8"}, "Mounts": _at("/data", _ANONYMOUS)},
            {"Config": {"Image": "mongo:8"}, "HostConfig": {"Tmpfs": {"/data/db": ""}}},
            {
                "Config": {"Image": "postgres:17.2", "Env": ["PGDATA=/srv/pg"]},
                "Mounts": _at("/srv/pg", _ANONYMOUS) + _at("/var/lib/postgresql/data", _NAMED),
            },
        ],
        "service": {"Spec": {"TaskTemplate": {"ContainerSpec": {"Image": "mysql:9"}}}},
    },
    good={
        "compose": "services: {db: {image: postgres, volumes: ['data:/var/lib/postgresql/data']}}",
        "container": [
            {"Config": {"Image": "postgres:17.2"}, "Mounts": _at("/var/lib/postgresql/data", _NAMED)},
            {"Config": {"Image": "postgres:18.1"}, "Mounts": _at("/var/lib/postgresql", _NAMED)},
            {
                "Config": {"Image": "postgres:17.2"},
                "Mounts": [
                    {"Type": "bind", "Source": "/srv/pg", "Destination": "/var/lib/postgresql/data", "RW": True}
                ],
            },
            {
                "Config": {"Image": "postgres:17.2", "Env": ["PGDATA=/srv/pg/17"]},
                "Mounts": _at("/srv/pg", _NAMED) + _at("/var/lib/postgresql/data", _ANONYMOUS),
            },
        ],
    },
    unclear={
        "compose": "services: {db: {image: postgres, volumes: ['${DATA}:/var/lib/postgresql/data']}}",
        "container": {"Config": {"Image": "mysql:9"}, "Mounts": _at("/srv/mysql", _NAMED)},
    },
)


@control.judge
def data_volume(unit: Unit) -> Judgement:
    for container in unit.containers:
        database = database_of(container)
        if database is not None:
            return as_far_as_told(_judge(database, container), unit, "mounts", doubtful=Outcome.FAIL)
    return not_applicable("no known database", unit.source)


def _judge(database: Database, container: Container) -> Judgement:
    keeping = _keeping(database, container)
    if keeping is not None:
        return _judge_mount(database, keeping)
    elsewhere = [mount for mount in container.mounts if _may_hold_data(mount)]
    if elsewhere:
        says = f"{database.name} has no volume at {database.paths[0]}: its data may lie in {elsewhere[0].target}, or nowhere"
        return unknown(says, elsewhere[0].declared_at, tell="ask the database where its data lies")
    severity = Severity.HIGH if database.often_a_cache else Severity.CRITICAL
    return failed_as(severity, f"{database.name} keeps its data in the container's own layer", container.source)


def _keeping(database: Database, container: Container) -> Mount | None:
    """The innermost mount over the data, or one in the data's folder."""
    for path in data_paths(database, container):
        over = [mount for mount in container.mounts if _is_over(mount.target, path)]
        if over:
            return max(over, key=lambda mount: len(mount.target))
        within = [mount for mount in container.mounts if _is_over(path, mount.target)]
        if within and any(_may_hold_data(mount) for mount in within):
            return next(mount for mount in within if _may_hold_data(mount))
    return None


def _is_over(folder: str, path: str) -> bool:
    folder, path = folder.rstrip("/"), path.rstrip("/")
    return path == folder or path.startswith(folder + "/")


def _may_hold_data(mount: Mount) -> bool:
    lasting = mount.kind in (MountKind.VOLUME, MountKind.BIND, MountKind.CLUSTER)
    return lasting and not mount.read_only and not mount.anonymous


def _judge_mount(database: Database, mount: Mount) -> Judgement:
    if mount.kind is MountKind.TMPFS:
        return failed_as(
            Severity.MEDIUM if database.often_a_cache else Severity.HIGH,
            f"{database.name} keeps its data in memory ({mount.target} is a tmpfs)",
            mount.declared_at,
        )
    if mount.anonymous:
        says = f"{database.name} keeps its data at {mount.target} in a volume without a name"
        severity = Severity.MEDIUM if database.often_a_cache else Severity.HIGH
        return Judgement(Outcome.FAIL, (Evidence(says, mount.declared_at),), severity=severity)
    return passed(f"{database.name} keeps its data in {mount.source} at {mount.target}", mount.declared_at)
