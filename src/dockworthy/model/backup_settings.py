"""The `backup:` part of dockworthy.yaml: what is saved, where to, how often, how long it is kept, and how a restore is
proven."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from .deploy_settings import text

_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}

Interval = Annotated[
    str, text(r"^[1-9]\d{0,4}[mhdw]$(?!\n)", "a whole number of minutes, hours, days or weeks, as `7d`")
]

RepositoryPlace = Annotated[
    str,
    text(
        r"^[!-~]([ -~]{0,998}[!-~])?$(?!\n)",
        "a restic repository, as `sftp:backup@vault:/srv/shop` or `/mnt/usb/shop`",
        max_length=1000,
    ),
]

_TIME = r"^(([01]\d|2[0-3]):[0-5]\d)?$(?!\n)"
Count = Annotated[int, Meta(ge=0, le=10_000)]


def interval_seconds(interval: str) -> int:
    """Of an `Interval`."""
    number, unit = re.fullmatch(r"(\d+)([mhdw])", interval).groups()  # type: ignore[union-attr]
    return int(number) * _UNITS[unit]


class Keep(Struct, frozen=True, forbid_unknown_fields=True):
    """Of how many days, weeks and months the newest snapshot stays; as restic's `forget --keep-daily` has it."""

    daily: Count = 14
    weekly: Count = 8
    monthly: Count = 12

    def __post_init__(self) -> None:
        """Raises ValueError where nothing would be kept."""
        if not (self.daily or self.weekly or self.monthly):
            raise ValueError("`daily`, `weekly` and `monthly` are all 0: nothing would be kept")


class Quiesce(StrEnum):
    """What the containers that write to a data set do while its files are copied."""

    PAUSE = "pause"
    STOP = "stop"


class PostgresqlSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`point_in_time`: its write-ahead log is received by a container beside it, and saved with a copy of the whole
    server, so that it can be brought back to any second."""

    point_in_time: bool = False


class SqliteSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """SQLite's own copies of its databases; other files beside them are copied a moment later."""


class MariadbSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Of MariaDB and MySQL. `option_file`: a file in the container with `[client]`, `user=` and `password=`, of an
    account that may see and lock everything; "" for root, with the password that the container was given."""

    option_file: Annotated[
        str, text(r"^(/[ -~]*[!-~])?$(?!\n)", "an absolute path in the container, as `/etc/mysql/backup.cnf`")
    ] = ""


class KeyValueSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A dump of Valkey or Redis, by the client in its container."""


class DumpCommand(Struct, frozen=True, forbid_unknown_fields=True):
    """For a database of another kind: shell commands that run in its container. `dump` writes to its standard output
    what `restore` reads from its standard input."""

    dump: Annotated[str, Meta(min_length=1)]
    restore: Annotated[str, Meta(min_length=1)]


class DataSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How one data set is saved, where that is not to be as it was found. `skip`: the reason why it is not saved at
    all. `quiesce`: what its containers do while files are copied."""

    postgresql: PostgresqlSettings | None = None
    sqlite: SqliteSettings | None = None
    mariadb: MariadbSettings | None = None
    mysql: MariadbSettings | None = None
    valkey: KeyValueSettings | None = None
    redis: KeyValueSettings | None = None
    quiesce: Quiesce | None = None
    command: DumpCommand | None = None
    skip: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError where two of them are said of the same data."""
        said = [name for name in self.__struct_fields__ if getattr(self, name)]
        if len(said) > 1:
            raise ValueError(f"`{said[0]}` and `{said[1]}` can't both be said of the same data")
        if not said:
            raise ValueError(f"say `{'`, `'.join(self.__struct_fields__[:-1])}` or `{self.__struct_fields__[-1]}`")


class ProofQuestion(Struct, frozen=True, forbid_unknown_fields=True):
    """What a restored copy must answer. `url`: a path of the project's first route, or of `service`; the answer's
    status must be `status`. `sql`: one value, asked of the database set `data` (the only one where "" is said), in
    `database`; it must be at least `at_least`, or be `equals`."""

    url: str = ""
    service: str = ""
    status: Annotated[int, Meta(ge=100, le=599)] = 200
    sql: str = ""
    data: str = ""
    database: str = ""
    at_least: float | None = None
    equals: str | float | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a question that asks nothing, or that no answer can fail."""
        if bool(self.url) == bool(self.sql):
            raise ValueError("say either `url` or `sql`")
        if self.url and not self.url.startswith("/"):
            raise ValueError("`url` is a path, as `/healthz`")
        if self.sql and (self.at_least is None) == (self.equals is None):
            raise ValueError("say `at_least` or `equals`: else any answer would do")


class ProofSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How often a restore is drilled, and what the restored copy is asked."""

    every: Interval = "7d"
    asks: tuple[ProofQuestion, ...] = ()


class BackupSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`to`: repositories of restic, each of which gets everything. `key`: the file of the host with their password;
    created where it is missing. `when`: the time of the day (of the host's clock) at which it runs; or `every` so
    often. `data`: how single data sets are saved, by their names in the plan."""

    to: tuple[RepositoryPlace, ...] = ()
    key: Annotated[str, text(r"^/[ -~]*[!-~]$(?!\n)", "an absolute path, as `/etc/dockworthy/backup.key`")] = (
        "/etc/dockworthy/backup.key"
    )
    when: Annotated[str, text(_TIME, "a time of the day, as `03:00`")] = ""
    every: Annotated[str, text(r"^([1-9]\d{0,4}[mhdw])?$(?!\n)", "a duration, as `6h`")] = ""
    keep: Keep = Keep()
    data: dict[str, DataSettings] = {}
    proof: ProofSettings = ProofSettings()

    def __post_init__(self) -> None:
        """Raises ValueError where it is told twice when it runs, or a repository is named twice."""
        if self.when and self.every:
            raise ValueError("`when` and `every` can't both be said")
        if twice := sorted({each for each in self.to if self.to.count(each) > 1}):
            raise ValueError(f"`to` names {twice[0]} twice")
