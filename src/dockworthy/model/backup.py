"""The nouns of backups: data sets, what is planned for each, and what a backup run saved and expects of a restore."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct

from .drill_proof import DrillProof


class DataKind(StrEnum):
    """What a data set holds, told by its content and by the programs that write to it, never by an image's name."""

    POSTGRESQL = "postgresql"
    MARIADB = "mariadb"
    MYSQL = "mysql"
    VALKEY = "valkey"
    REDIS = "redis"
    SQLITE = "sqlite"
    FILES = "files"
    COMMAND = "command"
    EMPTY = "empty"
    UNKNOWN = "unknown"


class DataWriter(Struct, frozen=True, kw_only=True):
    """A container that mounts a data set. `mounted_at`: where in the container; `service` is "" where no Compose
    project made it. `programs`: names of the programs that run in it."""

    container: str
    id: str
    project: str = ""
    service: str = ""
    mounted_at: str
    read_only: bool = False
    running: bool = True
    programs: tuple[str, ...] = ()
    runtime: str = ""
    """By which the engine runs it: `runc`, or the name of another one in daemon.json."""


class DataSet(Struct, frozen=True, kw_only=True):
    """A volume, or a folder or file of the host, that containers write to.

    `name`: by which people and dockworthy.yaml call it: the volume's key in the Compose file, else the name of the
    volume, else the path. `project`: whose it is, "" for none. `volume`: its name with the engine, "" for a folder of
    the host. `path`: where it lies on the host. `data_folder`: below that, where a database's own files lie. `version`:
    of the database's format, as its files say. `doubt`: why its kind is not certain, as a sentence; then it is a
    question."""

    name: str
    project: str
    kind: DataKind
    path: str
    volume: str = ""
    data_folder: str = ""
    version: str = ""
    bytes: int = 0
    files: int = 0
    writers: tuple[DataWriter, ...] = ()
    sqlite: tuple[str, ...] = ()
    """Paths of SQLite databases below `path`."""
    others: int = 0
    """Files besides these and their journals, where there are SQLite databases."""
    without_wal: int = 0
    """How many of them keep no write-ahead log: who reads one of these keeps out who writes."""
    not_live: str = ""
    """Why it can't be saved by its own means while it is written to, as a sentence."""
    single: bool = False
    """It is one file, and no folder."""
    snapshots: bool = False
    """Its file system holds a folder as it is at one moment: btrfs."""
    log_lacks: tuple[str, ...] = ()
    """Of a PostgreSQL whose log is to be received: what keeps it from that, and what to write where, as sentences."""
    measured: bool = True
    """False where counting took too long: `bytes` and `files` are then what was counted until there."""
    doubt: str = ""


class BackupMethod(StrEnum):
    """How a data set is saved."""

    PG_DUMP = "pg_dump"
    RDB = "rdb"
    """The dump that Valkey or Redis writes for a replica."""
    SQLITE = "sqlite"
    """Copies that SQLite makes of its databases, on the host."""
    MARIADB_DUMP = "mariadb-dump"
    MYSQL_DUMP = "mysqldump"
    COMMAND = "command"
    PAUSE = "paused"
    STOP = "stopped"
    COPY = "copied"
    """Nobody writes to it while it is copied: no container of it runs."""
    SKIP = "skipped"


SERVER_DUMPS = frozenset({BackupMethod.PG_DUMP, BackupMethod.MARIADB_DUMP, BackupMethod.MYSQL_DUMP})
"""What a server of its kind loads again."""
OF_DATABASES = SERVER_DUMPS | {BackupMethod.RDB, BackupMethod.SQLITE}
"""By which a database is saved by its own means, and is seen to be whole when it comes back."""


class PlannedData(Struct, frozen=True, kw_only=True):
    """What a backup does with one data set. `why`: for a skip its reason. `downtime`: seconds for which its containers
    do not answer, as estimated from its size; 0 for none. `asks`: what must be answered before, as a sentence; "" for
    nothing."""

    data: DataSet
    method: BackupMethod
    container: str = ""
    """The container in which the dump runs."""
    command: str = ""
    """The person's own, that writes the dump."""
    restore: str = ""
    """The person's own, that reads it again."""
    option_file: str = ""
    """A file in that container, by which the programs of MariaDB and MySQL get in; "" for what it was given."""
    why: str = ""
    downtime: float = 0.0
    asks: str = ""
    answers: tuple[str, ...] = ()
    """Lines for `backup.data` of dockworthy.yaml, each of which answers what is asked."""
    point_in_time: bool = False
    """Its log is received, too, so that it can be brought back to any second."""
    lacks: tuple[str, ...] = ()
    """What keeps its log from being received, each as what is and what to write where, as sentences. Without its log
    it is saved all the same."""


class ProjectImage(Struct, frozen=True, kw_only=True):
    """An image that containers of a project are made of. `id`: the engine's, `sha256:…`; `digests`: `name@sha256:…`, by
    which a registry gives it, () where none does. `services`: those that need it. `snapshot`: where it was saved, ""
    for one that was not."""

    id: str
    names: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    bytes: int = 0
    snapshot: str = ""

    @property
    def called(self) -> str:
        return self.names[0] if self.names else self.id[:19]


class BackupPlan(Struct, frozen=True, kw_only=True):
    """`scope`: the project, or "" for the whole engine. `to`: repositories, without their passwords. `also`: what is
    saved besides data, as sentences. `images`: those of the project; saved are those that no registry has. `notes`:
    what is worth knowing before."""

    scope: str
    to: tuple[str, ...]
    data: tuple[PlannedData, ...]
    also: tuple[str, ...] = ()
    images: tuple[ProjectImage, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def questions(self) -> tuple[PlannedData, ...]:
        return tuple(each for each in self.data if each.asks)


class SavedLog(Struct, frozen=True, kw_only=True):
    """A copy of a whole PostgreSQL, from which its log goes on. `base`: restic's snapshot of that copy; `chain`: names
    the log that was received without a gap; `first`: the name of the log's first file that the copy needs; `size`:
    bytes of each of these files; `ended`: from which moment on it can be brought back by it, RFC 3339; `folder`: below
    the data set's path, in which the server keeps its data."""

    base: str
    chain: str
    first: str
    size: int
    ended: str
    folder: str = ""
    bytes: int = 0


class SavedData(Struct, frozen=True, kw_only=True):
    """A data set as a backup run saved it. `snapshots`: restic's snapshot ids by what they hold (`globals`,
    `database/shop`, `files`). `expected`: what a restore must find again, taken at the same moment as the data itself.
    `single`: it is one file, and no folder. `service`: in whose container a person's own command ran; `dump` wrote what
    `restore` reads."""

    name: str
    project: str
    kind: DataKind
    method: BackupMethod
    version: str = ""
    volume: str = ""
    path: str = ""
    bytes: int = 0
    seconds: float = 0.0
    downtime: float = 0.0
    snapshots: dict[str, str] = {}
    expected: dict[str, Any] = {}
    copies: str = ""
    """Where on the host the copies lay that `databases` has."""
    single: bool = False
    service: str = ""
    dump: str = ""
    restore: str = ""
    log: SavedLog | None = None
    """Of PostgreSQL with `point_in_time`."""
    log_missed: str = ""
    """Why it was saved without its log, as a sentence."""


class BackupRun(Struct, frozen=True, kw_only=True):
    """One run that ended well: its manifest, saved last. Snapshots without one are of a run that was broken off, and
    are no backup. `taken`: when it began, RFC 3339 in UTC. `skipped`: data set -> reason. `proven`: when a drill
    restored it, "" where none did."""

    id: str
    host: str
    scope: str
    taken: str
    ended: str
    version: str
    data: tuple[SavedData, ...]
    skipped: dict[str, str] = {}
    bytes: int = 0
    also: dict[str, str] = {}
    """What was saved of the project besides its data: part -> snapshot."""
    images: tuple[ProjectImage, ...] = ()
    """What its containers are made of; those that no registry has are saved."""
    running: tuple[str, ...] = ()
    """Its services that had a container that ran."""
    folder: str = ""
    """The one that its Compose files lay in."""
    engine: str = ""
    """The engine's own id."""
    doubts: tuple[str, ...] = ()
    """What is less than in the run before, as sentences: nothing is removed because of such a run."""
    proven: str = ""


class RememberedRun(Struct, frozen=True, kw_only=True):
    """What a host remembers of the last run to one repository, in `STATE/backup/saved/ID.json`: for `assess`, which
    opens no repository. `place` is shown without its password; `run` has no expected values. `append_only`: when
    removing was tried there and refused, "" where it was not."""

    place: str
    run: BackupRun
    append_only: str = ""


class LogStanding(Struct, frozen=True, kw_only=True):
    """How the log of a PostgreSQL is received. `receiving`: is it, now? `lag`: bytes that the database keeps for it;
    `age`: seconds since something of it arrived last; `since`, `until`: from which moment to which one the repository
    can bring it back, "" for none; `lost_with_database`, `lost_with_host`: seconds that are lost where either goes now,
    None where nobody can tell."""

    receiving: bool
    lag: int | None = None
    age: float | None = None
    since: str = ""
    until: str = ""
    lost_with_database: float | None = None
    lost_with_host: float | None = None


class DataStanding(Struct, frozen=True, kw_only=True):
    """How the backup of one data set stands. `newest`: when it was saved last, "" for never; `next`: when it is saved
    next, "" where nothing says so. `proof`: of the last drill that restored it. `problem`: what is wrong, as a
    sentence; "" for nothing."""

    name: str
    kind: DataKind
    project: str
    method: BackupMethod
    newest: str = ""
    bytes: int = 0
    next: str = ""
    proof: DrillProof | None = None
    problem: str = ""
    log: LogStanding | None = None


class RestoredData(Struct, frozen=True, kw_only=True):
    """A data set that is to be brought back, or was: `bytes` as it was saved, of `kind`, in the place of what now has
    `replaces` bytes; `by` a person's own command, "" for none."""

    name: str
    project: str
    kind: DataKind
    bytes: int
    replaces: int
    by: str = ""
    moment: str = ""
    """The one to which it comes back, by a copy of all of it and its log; "" where it comes back as it was saved."""


class RestorePlan(Struct, frozen=True, kw_only=True):
    """`run`: the backup's id, which was `taken` then, `age` seconds ago. `stops`: the containers that stop while data
    takes its place. `proven`: when a drill restored this very backup, "" where none did."""

    scope: str
    place: str
    run: str
    taken: str
    age: float
    data: tuple[RestoredData, ...]
    stops: tuple[str, ...]
    doubts: tuple[str, ...] = ()
    proven: str = ""


class RestoreDone(Struct, frozen=True, kw_only=True):
    """`restored`: was it done? `seconds` in all, `downtime` of the containers that stopped."""

    plan: RestorePlan
    restored: bool = False
    seconds: float = 0.0
    downtime: float = 0.0
