"""MariaDB and MySQL in a container, saved by their own dump program: all databases of one state, with what a restore
must find again, read from that same state; and brought back by a second server beside the one that runs.

All of it runs on the database's host: `docker exec` in its container, piped into restic there. What differs between the
two products stands in `mariadb_contents.py`, and in `_dump_options` here. None of it was tried on a real MySQL.
"""

from __future__ import annotations

import asyncio
import posixpath
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from ..engine.site import Site
from ..errors import DockworthyError, HostError
from ..host_scripts import HostScript
from ..interruption import to_its_end
from ..model.backup import BackupMethod, DataKind, PlannedData, SavedData
from ..model.saying import Say
from .differences import differences
from .exchange import FolderExchange, PlannedRestore
from .mariadb_contents import (
    ACCOUNTS_OF_MARIADB,
    ACCOUNTS_OF_MYSQL,
    CATALOG,
    LOADER,
    SERVER_PARTS,
    SETTINGS,
    Catalog,
    account,
    accounts_as_sql,
    accounts_shown,
    asked_of_accounts,
    catalog_in,
    databases_in,
    found_tables,
    is_kept_by_itself,
    may_flush,
    questions,
    quoted,
    rows_in,
    rows_to_sum,
    server_parts_as_sql,
    unchanged,
)
from .repository import Repository, RepositorySnapshot
from .server_beside import comes_up, programs_above, server_beside, stop_whole

_DATABASES = "all-databases"
_LOGIN = HostScript(__package__, "mariadb_login.sh")
_DUMP = HostScript(__package__, "mariadb_dump.sh")
_FOLDER = HostScript(__package__, "dump_folder.sh")
_LOAD = HostScript(__package__, "load_dump.sh")
_LIKE = HostScript(__package__, "folder_like.sh")
_ASKING = 120
"""Seconds for a question about the catalogue."""
_READING = 6 * 3600
"""Seconds for all databases: their dump, or the sums of their tables."""
_WAYS = (("root", ""), ("own", ""), ("own", "mysql"), ("tcp", ""))
"""Accounts as whom the programs are tried, and the user of the container who starts them ("": its own one): see
mariadb_login.sh."""
_CLIENT = ("--batch", "--skip-column-names", "--unbuffered", "--no-auto-rehash", "--default-character-set=utf8mb4")
_LARGEST_PACKET = "--max-allowed-packet=1G"
_PROGRAMS = ("mariadbd", "mysqld")
_INITS = frozenset({"docker-init", "tini", "dumb-init", "catatonit", "s6-svscan", "s6-supervise", "runsv", "runsvdir"})
"""Programs above a server that has come to stay. One below an image's own script fills the folder, and ends again."""
_STAYS = 60
"""Seconds after which a server below such a script is taken for the one that stays."""
_INIT_SCRIPTS = "/docker-entrypoint-initdb.d"
_METHODS = {DataKind.MYSQL: BackupMethod.MYSQL_DUMP}
_FOR_LOADING = """
SET GLOBAL event_scheduler = OFF;
SET GLOBAL max_allowed_packet = 1073741824;
SET GLOBAL innodb_flush_log_at_trx_commit = 0;
SET GLOBAL sync_binlog = 0;
SET GLOBAL strict_password_validation = OFF;
"""
"""Not every version knows each."""


class MariadbServer:
    """The server in one container, reached by the programs of that container. `option_file`: a path in the container,
    by which its programs get in; "" for what the container was given."""

    def __init__(self, site: Site, container: str, name: str, option_file: str = "") -> None:
        self.site = site
        self.container = container
        self.name = name
        self.version = ""
        self._docker = ("docker", "--host", f"unix://{site.socket}")
        self._option_file = option_file
        self._way = _WAYS[0]

    async def find_login(self) -> None:
        """Finds out as whom it lets its own programs in, who may see all. Raises HostError in its words."""
        says = ""
        for way in [(self._option_file, "")] if self._option_file else _WAYS:
            self._way = way
            asked = self.client(*_CLIENT, "--execute=SELECT VERSION(), COUNT(*) FROM mysql.user")
            done = await self.site.shell.ask(asked, seconds=_ASKING)
            if not done.status:
                self.version = done.output.partition("\t")[0]
                return
            if not says or ("denied" in done.words and "denied" not in says):
                says = done.words
        key = "mariadb" if not self.version or self.is_mariadb else "mysql"
        raise HostError(
            f"{self.name}: its database lets nobody in who may see all of it: {says}",
            hint="the root password that its container was given is not right, or no more; name a file of the "
            "container with the lines [client], user=… and password=… in dockworthy.yaml: "
            f"`backup: {{data: {{{self.name}: {{{key}: {{option_file: /run/secrets/backup.cnf}}}}}}}}`; "
            "or let root in by its socket: ALTER USER root@localhost IDENTIFIED VIA unix_socket",
        )

    @property
    def is_mariadb(self) -> bool:
        return "MariaDB" in self.version

    @property
    def number(self) -> str:
        """Its version without what the distribution adds."""
        return self.version.partition("-")[0]

    def client(self, *words: str, keeps_input: bool = False) -> str:
        """A command for a shell of the host, which runs the client of the container."""
        return self._command("client", *words, keeps_input=keeps_input)

    def _command(self, what: str, *words: str, keeps_input: bool = False) -> str:
        way, user = self._way
        asked = [
            *self._docker,
            "exec",
            *(["--interactive"] if keeps_input else []),
            *(["--user", user] if user else []),
        ]
        return shlex.join([*asked, self.container, "sh", "-c", _LOGIN.bare, "sh", way, what, *words])

    def dump(self, *words: str) -> str:
        """The same of its dump program, which begins when it is told to."""
        return self._command("dump", *words, keeps_input=True)

    async def offers(self, option: str) -> bool:
        """Does its dump program know the option? Raises HostError."""
        return not (await self.site.shell.ask(self._command("offers", option), seconds=_ASKING)).status

    async def rows(self, sql: str, *, seconds: float = _ASKING, force: bool = False) -> list[list[str]]:
        """What it answers. `force`: a statement that fails does not keep the others from being tried. Raises HostError
        in its words."""
        if not self.version:
            await self.find_login()
        words = (*_CLIENT, *(["--force"] if force else []))
        done = await self.site.shell.ask(
            self.client(*words, keeps_input=True), given=f"{SETTINGS}{sql}".encode(), seconds=seconds
        )
        if done.status and not force:
            raise HostError(f"{self.name}: its database refuses: {done.words}")
        return rows_in(done.output)

    async def value(self, sql: str, database: str = "") -> str:
        """The one value that it answers, as text; "" for none. Raises HostError."""
        rows = await self.rows(f"{f'USE {quoted(database)};' if database else ''}\n{sql};\n", seconds=_READING)
        return rows[0][0] if rows and rows[0] else ""

    async def largest_database(self) -> str:
        """ "" for none. Raises HostError."""
        catalog = await self.catalog()
        sizes = dict.fromkeys(catalog.databases, 0)
        for table in catalog.tables:
            sizes[table.database] += table.bytes
        return max(sizes, key=lambda each: sizes[each], default="")

    async def is_up(self) -> bool:
        """Does the server answer that has come to stay? An image that fills an empty folder runs another one before.
        Raises EngineError."""
        try:
            above = await programs_above(self.site, self.container, _PROGRAMS)
            if above is None:
                return False
            await self.find_login()
            if _INITS.issuperset(above):
                return True
            status = await self.rows("SELECT @@skip_networking; SHOW GLOBAL STATUS LIKE 'Uptime';\n")
        except DockworthyError:
            return False
        return status[0] == ["0"] and int(status[1][1]) > _STAYS

    async def catalog(self) -> Catalog:
        """Raises HostError."""
        return catalog_in(await self.rows(CATALOG))

    async def sequences(self, catalog: Catalog) -> dict[str, dict[str, int]]:
        """What they give next, or would after a restart. Raises HostError."""
        asked = [f"SELECT next_not_cached_value FROM {quoted(d)}.{quoted(name)};" for d, name in catalog.sequences]
        found: dict[str, dict[str, int]] = {}
        for (database, name), row in zip(
            catalog.sequences, await self.rows("\n".join(asked)) if asked else (), strict=True
        ):
            found.setdefault(database, {})[name] = int(row[0])
        return found

    async def _has_health_account(self) -> bool:
        """Its data folder has the password, which is another one in each. Raises HostError."""
        file = posixpath.join(await self.value("SELECT @@datadir"), ".my-healthcheck.cnf")
        asked = [*self._docker, "exec", self.container, "sh", "-c", '[ -e "$1" ]', "sh", file]
        return not (await self.site.shell.ask(shlex.join(asked), seconds=_ASKING)).status

    async def accounts(self) -> _Accounts:
        """Without those that every data folder has of its own. Raises HostError."""
        health = await self._has_health_account()
        rows = await self.rows(ACCOUNTS_OF_MARIADB if self.is_mariadb else ACCOUNTS_OF_MYSQL)
        names = [(row[1], row[2]) for row in rows if row[0] == "account"]
        return _Accounts(
            sorted(each for each in names if not is_kept_by_itself(*each, health=health)),
            [row[1] for row in rows if row[0] == "holds"],
            [row[1:] for row in rows if row[0] == "default"],
        )


_GONE = tuple(f"ERROR {number} " for number in (1054, 1146, 1305, 1356))
"""Errors of a right to a column, table, routine or view that is not there."""


class _Accounts:
    """User and host of each; the roles that LOADER holds; roles by default, of MySQL."""

    def __init__(self, names: list[tuple[str, str]], holds: list[str], defaults: list[list[str]]) -> None:
        self.names = names
        self.holds = holds
        self.defaults = defaults


async def save_mariadb(
    site: Site, repository: Repository, planned: PlannedData, *, tags: Mapping[str, str], say: Say
) -> SavedData:
    """Saves all databases, and accounts, with what a restore must find. Raises HostError; no snapshot that was begun
    stays without its end."""
    data = planned.data
    server = MariadbServer(site, planned.container, data.name, planned.option_file)
    await server.find_login()
    accounts = await server.accounts()
    shown = await server.rows(asked_of_accounts(accounts.names), force=True)
    known = accounts_shown(accounts.names, shown)
    if len([row for row in shown if row[0] == "of"]) != len(accounts.names) or not known:
        raise HostError(f"{data.name}: its database does not tell what its accounts are")
    if hidden := [account(*each) for each in accounts.names if each not in known]:
        say(f"{data.name}: accounts that its settings let nobody use are not saved: {', '.join(hidden)}")
    as_sql = accounts_as_sql(accounts.names, shown, holds=accounts.holds, defaults=accounts.defaults)
    snapshots: dict[str, RepositorySnapshot] = {}

    async def save_text(part: str, text: str) -> None:
        snapshots[part] = await repository.save_bytes(f"{part}.sql", text.encode(), tags={**tags, "part": part})

    if parts := server_parts_as_sql(await server.rows(SERVER_PARTS)):
        await save_text("server", parts)
    before = await server.catalog()
    expected: dict[str, dict[str, Any]] = {}
    held = 0.0
    if before.databases:
        expected, snapshots[_DATABASES], held = await _dump(
            server, repository, before, {**tags, "part": _DATABASES}, say
        )
    await save_text("users", as_sql)
    return SavedData(
        name=data.name,
        project=data.project,
        kind=data.kind,
        method=planned.method,
        version=server.number,
        volume=data.volume,
        path=data.path,
        bytes=sum(each.total_bytes for each in snapshots.values()),
        downtime=round(held, 3),
        snapshots={part: each.id for part, each in snapshots.items()},
        expected={"databases": expected, "users": [account(*each) for each in known]},
    )


async def _dump(
    server: MariadbServer, repository: Repository, before: Catalog, tags: Mapping[str, str], say: Say
) -> tuple[dict[str, dict[str, Any]], RepositorySnapshot, float]:
    """What a restore must find, the snapshot, and for how many seconds nobody could write. Raises HostError."""
    site = server.site
    options = await _dump_options(server, before)
    history = "--dump-history" in options
    if not history and any(each.versioned for each in before.tables):
        say(f"{server.name}: older rows of system-versioned tables are not saved: its dump program is too old for them")
    keep, lock = await _locks(server, before, say)
    sequences = await server.sequences(before)
    first = rows_to_sum(before.with_rows)
    asked = questions(before.with_rows, first, history=history)
    made = await site.shell.run(_FOLDER.with_arguments(keep=keep, lock=lock, questions=asked), seconds=_ASKING)
    if made.status:
        raise HostError(f"{site.name}: no temporary file can be made: {made.words}", hint="is its disk full?")
    folder = made.output.strip()
    try:
        script = _DUMP.with_arguments(
            folder=folder,
            session=server.client(*_CLIENT, keeps_input=True),
            reading=server.client(*_CLIENT, "--force", keeps_input=True),
            dump=server.dump(*options, "--databases", "--", *before.databases),
        )
        snapshot = await repository.save_output("dump.sql", script, tags=tags, seconds=_READING)
        read = await site.shell.run(
            shlex.join(("cat", f"{folder}/held", f"{folder}/answers", f"{folder}/reading.errors")), seconds=_ASKING
        )
    finally:
        await to_its_end(site.shell.run(f"rm -rf -- {shlex.quote(folder)}"))
    held, _, answers = read.output.partition("\n")
    seconds = int(held) / 1_000_000
    say(f"{server.name}: nobody could write for {seconds:.2f} s, while its dump began")
    rows = [each for each in rows_in(answers) if len(each) == 3 and each[0].isdecimal()]
    tables = found_tables(before.with_rows, rows, first)
    same = unchanged(before, await server.catalog())
    silent = [each for each in same.with_rows if each.name not in tables.get(each.database, {})]
    if silent:
        name = f"{silent[0].database}.{silent[0].name}"
        raise HostError(f"{server.name}: what {name} holds could not be read: {answers[-300:].strip()}")
    names = {(each.database, each.name) for each in same.tables}
    kept = {
        database: {name: said for name, said in found.items() if (database, name) in names}
        for database, found in tables.items()
    }
    if changed := len(before.tables) - len(same.tables):
        says = "tables were altered or dropped while it was saved: what they hold is not compared"
        say(f"{server.name}: {changed} {says}")
    return databases_in(same, kept, sequences), snapshot, seconds


async def _dump_options(server: MariadbServer, catalog: Catalog) -> tuple[str, ...]:
    """Of the dump program, for databases of the catalogue. Raises HostError for what it can't save.

    Comments are left out: with some versions a line break in a name ends one, and what follows would be SQL."""
    options = [
        "--single-transaction", "--quick", "--routines", "--triggers", "--hex-blob", "--skip-comments",
        "--default-character-set=utf8mb4", _LARGEST_PACKET,
    ]  # fmt: skip
    if any(each.versioned for each in catalog.tables) and await server.offers("--dump-history"):
        options.append("--dump-history")
    if not server.is_mariadb:
        options.append("--set-gtid-purged=OFF")
    odd = [each for each in catalog.databases if set(each) & set("'\"\\")]
    if not odd:
        options.append("--events")
    elif any("events" in catalog.objects[each] for each in catalog.databases):
        # It asks for a database of another name, and fails: MariaDB 11.8, mysqldump's dump_events_for_db.
        raise HostError(
            f"{server.name}: its dump program saves no events where the name of a database has a quote: {odd[0]}",
            hint="rename that database, or drop the events; or copy its files: `quiesce: stop`",
        )
    return tuple(options)


async def _locks(server: MariadbServer, catalog: Catalog, say: Say) -> tuple[str, str]:
    """Statements that lock until the end what knows no transactions, and that let nobody write for an instant. Raises
    HostError."""
    keep = ""
    if without := catalog.without_transactions:
        keep = f"LOCK TABLES {', '.join(f'{each.full_name} READ' for each in without)};"
        names = ", ".join(f"{each.database}.{each.name} ({each.engine})" for each in without[:3])
        say(f"{server.name}: while they are saved, nobody can write to tables without transactions: {names}")
    grants = [row[0] for row in await server.rows("SHOW GRANTS;\n")]
    if may_flush(grants):
        return keep, "FLUSH TABLES WITH READ LOCK;"
    say(f"{server.name}: it is dumped by an account without the right RELOAD, so each table is locked for an instant")
    tables = [each for each in catalog.with_rows if each.transactional]
    return keep, f"LOCK TABLES {', '.join(f'{each.full_name} READ' for each in tables)};" if tables else "DO 0;"


async def load_databases(server: MariadbServer, repository: Repository, saved: SavedData) -> None:
    """Into a server that holds nothing that anybody needs: all databases of its own go first. It runs no events from
    then on. Raises HostError in its words."""
    there = catalog_in(await server.rows(CATALOG)).databases
    await server.rows("".join(f"DROP DATABASE {quoted(each)};\n" for each in there))
    await server.rows(_FOR_LOADING, force=True)
    if snapshot := saved.snapshots.get("server"):
        parts = await repository.read_bytes(snapshot, "server.sql")
        await server.rows(parts.decode(), force=True)  # some are there already
    if snapshot := saved.snapshots.get(_DATABASES):
        words = ("--binary-mode", "--init-command=SET SESSION sql_log_bin = 0", "--default-character-set=utf8mb4")
        load = server.client(*words, _LARGEST_PACKET, keeps_input=True)
        dump = repository.dump_command(snapshot, "dump.sql")
        done = await server.site.shell.ask(_LOAD.with_arguments(dump, load), seconds=_READING)
        if done.status:
            raise HostError(f"{server.name}: its databases could not be restored: {done.words}")


async def found_in(server: MariadbServer, expected: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What each database holds now, in the words of `expected["databases"]`, which says of how many rows the sums are.
    Raises HostError."""
    first = {
        (database, table): said["first"]
        for database, wanted in expected.items()
        for table, said in wanted["tables"].items()
        if "first" in said
    }
    catalog = await server.catalog()
    known = {(database, table) for database, wanted in expected.items() for table in wanted["tables"]}
    tables = [each for each in catalog.with_rows if (each.database, each.name) in known]
    history = await server.offers("--dump-history")
    asked = f"START TRANSACTION WITH CONSISTENT SNAPSHOT;\n{questions(tables, first, history=history)}"
    rows = await server.rows(asked, seconds=_READING)
    return databases_in(catalog, found_tables(tables, rows, first), await server.sequences(catalog))


async def missing_in(server: MariadbServer, saved: SavedData) -> tuple[str, ...]:
    """What a restore did not bring back of its databases, as sentences. Raises HostError."""
    wanted: Mapping[str, Mapping[str, Any]] = saved.expected["databases"]
    found = await found_in(server, wanted)
    said: list[str] = []
    for database, expected in wanted.items():
        if database not in found:
            said.append(f"the database {database} is missing")
        else:
            said += (f"{database}: {each}" for each in differences(expected, found[database]))
    return tuple(said)


async def load_users(server: MariadbServer, repository: Repository, saved: SavedData, *, say: Say) -> tuple[str, ...]:
    """After the databases, to which rights may be of a single routine. Accounts that were not saved go; root has the
    saved password from then on. Returns what is missing, as sentences. Raises HostError in its words."""
    text = (await repository.read_bytes(saved.snapshots["users"], "users.sql")).decode()
    loader = await server.value("SELECT CURRENT_USER()")
    if loader != "@".join(LOADER):
        raise HostError(f"{server.name}: accounts are loaded by root@localhost, and {loader} was let in")
    wanted: Sequence[str] = saved.expected["users"]
    there = (await server.accounts()).names
    gone = [each for each in there if account(*each) not in wanted and each[1] and each != LOADER]
    before = "".join(f"DROP USER {account(*each)};\n" for each in gone)
    asked = ACCOUNTS_OF_MARIADB if server.is_mariadb else ACCOUNTS_OF_MYSQL
    after = "" if account(*LOADER) in wanted else f"DROP USER {account(*LOADER)};\n"
    script = f"{SETTINGS}SET SESSION sql_log_bin = 0;\n{before}{text}{after}{asked}"
    load = server.client(*_CLIENT, "--force", keeps_input=True)
    done = await server.site.shell.ask(f"{load} 2>&1", given=script.encode(), seconds=_READING)
    failed = [line for line in done.output.splitlines() if line.startswith("ERROR ")]
    if wrong := [line for line in failed if not line.startswith(_GONE)]:
        raise HostError(f"{server.name}: its accounts could not be restored: {wrong[0]}")
    if failed:  # such rights stay where a table is dropped, and can't be given again
        say(f"{server.name}: rights to what was gone already are left out: {failed[0].partition(': ')[2]}")
    rows = rows_in(done.output)
    found = {account(row[1], row[2]) for row in rows if row[0] == "account"}
    return tuple(f"the account {each} is missing" for each in wanted if each not in found)


class MariadbExchange(FolderExchange):
    """A second server of the same image loads the dump into a folder beside the old one, and stops; then the folders
    are exchanged."""

    def __init__(self, site: Site, repository: Repository, planned: PlannedRestore, say: Say) -> None:
        super().__init__(site, repository, planned, say)
        target = planned.target
        self._container = planned.server
        mounted = [each.mounted_at for each in target.writers if each.id == planned.server and not each.read_only]
        self._mounted_at = mounted[0]
        self._at = posixpath.join(mounted[0], target.data_folder) if target.data_folder else mounted[0]

    def _place_of(self, planned: PlannedRestore) -> str:
        return posixpath.join(planned.target.path, planned.target.data_folder).rstrip("/")

    async def _fill(self, folder: str) -> tuple[str, ...]:
        await self._like("owner", folder)
        async with server_beside(
            self._site,
            self._container,
            name=self.name,
            folder=folder,
            at=self._at,
            instead_of=self._mounted_at,
            hidden=(_INIT_SCRIPTS,),
        ) as container:
            server = MariadbServer(self._site, container, self.name)
            await comes_up(self._site, container, server.is_up, name=self.name)
            await self._must_be_in_one_folder(server)
            await load_databases(server, self._repository, self._saved)
            said = await missing_in(server, self._saved)
            said += await load_users(server, self._repository, self._saved, say=self._say)
            await stop_whole(self._site, container, name=self.name)
        await self._like("kept", folder)
        await self._like("owner", folder)
        return said

    async def _like(self, what: str, folder: str) -> None:
        done = await self._site.shell.run(_LIKE.with_arguments(what, self._path, folder))
        if done.status:
            raise HostError(f"{self._site.name}: {folder} can't be made like {self._path}: {done.words}")

    async def _must_be_in_one_folder(self, server: MariadbServer) -> None:
        """Raises HostError where its settings put a part of the database elsewhere: that would stay as it is, and fit
        no more."""
        (row,) = await server.rows(
            "SELECT @@datadir, IFNULL(@@innodb_data_home_dir, ''), @@innodb_log_group_home_dir,"
            " IFNULL(@@innodb_undo_directory, '');\n"
        )
        folder = posixpath.normpath(row[0])
        for place in row[1:]:
            at = posixpath.normpath(posixpath.join(folder, place or "."))
            if at != folder and not at.startswith(f"{folder}/"):
                raise HostError(
                    f"{self.name}: a part of its database lies in {at}, outside of {folder}: it would not come with it",
                    hint="load the dump by hand: dockworthy backup kit",
                )
        wsrep = await server.rows("SHOW GLOBAL VARIABLES LIKE 'wsrep_on';\n")
        if wsrep and wsrep[0][1] in ("ON", "1"):
            raise HostError(
                f"{self.name}: it is a node of a Galera cluster, which can't be exchanged alone",
                hint="load the dump into the cluster: dockworthy backup kit",
            )


async def damage_in(server: MariadbServer) -> tuple[str, ...]:
    """What CHECK TABLE finds in its tables, as sentences. Raises HostError."""
    tables = [each.full_name for each in (await server.catalog()).with_rows]
    rows = await server.rows(f"CHECK TABLE {', '.join(tables)};\n", seconds=_READING) if tables else []
    return tuple(f"{row[0]}: {row[3]}" for row in rows if len(row) == 4 and row[2].lower() in ("error", "warning"))


async def delete_a_row(server: MariadbServer, database: str) -> str:
    """The table in which one was deleted, "" where none gives one away. Raises HostError."""
    for table in (await server.catalog()).with_rows:
        if table.database != database or table.versioned:  # of such a one, older rows count as well
            continue
        gone = f"SET SESSION foreign_key_checks = 0; DELETE FROM {table.full_name} LIMIT 1; SELECT ROW_COUNT();\n"
        if await server.rows(gone, force=True) == [["1"]]:
            return table.name
    return ""


async def empty_database(server: MariadbServer, database: str) -> None:
    """Another one of that name takes its place. Raises HostError."""
    await server.rows(f"DROP DATABASE {quoted(database)}; CREATE DATABASE {quoted(database)};\n", seconds=_READING)


async def wait_until_up(server: MariadbServer, *, seconds: float) -> None:
    """Raises HostError in its words where it does not come up."""
    clock = asyncio.get_running_loop().time
    ends = clock() + seconds
    while not await server.is_up():
        if clock() > ends:
            await server.find_login()
            raise HostError(f"{server.name}: its image does not come to an end with filling its folder")
        await asyncio.sleep(0.5)
