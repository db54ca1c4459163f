"""What a backup does with each data set, before anything is done. Pure: from the settings and what was found.

Nothing is left out silently: each data set has a method, a reason why it is skipped, or a question.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from msgspec import Struct, structs

from ..errors import UsageError
from ..model.backup import BackupMethod, BackupPlan, DataKind, DataSet, DataWriter, PlannedData, ProjectImage
from ..model.backup_settings import BackupSettings, DataSettings, MariadbSettings, Quiesce
from ..model.nearest_name import names_there
from .recognising import DATABASES, KINDS_OF_PROGRAM, PRODUCTS, server_of
from .repository_place import shown_place
from .schedule import LOG_EVERY

READS = 100_000_000
"""Bytes a second that restic reads, encrypts and writes: 790 MB of files took 7.3 s on two cores."""
_PAUSING = 0.5
_STOPPING = 10.0
"""Seconds that it takes besides to pause containers and let them go on; to stop them and start them again."""

_WAITING = {Quiesce.PAUSE: (BackupMethod.PAUSE, _PAUSING), Quiesce.STOP: (BackupMethod.STOP, _STOPPING)}
_DUMPED_BY = {DataKind.MARIADB: BackupMethod.MARIADB_DUMP, DataKind.MYSQL: BackupMethod.MYSQL_DUMP}
_PLAIN = re.compile(r"(?!(?:true|false|yes|no|on|off|null|y|n)$)[A-Za-z_/][\w./@-]*", re.IGNORECASE | re.ASCII)
_AT_ONE_MOMENT = "its files are copied as they are at one moment, as a power loss would leave them"
_HELD = "only until its file system holds them as they are at one moment"
_KEY_VALUES = (DataKind.VALKEY, DataKind.REDIS)
_NO_DOWNTIME = "without that by `sqlite: {}`, and then the files are of a moment later"
_RECEIVED = (
    "a copy of the whole server and its log are saved, too, so that it comes back to any second: where the database is "
    "lost, what it committed in its last second may be; where the host is lost, what came since the log was saved last "
    f"(dockworthy backup install: every {LOG_EVERY} s)"
)
_NOT_RECEIVED = "it comes back as of a backup alone: its log can't be received yet"
NOWHERE = "nothing is saved anywhere: name a repository in `backup.to`"


class _Way(Struct, frozen=True):
    method: BackupMethod
    container: str = ""
    command: str = ""
    restore: str = ""
    option_file: str = ""
    why: str = ""
    downtime: float = 0.0
    asks: str = ""
    point_in_time: bool = False
    lacks: tuple[str, ...] = ()


def plan_backup(
    settings: BackupSettings,
    data: Sequence[DataSet],
    scope: str,
    *,
    also: Sequence[str] = (),
    images: Sequence[ProjectImage] = (),
    notes: Sequence[str] = (),
) -> BackupPlan:
    """`scope`: the project, or "" for the whole engine. Raises UsageError for settings of data that is not there, or
    that it can't be saved by."""
    said = settings_by_data(settings.data, data)
    planned = tuple(_planned(each, said.get(each.name)) for each in data)
    return BackupPlan(
        scope=scope,
        to=tuple(map(shown_place, settings.to)),
        data=planned,
        also=tuple(also),
        images=tuple(images),
        notes=(*_notes(settings, planned, scope), *notes),
    )


def settings_by_data(said: Mapping[str, DataSettings], data: Sequence[DataSet]) -> dict[str, DataSettings]:
    """Name of a data set -> what dockworthy.yaml says of it. A key is such a name, or that of a service that writes to
    one data set alone. Raises UsageError for a key that names none or several, and for two of the same data."""
    by_service = written_by_services(data)
    names = {each.name for each in data}
    found: dict[str, tuple[str, DataSettings]] = {}
    for key, settings in said.items():
        written = (key,) if key in names else tuple(by_service.get(key, ()))
        if not written:
            known = names | {name for name, sets in by_service.items() if len(sets) == 1}
            raise UsageError(f"backup.data: there is no data {key!r}", hint=names_there(key, known, "there is"))
        if len(written) > 1:
            raise UsageError(
                f"backup.data: the service {key} writes to several data sets", hint=f"name one: {', '.join(written)}"
            )
        if (other := found.get(written[0])) is not None:
            raise UsageError(f"backup.data: {other[0]} and {key} are the same data", hint="remove one of them")
        found[written[0]] = (key, settings)
    return {name: settings for name, (_, settings) in found.items()}


def written_by_services(data: Sequence[DataSet]) -> dict[str, list[str]]:
    """Service -> names of the data sets that it may write to."""
    found: dict[str, list[str]] = {}
    for each in data:
        for service in sorted({w.service for w in each.writers if w.service and not w.read_only}):
            found.setdefault(service, []).append(each.name)
    return found


def _planned(data: DataSet, said: DataSettings | None) -> PlannedData:
    way = _as_said(data, said) if said is not None else _as_found(data)
    return PlannedData(
        data=data,
        method=way.method,
        container=way.container,
        command=way.command,
        restore=way.restore,
        option_file=way.option_file,
        why=way.why,
        downtime=way.downtime,
        asks=way.asks,
        answers=_answers(data) if way.asks else (),
        point_in_time=way.point_in_time,
        lacks=way.lacks,
    )


def _as_said(data: DataSet, said: DataSettings) -> _Way:
    """Who answered knows: what was in doubt is asked no more."""
    if said.skip:
        return _Way(BackupMethod.SKIP, why=said.skip)
    if said.quiesce is not None:
        return _copied(data, said.quiesce)
    writers = _running(data)
    if said.command is not None:
        if not writers:
            return _Way(BackupMethod.COPY, why="no container of it runs in which its command could run")
        server = _database_container(writers)
        if server is None:
            asks = f"in which of {', '.join(each.container for each in writers)} does its command run?"
            return _Way(BackupMethod.COMMAND, asks=asks)
        return _Way(
            BackupMethod.COMMAND,
            container=server.container,
            command=said.command.dump,
            restore=said.command.restore,
        )
    if said.sqlite is not None:
        if data.kind is not DataKind.SQLITE:
            raise _is_another(data, "SQLite")
        return _of_sqlite(data)
    if (mariadb := said.mariadb or said.mysql) is not None:
        return _dumped_by_mariadb(data, mariadb, DataKind.MARIADB if said.mariadb is not None else DataKind.MYSQL)
    if said.valkey is not None or said.redis is not None:
        kind = DataKind.VALKEY if said.valkey is not None else DataKind.REDIS
        server = server_of(data, (kind,))
        if data.kind is not kind and server is None:
            raise _is_another(data, PRODUCTS[kind])
        if server is not None:
            return _of_key_values(data, server)
        return _copied(data, Quiesce.STOP) if writers else _Way(BackupMethod.COPY, why=_not_running(data))
    postgres = server_of(data, (DataKind.POSTGRESQL,))
    if data.kind is not DataKind.POSTGRESQL and postgres is None:
        raise _is_another(data, "PostgreSQL")
    point_in_time = said.postgresql is not None and said.postgresql.point_in_time
    if postgres is None:
        way = _Way(BackupMethod.COPY, why=_not_running(data)) if not writers else _copied(data, Quiesce.STOP)
        return structs.replace(way, point_in_time=point_in_time)  # what was received of it stays
    if not point_in_time:
        return _Way(BackupMethod.PG_DUMP, container=postgres.container)
    why = _NOT_RECEIVED if data.log_lacks else _RECEIVED
    lacks = data.log_lacks
    return _Way(BackupMethod.PG_DUMP, container=postgres.container, why=why, point_in_time=True, lacks=lacks)


def _dumped_by_mariadb(data: DataSet, said: MariadbSettings, kind: DataKind) -> _Way:
    server = server_of(data, tuple(_DUMPED_BY))
    if data.kind not in _DUMPED_BY and server is None:
        raise _is_another(data, PRODUCTS[kind])
    if server is None:
        return _copied(data, Quiesce.STOP) if _running(data) else _Way(BackupMethod.COPY, why=_not_running(data))
    method = _DUMPED_BY.get(data.kind, _DUMPED_BY[kind])
    return _Way(method, container=server.container, option_file=said.option_file)


def _as_found(data: DataSet) -> _Way:
    if data.doubt or data.kind in (DataKind.UNKNOWN, DataKind.COMMAND):
        asks = data.doubt or "what it holds is not known"
        return _Way(_copied(data, Quiesce.STOP).method, asks=asks)
    if data.kind in DATABASES:
        server = server_of(data)
        if server is not None:
            if data.kind is DataKind.POSTGRESQL:
                return _Way(BackupMethod.PG_DUMP, container=server.container)
            if data.kind in _DUMPED_BY:
                return _Way(_DUMPED_BY[data.kind], container=server.container)
            return _of_key_values(data, server)
        if _running(data):  # of which discovery makes a doubt; whoever made this data set did not
            return _Way(BackupMethod.STOP, asks="its server does not run in the containers that write to it")
        return _Way(BackupMethod.COPY, why=_not_running(data))
    if not _running(data):
        return _Way(BackupMethod.COPY, why="no container that runs may write to it")
    if data.kind is DataKind.EMPTY:
        return _Way(BackupMethod.COPY, why="it is empty now")
    if data.kind is DataKind.SQLITE and not data.others:
        return _of_sqlite(data)
    why = f"beside SQLite it holds other files: all are copied as they are at one moment; {_NO_DOWNTIME}"
    return _copied(data, Quiesce.PAUSE, why if data.others else "")


def _of_key_values(data: DataSet, server: DataWriter) -> _Way:
    if data.not_live:
        return _copied(data, Quiesce.PAUSE, f"{data.not_live}, so {_AT_ONE_MOMENT}")
    why = "where its server lets nobody in, its files are copied while its containers are paused"
    return _Way(BackupMethod.RDB, container=server.container, why=why)


def _of_sqlite(data: DataSet) -> _Way:
    if not _running(data):
        return _Way(BackupMethod.COPY, why="no container that runs may write to it")
    if data.not_live:
        return _copied(data, Quiesce.PAUSE, f"{data.not_live}, so {_AT_ONE_MOMENT}")
    said = []
    if data.others:
        said.append("its other files are copied a moment after the databases, and may be written to meanwhile")
    if data.without_wal:
        number, of = data.without_wal, len(data.sqlite)
        keep = "keeps no WAL: it is" if number == 1 else "keep no WAL: they are"
        said.append(f"{number} of {of} databases {keep} copied while its containers are paused for a moment")
    return _Way(BackupMethod.SQLITE, why="; ".join(said), downtime=_PAUSING if data.without_wal else 0.0)


def _is_another(data: DataSet, product: str) -> UsageError:
    return UsageError(
        f"backup.data: {data.name} is no {product}: {_kind_in_words(data)}",
        hint="say `quiesce: stop`, `command` or `skip` of it, or nothing at all",
    )


def _copied(data: DataSet, quiesce: Quiesce, why: str = "") -> _Way:
    if not _running(data):
        return _Way(BackupMethod.COPY, why="no container that runs may write to it")
    method, besides = _WAITING[quiesce]
    if data.snapshots:
        return _Way(method, why="; ".join(filter(None, (why, _HELD))), downtime=besides)
    return _Way(method, why=why, downtime=besides + data.bytes / READS)


def _running(data: DataSet) -> list[DataWriter]:
    return [each for each in data.writers if each.running and not each.read_only]


def _database_container(writers: Sequence[DataWriter]) -> DataWriter | None:
    """The only one, or the only one in which a known server runs."""
    if len(writers) == 1:
        return writers[0]
    servers = [each for each in writers if KINDS_OF_PROGRAM.keys() & set(each.programs)]
    return servers[0] if len(servers) == 1 else None


def _not_running(data: DataSet) -> str:
    return f"{PRODUCTS.get(data.kind, 'its server')} does not run, so nothing can dump it: its files are copied"


def _kind_in_words(data: DataSet) -> str:
    return f"it holds {PRODUCTS.get(data.kind, data.kind.value)}"


def _answers(data: DataSet) -> tuple[str, ...]:
    """Lines for `backup.data` of dockworthy.yaml, each of which is an answer."""
    name = data.name if _PLAIN.fullmatch(data.name) else json.dumps(data.name, ensure_ascii=False)
    answers = [
        ("{quiesce: stop}", "its files are copied while its containers are stopped"),
        ("{skip: REASON}", "it is not saved"),
    ]
    if data.kind is DataKind.POSTGRESQL or server_of(data, (DataKind.POSTGRESQL,)) is not None:
        answers.insert(0, ("{postgresql: {}}", "PostgreSQL's own dump saves its databases, and nothing else of it"))
    if (server := server_of(data, _KEY_VALUES)) is not None:
        kind = next(found[0] for each in server.programs if (found := KINDS_OF_PROGRAM.get(each)))
        answers.insert(0, (f"{{{kind.value}: {{}}}}", f"{PRODUCTS[kind]} dumps all that it holds"))
    if data.kind is DataKind.SQLITE:
        answers.insert(0, ("{sqlite: {}}", "SQLite copies its databases; other files are of a moment later"))
    for kind in _DUMPED_BY:
        if data.kind is kind or (data.kind not in _DUMPED_BY and server_of(data, (kind,)) is not None):
            says = f"{PRODUCTS[kind]}'s own dump saves its databases, and nothing else of it"
            answers.insert(0, (f"{{{kind.value}: {{}}}}", says))
    if _running(data):
        answers.insert(-1, ("{command: {dump: COMMAND, restore: COMMAND}}", "these run in its container"))
    return tuple(f"{name}: {answer}  # {says}" for answer, says in answers)


def _notes(settings: BackupSettings, planned: Sequence[PlannedData], scope: str) -> list[str]:
    notes = []
    if not settings.to:
        notes.append(NOWHERE)
    if not planned:
        of = f"the project {scope}" if scope else "this engine"
        notes.append(f"no container of {of} writes to a volume or folder, so there is no data to save")
    if any(each.downtime for each in planned):
        notes.append(
            f"the downtime is estimated: {READS // 1_000_000} MB a second are read, {_PAUSING:g} s are added where"
            f" containers are paused, {_STOPPING:g} s where they are stopped; a later backup reads changed files alone"
        )
    late = [each.data.name for each in planned if not each.data.measured and each.method is not BackupMethod.SKIP]
    if late:
        notes.append(f"there was no time to count all files of {', '.join(late)}: it is larger, and takes longer")
    paths = {each.data.path: each.data.name for each in planned if each.method is not BackupMethod.SKIP}
    for path, name in paths.items():
        above = next((paths[at] for at in _folders_above(path) if at in paths), "")
        if above:
            notes.append(f"{name} lies inside of {above}, and is saved with both")
    return notes


def _folders_above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:number]) or "/" for number in range(len(parts) - 1, 0, -1)]
