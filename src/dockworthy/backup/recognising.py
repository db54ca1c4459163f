"""What kind of data a place holds, from the files that are there and the programs that run: never from an image's name.

Files: PostgreSQL's PG_VERSION (src/backend/utils/init/globals.c), InnoDB's and Aria's files in the data directory of
MariaDB and MySQL, the head of a dump of Redis or Valkey (src/rdb.c: `REDIS0011`, `VALKEY080`, then the version as an
auxiliary field), SQLite's header (https://www.sqlite.org/fileformat2.html#the_database_header).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence

from msgspec import Struct, structs

from ..model.backup import DataKind, DataSet, DataWriter

KINDS_OF_PROGRAM = {
    "postgres": (DataKind.POSTGRESQL,),
    "postmaster": (DataKind.POSTGRESQL,),
    "mariadbd": (DataKind.MARIADB,),
    "mysqld": (DataKind.MYSQL, DataKind.MARIADB),
    "valkey-server": (DataKind.VALKEY, DataKind.REDIS),
    "redis-server": (DataKind.REDIS, DataKind.VALKEY),
}
"""A server's program, as the kernel names it -> what it may write, the likeliest first."""
PRODUCTS = {
    DataKind.POSTGRESQL: "PostgreSQL",
    DataKind.MARIADB: "MariaDB",
    DataKind.MYSQL: "MySQL",
    DataKind.VALKEY: "Valkey",
    DataKind.REDIS: "Redis",
}
DATABASES = frozenset(PRODUCTS)
OTHER_DATABASES = frozenset(
    "mongod clickhouse clickhouse-serv influxd influxdb3 etcd cockroach arangod couchdb sqlservr keydb-server dragonfly"
    " rethinkdb surreal db2sysc".split()
)
"""Servers for which dockworthy has no dump of its own. The kernel keeps 15 letters of a name."""

_BTRFS = "9123683e"
"""As stat(1) writes the type of a file system."""
_PG_VERSION = re.compile(r"\d{1,2}(\.\d{1,2})?")
_VERSION = re.compile(r"\d+(?:\.\d+)+")
_RDB_VERSION = re.compile(r"(?:redis|valkey)-ver.(\d+(?:\.\d+)+)", re.DOTALL)
_INNODB = frozenset({"ibdata1", "aria_log_control", "mysql.ibd"})


class PlaceContent(Struct, frozen=True, kw_only=True):
    """What was seen at a place. `real`: its path without links. `type`: folder, file, socket, pipe, device, missing or
    unreadable. `markers`: path -> what the file begins with. `looked`: were all of these seen? `denied`: folders that
    could not be read. `whole`: were all files counted?"""

    real: str = ""
    type: str = ""
    filesystem: str = ""
    markers: dict[str, str] = {}
    tablespaces: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    sqlite: tuple[str, ...] = ()
    denied: int = 0
    looked: bool = False
    files: int = 0
    bytes: int = 0
    journals: int = 0
    whole: bool = False


class FoundDatabase(Struct, frozen=True):
    """`folder`: below the place, "" for the place itself."""

    kind: DataKind
    folder: str
    version: str = ""


def with_content(data: DataSet, content: PlaceContent) -> DataSet:
    """The data set as its content and its writers' programs tell it. What `data.doubt` says already stays."""
    sqlite = tuple(sorted({posixpath.relpath(each, content.real) for each in content.sqlite}))
    sqlite = tuple("" if each == "." else each for each in sqlite)
    told = structs.replace(
        data,
        bytes=content.bytes,
        files=content.files,
        measured=content.whole,
        path=content.real or data.path,
        single=content.type == "file",
        snapshots=content.type == "folder" and content.filesystem == _BTRFS,
    )
    if why := _unseen(content):
        return structs.replace(told, kind=DataKind.UNKNOWN, doubt=why)
    found = _databases(content, told.writers)
    if found:
        likely = next((each for each in found if _servers(told.writers, (each.kind,))), found[0])
        doubt = _doubt_of(told, content, found, likely)
        return structs.replace(told, kind=likely.kind, data_folder=likely.folder, version=likely.version, doubt=doubt)
    doubt = f"{content.denied} folders in it can't be read" if content.denied else ""
    if content.tablespaces:
        doubt = "it holds a tablespace of PostgreSQL, which a dump of that database includes"
    if sqlite:
        others = max(content.files - content.journals - len(sqlite), 0)
        return structs.replace(told, kind=DataKind.SQLITE, sqlite=sqlite, others=others, doubt=doubt)
    empty = content.whole and not content.files and content.type == "folder"
    return structs.replace(told, kind=DataKind.EMPTY if empty else DataKind.FILES, doubt=doubt)


def with_servers(found: Sequence[DataSet]) -> tuple[DataSet, ...]:
    """A database's server that runs, and none of whose data sets looks like its own, makes a doubt of each of them."""
    doubts: dict[str, str] = {}
    unknown: set[str] = set()
    for writer in _running(each for data in found for each in data.writers):
        sets = [each for each in found if any(w.id == writer.id and not w.read_only for w in each.writers)]
        filled = [each for each in sets if each.kind is not DataKind.EMPTY] or sets
        for program in writer.programs:
            kinds = KINDS_OF_PROGRAM.get(program, ())
            if program in OTHER_DATABASES:
                says = f"{program} runs in {writer.container}, a database of which dockworthy makes no dump by itself"
                unknown |= {each.name for each in filled}
            elif kinds and not any(each.kind in kinds for each in sets):
                says = f"{program} runs in {writer.container}, and no files of {PRODUCTS[kinds[0]]} are found here"
            else:
                continue
            doubts |= {each.name: says for each in filled if not each.doubt}
    return tuple(
        structs.replace(
            each,
            doubt=each.doubt or doubts.get(each.name, ""),
            kind=DataKind.UNKNOWN if each.name in unknown and each.kind not in DATABASES else each.kind,
        )
        for each in found
    )


def server_of(data: DataSet, kinds: Iterable[DataKind] = ()) -> DataWriter | None:
    """The running container that writes to the data with the server of its kind, or of one of `kinds`; the first by
    its name where there are several."""
    found = _servers(data.writers, tuple(kinds) or (data.kind,))
    return min(found, key=lambda each: each.container) if found else None


def _servers(writers: Iterable[DataWriter], kinds: Sequence[DataKind]) -> list[DataWriter]:
    return [
        each
        for each in _running(writers)
        if any(kind in KINDS_OF_PROGRAM.get(program, ()) for program in each.programs for kind in kinds)
    ]


def _running(writers: Iterable[DataWriter]) -> list[DataWriter]:
    """Those that run and may write, each once."""
    return list({each.id: each for each in writers if each.running and not each.read_only}.values())


def _unseen(content: PlaceContent) -> str:
    if content.type == "missing":
        return "there is nothing at its path on the host"
    if content.type == "unreadable":
        return "it can't be read"
    if not content.looked:
        return "its file system did not answer in time, so what it holds is not known"
    return ""


def _doubt_of(data: DataSet, content: PlaceContent, found: Sequence[FoundDatabase], likely: FoundDatabase) -> str:
    product = PRODUCTS[likely.kind]
    if len(found) > 1:
        each = " and ".join(f"{PRODUCTS[one.kind]} in {one.folder or 'its top folder'}" for one in found)
        return f"several databases lie in it: {each}"
    if content.beside:
        file = posixpath.relpath(content.beside[0], content.real)
        return f"beside the folder of {product} ({likely.folder or '.'}) it holds other files, such as {file}"
    writers = _running(data.writers)
    if not writers or _servers(writers, (likely.kind,)):
        return ""
    untold = [each.container for each in writers if not each.programs]
    if untold:
        return f"its files are of {product}, and which programs run in {untold[0]} can't be told"
    runs = f"{writers[0].container} ({', '.join(writers[0].programs[:3])})"
    return f"its files are of {product}, and its server does not run in {runs}, which may write to them"


def _databases(content: PlaceContent, writers: Sequence[DataWriter]) -> tuple[FoundDatabase, ...]:
    """Each with its folder."""
    base = posixpath.dirname(content.real) if content.type == "file" else content.real
    markers = {posixpath.relpath(path, base): text for path, text in content.markers.items()}
    tablespaces = {posixpath.relpath(path, base) for path in content.tablespaces}
    programs = {program for each in _running(writers) for program in each.programs}
    found: dict[tuple[str, str], FoundDatabase] = {}
    innodb: dict[str, set[str]] = {}
    for path, text in sorted(markers.items()):
        folder, name = posixpath.split(path)
        if name == "PG_VERSION" and folder.partition("/")[0] not in tablespaces:
            number = text.strip()
            version = number if _PG_VERSION.fullmatch(number) else ""
            found["pg", folder] = FoundDatabase(DataKind.POSTGRESQL, folder, version)
        elif name in _INNODB:
            innodb.setdefault(folder, set()).add(name)
        elif (rdb := _key_values(folder, name, text, programs)) is not None:
            key = ("rdb", rdb.folder)
            found[key] = max(found.get(key, rdb), rdb, key=lambda each: bool(each.version))
    for folder, names in innodb.items():
        kind = DataKind.MARIADB if "aria_log_control" in names else DataKind.MYSQL
        upgraded = (markers.get(posixpath.join(folder, f"{each}_upgrade_info"), "") for each in ("mariadb", "mysql"))
        version = next((said[0] for each in upgraded if (said := _VERSION.match(each))), "")
        found["sql", folder] = FoundDatabase(kind, folder, version)
    return tuple(found.values())


def _key_values(folder: str, name: str, text: str, programs: Iterable[str]) -> FoundDatabase | None:
    """What a file of Redis or Valkey tells; None for another one. The program that runs writes the next one."""
    in_folder = posixpath.basename(folder) == "appendonlydir"
    is_dump = text.startswith(("REDIS0", "VALKEY"))
    if not (is_dump or in_folder or name == "appendonly.aof"):
        return None
    by_file = DataKind.VALKEY if text.startswith("VALKEY") or "valkey-ver" in text else DataKind.REDIS
    running = {KINDS_OF_PROGRAM[each][0] for each in programs if each in ("valkey-server", "redis-server")}
    written_by = _RDB_VERSION.search(text)
    kind = running.pop() if len(running) == 1 else by_file
    return FoundDatabase(kind, posixpath.dirname(folder) if in_folder else folder, written_by[1] if written_by else "")
