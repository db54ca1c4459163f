"""PostgreSQL in a container, saved by its own pg_dump: of each database one state, with what a restore of it must find
again, read from that same state (`pg_export_snapshot`).

All of it runs on the database's host: `docker exec` in its container, piped into restic there.
"""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec
from msgspec import Struct

from ..engine.host_shell import HostShell
from ..engine.site import Site
from ..errors import HostError
from ..host_scripts import HostScript
from ..interruption import all_to_their_end
from ..model.backup import BackupMethod, DataSet, SavedData
from ..model.saying import Say
from .differences import differences
from .exchange import Exchange, PlannedRestore, what_is_left
from .lanes import Lane, Lanes
from .repository import Repository, RepositorySnapshot

_LOGIN = HostScript(__package__, "database_login.sh")
_IN_LARGE_PIECES = HostScript(__package__, "in_large_pieces.sh")
_SESSION = HostScript(__package__, "psql_session.sh")
_LOAD = HostScript(__package__, "load_dump.sh")
_LOAD_ALL = HostScript(__package__, "load_dumps.sh")
_EXPECTED = HostScript(__package__, "expected_of_postgresql.sql")
_PSQL = ("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "--no-password")
_QUIET = (
    "-e",
    "PGOPTIONS=-c client_min_messages=error -c lock_timeout=60000 -c idle_in_transaction_session_timeout=0"
    " -c synchronous_commit=local",
)
"""What is done here waits for no other server: the receiver of the log may be what is put in order."""
_ASKING = 60
"""Seconds for a question about the catalogue."""
_READING = 6 * 3600
"""Seconds for a whole database: its dump, or the sums of its tables."""
LOADING, ASIDE = "dockworthy_restore_", "dockworthy_before_"
"""How the names of databases begin that a restore loads, and that it put aside."""
_OF_A_RESTORE = re.compile(rf"({LOADING}|{ASIDE})[0-9a-f]{{8}}_\d+$")
_USERS = ("", "postgres")
"""Accounts of the container as which its programs are started: its own one first; `peer` in pg_hba.conf may want the
other."""
_DATABASES = """
SELECT json_build_object('name', datname, 'bytes', pg_database_size(d.oid), 'owner', pg_get_userbyid(datdba),
    'encoding', pg_encoding_to_char(encoding), 'collate', datcollate, 'ctype', datctype, 'connections', datconnlimit,
    'access', datacl::text,
    'provider', to_jsonb(d) ->> 'datlocprovider',
    'locale', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'),
    'comment', shobj_description(d.oid, 'pg_database'),
    'settings', (SELECT to_json(setconfig) FROM pg_db_role_setting WHERE setdatabase = d.oid AND setrole = 0))
FROM pg_database d WHERE datallowconn AND NOT datistemplate ORDER BY datname
"""
_ROLES = "SELECT json_agg(rolname ORDER BY rolname) FROM pg_roles WHERE rolname !~ '^pg_'"
_SEQUENCES = """
SELECT coalesce(json_object_agg(format('%I.%I', schemaname, sequencename), last_value), '{}') FROM pg_sequences
WHERE last_value IS NOT NULL
"""


class PostgresqlServer:
    """The server in one container, reached by the programs of that container. `docker`: the words that reach the
    engine on the host."""

    def __init__(self, site: Site, container: str, name: str) -> None:
        self.site = site
        self.name = name
        self._container = container
        self._docker = ("docker", "--host", f"unix://{site.socket}")
        self._user = ""

    def through(self, site: Site) -> PostgresqlServer:
        """The same one, reached by another shell of its host, once its login was found."""
        same = PostgresqlServer(site, self._container, self.name)
        same._user = self._user
        return same

    async def find_login(self) -> None:
        """Finds out as whom it lets its own programs in. Raises HostError in its words."""
        says = ""
        for self._user in _USERS:
            done = await self.site.shell.ask(self.program(*_PSQL, "--command", "SELECT 1"), seconds=_ASKING)
            if not done.status:
                return
            says = says or done.words
        raise HostError(
            f"{self.name}: its database lets nobody in: {says}",
            hint="let the container's own user in by its socket: a line `local all postgres peer` in pg_hba.conf",
        )

    def program(self, *words: str, database: str = "template1", keeps_input: bool = False) -> str:
        """A command for a shell of the host, which runs a program of the container as the database's superuser."""
        asked = [*self._docker, "exec", *(["--interactive"] if keeps_input else []), *_QUIET]
        asked += ["-e", f"PGDATABASE={database}", *(["--user", self._user] if self._user else []), self._container]
        return shlex.join([*asked, "sh", "-c", _LOGIN.bare, "sh", *words])

    async def json_lines(self, sql: str) -> list[Any]:
        """Answers of one JSON value a line. Raises HostError."""
        done = await self.site.shell.ask(
            f"{self.program(*_PSQL, keeps_input=True)}", given=sql.encode(), seconds=_ASKING
        )
        if done.status:
            raise HostError(f"{self.name}: its database does not tell what it holds: {done.words}")
        return [msgspec.json.decode(line) for line in done.output.splitlines() if line]

    async def value(self, sql: str, database: str) -> str:
        """The one value that it answers, as text. Raises HostError in PostgreSQL's words."""
        command = self.program(*_PSQL, "--file=-", database=database, keeps_input=True)
        done = await self.site.shell.ask(command, given=f"{sql};\n".encode(), seconds=_READING)
        if done.status:
            raise HostError(f"{self.name}: its database refuses: {done.words}")
        return done.output.strip()

    async def databases(self) -> list[dict[str, Any]]:
        """Name and properties of each that somebody can connect to, but for those of a restore. Raises HostError."""
        return [each for each in await self.json_lines(_DATABASES) if not _OF_A_RESTORE.match(str(each["name"]))]

    async def of_restores(self) -> list[str]:
        """Names of databases that a restore made, or put aside. Raises HostError."""
        names = [str(each["name"]) for each in await self.json_lines(_DATABASES)]
        return [name for name in names if _OF_A_RESTORE.match(name)]


class OneState(Struct, frozen=True):
    """A database that is read in one state. `snapshot`: its name, for pg_dump."""

    snapshot: str
    session: PsqlSession


class PsqlSession:
    """A psql that stays open, in a shell of the host. One at a time."""

    def __init__(self, shell: HostShell, of: str) -> None:
        self._shell = shell
        self._of = of

    async def begin(self, command: str) -> None:
        await self._call("psql_begin", command)

    async def send(self, sql: str) -> str:
        """Returns the mark at which its answer ends."""
        mark = f"dockworthy-{secrets.token_hex(8)}"
        await self._call("psql_send", f"{sql}\n\\echo {mark}")
        return mark

    async def answer(self, mark: str, *, seconds: int = _ASKING) -> str:
        return await self._call("psql_answer", mark, str(seconds), seconds=seconds + 30)

    async def end(self) -> None:
        await self._call("psql_end")

    async def _call(self, *words: str, seconds: float = _ASKING) -> str:
        done = await self._shell.within(f"{_SESSION.text}{shlex.join(words)}", seconds=seconds)
        if done.status:
            raise HostError(f"{self._of} can't be read in one state: {done.words or 'psql ended'}")
        return done.output


@asynccontextmanager
async def in_one_state(server: PostgresqlServer, database: str) -> AsyncIterator[OneState]:
    """Until the end of the block the database is seen as it is now. Raises HostError."""
    session = PsqlSession(server.site.shell, f"{server.name}: the database {database}")
    await session.begin(server.program(*_PSQL, database=database, keeps_input=True))
    try:
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\nSELECT pg_export_snapshot();"
        yield OneState((await session.answer(await session.send(begin))).strip(), session)
    finally:
        await session.end()


async def save_postgresql(
    lanes: Lanes, data: DataSet, container: str, *, tags: Mapping[str, str], begins: Callable[[], None]
) -> SavedData:
    """Saves roles, and every database with what a restore must find: the largest one first, and the others beside it.
    `begins` is called when a lane is free. Raises HostError; no snapshot that was begun stays without its end."""
    snapshots: dict[str, RepositorySnapshot] = {}
    expected: dict[str, Any] = {}
    async with AsyncExitStack() as stack:
        lane = await stack.enter_async_context(lanes.one())
        begins()
        server = PostgresqlServer(lane[0], container, data.name)
        await server.find_login()
        largest_first = sorted(await server.databases(), key=lambda each: int(each["bytes"]), reverse=True)
        (roles,) = await server.json_lines(_ROLES)
        first = stack.pop_all()

    async def save_largest() -> None:
        async with first:
            for largest in largest_first[:1]:  # a server may have none
                await save_one(lane, largest)

    async def save_another(properties: Mapping[str, Any]) -> None:
        async with lanes.one() as beside:
            await save_one(beside, properties)

    async def save_globals() -> None:
        async with lanes.one() as (site, repository):
            words = ("pg_dumpall", "--globals-only", "--no-password")
            snapshots["globals"] = await repository.save_output(
                "globals.sql", server.through(site).program(*words), tags={**tags, "part": "globals"}, seconds=_ASKING
            )

    async def save_one(lane: Lane, properties: Mapping[str, Any]) -> None:
        site, repository = lane
        database = str(properties["name"])
        part = f"database/{database}"
        snapshots[part], expected[database] = await _save_database(
            server.through(site), repository, properties, tags={**tags, "part": part}
        )

    await all_to_their_end([save_largest(), save_globals(), *(save_another(each) for each in largest_first[1:])])
    return SavedData(
        name=data.name,
        project=data.project,
        kind=data.kind,
        method=BackupMethod.PG_DUMP,
        version=data.version,
        volume=data.volume,
        path=data.path,
        bytes=sum(each.total_bytes for each in snapshots.values()),
        snapshots={part: snapshots[part].id for part in sorted(snapshots, key=lambda part: (part != "globals", part))},
        expected={"roles": roles, "databases": dict(sorted(expected.items()))},
    )


async def _save_database(
    server: PostgresqlServer, repository: Repository, properties: Mapping[str, Any], *, tags: Mapping[str, str]
) -> tuple[RepositorySnapshot, dict[str, Any]]:
    """The snapshot of its dump, and what a restore of that must find."""
    database = str(properties["name"])
    async with in_one_state(server, database) as state:
        # Sequences follow no transaction: what they had before the dump is the least that it holds.
        before = await state.session.answer(await state.session.send(f"{_SEQUENCES};"))
        reading = await state.session.send(_EXPECTED.text)  # while pg_dump dumps
        dump = ("pg_dump", f"--snapshot={state.snapshot}", "--lock-wait-timeout=60s", "--no-password")
        script = server.program("sh", "-c", _IN_LARGE_PIECES.bare, "sh", *dump, database=database)
        snapshot = await repository.save_output("dump.sql", script, tags=tags, seconds=_READING)
        found = await state.session.answer(reading, seconds=_READING)
    known = {key: value for key, value in properties.items() if key not in ("name", "bytes") and value is not None}
    return snapshot, {"properties": known, "sequences": msgspec.json.decode(before), **expected_in(found)}


def expected_in(lines: str) -> dict[str, Any]:
    """What `expected_of_postgresql.sql` answered: `extensions`, `objects`, and `tables` with rows and sum of each."""
    found: dict[str, Any] = {"extensions": {}, "objects": {}, "tables": {}}
    for line in lines.splitlines():
        said = msgspec.json.decode(line)
        if "table" in said:
            found["tables"][said["table"]] = {"rows": said["rows"], "sum": said["sum"]}
        else:
            found |= said
    return found


async def load_dumps(
    server: PostgresqlServer, repository: Repository, saved: SavedData, into: Mapping[str, str], *, drop: bool = False
) -> None:
    """Loads the roles, and each database of `saved` into a new one that is called as `into` says: all of a database or
    nothing. Roles that are there already stay, with the saved passwords and rights. `drop`: a database that has the
    name goes. Raises HostError in PostgreSQL's words: then some of them may be there."""
    databases: Mapping[str, Any] = saved.expected["databases"]
    reads = server.program(*_PSQL, "--file=-", database="template1", keeps_input=True)
    roles = f"{repository.dump_command(saved.snapshots['globals'], 'globals.sql')} | {_EACH_ROLE_ONCE}"
    makes = [
        statement
        for name, new in into.items()
        for statement in (*([_dropped(new)] if drop else []), *created_by(new, databases[name]["properties"]))
    ]  # none of them may be in a transaction with others
    first = f"{_of_itself(_LOAD.with_arguments(roles, reads))} || exit\n"
    first += f"printf '%s;\\n' {shlex.join(makes)} | {reads}"
    largest_first = sorted(into, key=lambda name: -sum(each["rows"] for each in databases[name]["tables"].values()))
    each_one = []
    for name in largest_first:
        loads = server.program(*_PSQL, "--single-transaction", "--file=-", database=into[name], keeps_input=True)
        each_one += [repository.dump_command(saved.snapshots[f"database/{name}"], "dump.sql"), loads]
    script = _LOAD_ALL.with_arguments(first, *each_one, load_one=_LOAD.bare)
    done = await server.site.shell.ask(script, seconds=_READING)
    if done.status:
        number, _, words = (done.output.splitlines() or [""])[0].partition(" ")
        what = f"the database {largest_first[int(number) - 1]}" if number.isdigit() and int(number) else "its roles"
        raise HostError(f"{server.name}: {what} could not be restored: {words or done.words}")


async def found_in(server: PostgresqlServer, database: str) -> dict[str, Any]:
    """What a database holds now, in the words of `expected` in the manifest. Raises HostError."""
    async with in_one_state(server, database) as state:
        sequences = await state.session.answer(await state.session.send(f"{_SEQUENCES};"))
        found = await state.session.answer(await state.session.send(_EXPECTED.text), seconds=_READING)
    return {"sequences": msgspec.json.decode(sequences), **expected_in(found)}


def exchanged_by(database: str, new: str, aside: str) -> str:
    """The SQL by which `new` takes the name of `database`, which is called `aside` from then on ("": it is not there):
    both at once, or nothing. Whoever is connected to one of them is disconnected."""
    both = ", ".join(_literal(each) for each in (database, new))
    away = f"ALTER DATABASE {_quoted(database)} RENAME TO {_quoted(aside)};" if aside else ""
    return f"""
DO $$ BEGIN PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN ({both}); END $$;
BEGIN; {away} ALTER DATABASE {_quoted(new)} RENAME TO {_quoted(database)}; COMMIT;"""


async def drop_database(server: PostgresqlServer, database: str) -> None:
    """Also where somebody is connected to it. Raises HostError."""
    await server.value(_dropped(database), "template1")


def created_by(name: str, properties: Mapping[str, Any]) -> list[str]:
    """The statements that make an empty database with the properties of the saved one."""
    words = [f"CREATE DATABASE {_quoted(name)} WITH TEMPLATE template0"]
    for key, option in (("owner", "OWNER"), ("encoding", "ENCODING"), ("collate", "LC_COLLATE"), ("ctype", "LC_CTYPE")):
        if value := properties.get(key):
            words.append(f"{option} {_quoted(value) if key == 'owner' else _literal(value)}")
    provider, locale = properties.get("provider"), properties.get("locale")
    if provider == "i" and locale:
        words.append(f"LOCALE_PROVIDER icu ICU_LOCALE {_literal(locale)}")
    elif provider == "b" and locale:
        words.append(f"LOCALE_PROVIDER builtin BUILTIN_LOCALE {_literal(locale)}")
    if (limit := properties.get("connections", -1)) != -1:
        words.append(f"CONNECTION LIMIT {int(limit)}")
    said = [" ".join(words)]
    for setting in properties.get("settings") or ():
        option, _, value = str(setting).partition("=")
        written = value if option in _LISTS else _literal(value)
        said.append(f"ALTER DATABASE {_quoted(name)} SET {_quoted(option)} TO {written}")
    if comment := properties.get("comment"):
        said.append(f"COMMENT ON DATABASE {_quoted(name)} IS {_literal(comment)}")
    if access := properties.get("access"):
        said.append(f"UPDATE pg_database SET datacl = {_literal(access)}::aclitem[] WHERE datname = {_literal(name)}")
    return said


_LISTS = frozenset(
    "local_preload_libraries search_path session_preload_libraries shared_preload_libraries temp_tablespaces"
    " unix_socket_directories".split()
)
"""Settings whose value is a list that is quoted already. Source: GUC_LIST_QUOTE in PostgreSQL's guc_tables.c."""
_EACH_ROLE_ONCE = (
    """sed 's/^CREATE ROLE \\(.*\\);$/DO $dockworthy$ BEGIN CREATE ROLE \\1; """
    """EXCEPTION WHEN duplicate_object THEN NULL; END $dockworthy$;/'"""
)


def _of_itself(script: str) -> str:
    """As one command of another script."""
    return shlex.join(("sh", "-c", script))


def _dropped(database: str) -> str:
    return f"DROP DATABASE IF EXISTS {_quoted(database)} WITH (FORCE)"


def _quoted(name: str) -> str:
    """An identifier, as quote_ident writes it."""
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str) -> str:
    escaped = value.replace("'", "''")
    return f"E'{escaped}'".replace("\\", "\\\\") if "\\" in value else f"'{escaped}'"


class PostgresqlExchange(Exchange):
    """Each database is loaded under another name, and takes its place by being renamed; the server goes on."""

    def __init__(self, site: Site, repository: Repository, planned: PlannedRestore, say: Say) -> None:
        self.name = planned.saved.name
        self._saved = planned.saved
        self._repository = repository
        self._server = PostgresqlServer(site, planned.server, planned.saved.name)
        end = secrets.token_hex(4)
        self._new = {name: f"{LOADING}{end}_{number}" for number, name in enumerate(self._databases)}
        self._aside = {name: f"{ASIDE}{end}_{number}" for number, name in enumerate(self._databases)}
        self._say = say
        self._there_before: set[str] = set()

    @property
    def _databases(self) -> Mapping[str, Mapping[str, Any]]:
        found: Mapping[str, Mapping[str, Any]] = self._saved.expected["databases"]
        return found

    async def load(self) -> tuple[str, ...]:
        await self._server.find_login()
        for left in await self._server.of_restores():
            if left.startswith(LOADING):  # of a restore that was killed while it loaded: the lock is ours
                await drop_database(self._server, left)
            else:
                self._say(f"{self.name}: {what_is_left(left)}")
        self._there_before = {str(each["name"]) for each in await self._server.databases()}
        await load_dumps(self._server, self._repository, self._saved, self._new)
        said: list[str] = []
        for database, expected in self._databases.items():
            found = await found_in(self._server, self._new[database])
            said += (f"{database}: {each}" for each in differences(expected, found))
        return tuple(said)

    def exchange_script(self) -> str:
        loads = self._server.program(*_PSQL, "--file=-", database="template1", keeps_input=True)
        exchanges = (
            exchanged_by(database, new, self._aside[database] if database in self._there_before else "")
            for database, new in self._new.items()
        )
        lines = [f"printf '%s\\n' {shlex.quote(each)} | {loads} >/dev/null || exit" for each in exchanges]
        return "\n".join(lines or [":"])

    async def take_back(self) -> None:
        there = {*await self._server.of_restores()}
        for database, new in self._new.items():
            if new in there:
                continue  # it was not exchanged
            if database in self._there_before:
                await self._server.value(exchanged_by(database, self._aside[database], new), "template1")
            else:
                await drop_database(self._server, database)

    async def keep(self) -> None:
        for aside in self._aside.values():
            await drop_database(self._server, aside)

    async def forget(self) -> None:
        for new in self._new.values():
            await drop_database(self._server, new)
