"""What a MariaDB or MySQL holds, as its own catalogue tells it: what a restore must find again, and its accounts as SQL
that makes them again. Pure: the questions, and what the answers mean.

Answers are those of the client's batch mode: a row a line, values between tabs, in which `\\n`, `\\t`, `\\0` and `\\\\`
stand for what they mean in C.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

_OWN = "('information_schema', 'performance_schema', 'mysql', 'sys', 'ndbinfo')"
"""The server's own databases."""
_SYSTEM_ACCOUNTS = frozenset({"mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema"})
_HEALTH = frozenset({("healthcheck", "localhost"), ("healthcheck", "127.0.0.1"), ("healthcheck", "::1")})
"""Accounts of the official image, with the password in `.my-healthcheck.cnf` of the data folder: each folder has its
own."""
LOADER = ("root", "localhost")
"""The account that loads the others: it is changed, and never removed while it does."""
LARGE = 64 * 1024 * 1024
"""Bytes of a table from which on its first rows alone are summed up."""
FIRST = 10_000
_TRANSACTIONAL = frozenset({"innodb", "rocksdb", "tokudb", "ndbcluster", "ndb"})
_ELSEWHERE = frozenset({"mrg_myisam", "federated", "connect", "oqgraph", "spider", "vp", "s3", "blackhole"})
"""Engines whose rows lie elsewhere: the dump programs save the tables without rows."""
_BYTES = frozenset("char varchar binary varbinary bit".split())
_LONG = frozenset(
    "tinytext text mediumtext longtext tinyblob blob mediumblob longblob geometry point linestring polygon multipoint"
    " multilinestring multipolygon geometrycollection geomcollection vector".split()
)
"""Types whose bytes are summed up as they are. Source: information_schema.columns.data_type."""
_DEFAULT_ROLE = re.compile(r" DEFAULT ROLE `(?:[^`]|``)*`@`(?:[^`]|``)*`(?:,`(?:[^`]|``)*`@`(?:[^`]|``)*`)*")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANS = {"n": "\n", "t": "\t", "0": "\0", "r": "\r", "b": "\b", "Z": "\x1a"}

SETTINGS = (
    "SET SESSION time_zone = '+00:00', sql_mode = ''; /*M!100100 SET SESSION max_statement_time = 0 */; "
    "/*!50708 SET SESSION max_execution_time = 0 */;\n"
)
"""Of each session that asks: what it is answered depends on no setting of the server."""
CATALOG = f"""
SELECT 'database', SCHEMA_NAME FROM information_schema.SCHEMATA
WHERE SCHEMA_NAME NOT IN {_OWN} AND SCHEMA_NAME NOT LIKE '#mysql50#%';
SELECT 'table', TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, LOWER(IFNULL(ENGINE, '')), IFNULL(DATA_LENGTH, 0)
FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN {_OWN} ORDER BY TABLE_SCHEMA, TABLE_NAME;
SELECT 'column', TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, LOWER(DATA_TYPE) FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA NOT IN {_OWN} AND IFNULL(GENERATION_EXPRESSION, '') = ''
ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION;
SELECT 'key', TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA NOT IN {_OWN} AND INDEX_NAME = 'PRIMARY' ORDER BY TABLE_SCHEMA, TABLE_NAME, SEQ_IN_INDEX;
SELECT 'objects', TABLE_SCHEMA, 'indexes', COUNT(DISTINCT TABLE_NAME, INDEX_NAME) FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA NOT IN {_OWN} GROUP BY TABLE_SCHEMA;
SELECT 'objects', ROUTINE_SCHEMA, LOWER(CONCAT(ROUTINE_TYPE, 's')), COUNT(*) FROM information_schema.ROUTINES
WHERE ROUTINE_SCHEMA NOT IN {_OWN} GROUP BY ROUTINE_SCHEMA, ROUTINE_TYPE;
SELECT 'objects', TRIGGER_SCHEMA, 'triggers', COUNT(*) FROM information_schema.TRIGGERS
WHERE TRIGGER_SCHEMA NOT IN {_OWN} GROUP BY TRIGGER_SCHEMA;
SELECT 'objects', EVENT_SCHEMA, 'events', COUNT(*) FROM information_schema.EVENTS
WHERE EVENT_SCHEMA NOT IN {_OWN} AND (ON_COMPLETION = 'PRESERVE' OR (EVENT_TYPE = 'RECURRING' AND ENDS IS NULL))
GROUP BY EVENT_SCHEMA;
SELECT 'objects', TABLE_SCHEMA, LOWER(CONCAT(CONSTRAINT_TYPE, 's')), COUNT(*) FROM information_schema.TABLE_CONSTRAINTS
WHERE TABLE_SCHEMA NOT IN {_OWN} AND CONSTRAINT_TYPE IN ('FOREIGN KEY', 'CHECK')
GROUP BY TABLE_SCHEMA, CONSTRAINT_TYPE;
"""
"""An event that is over by now is not made again, so it does not count."""
ACCOUNTS_OF_MARIADB = """
SELECT 'account', User, IF(is_role = 'Y', '', Host) FROM mysql.user;
SELECT 'holds', Role FROM mysql.roles_mapping WHERE User = 'root' AND Host = 'localhost';
"""
ACCOUNTS_OF_MYSQL = """
SELECT 'account', User, Host FROM mysql.user;
SELECT 'default', USER, HOST, DEFAULT_ROLE_USER, DEFAULT_ROLE_HOST FROM mysql.default_roles;
"""
SERVER_PARTS = """
SELECT 'plugin', name, dl FROM mysql.plugin;
SELECT 'function', name, ret, dl, type FROM mysql.func;
SELECT 'server', Server_name, Wrapper, Host, Db, Username, Password, Socket, Owner, Port FROM mysql.servers;
"""


class FoundTable(Struct, frozen=True):
    """One that has rows of its own, or (`elsewhere`) none that a dump saves. `columns`: name and type, without those
    that the server computes. `key`: its primary key's."""

    database: str
    name: str
    engine: str
    bytes: int
    versioned: bool
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]

    @property
    def full_name(self) -> str:
        return f"{quoted(self.database)}.{quoted(self.name)}"

    @property
    def elsewhere(self) -> bool:
        return self.engine in _ELSEWHERE

    @property
    def transactional(self) -> bool:
        return self.engine in _TRANSACTIONAL


class Catalog(Struct, frozen=True):
    """`objects`: database -> kind -> how many. `sequences`: database and name."""

    databases: tuple[str, ...]
    tables: tuple[FoundTable, ...]
    objects: dict[str, dict[str, int]]
    sequences: tuple[tuple[str, str], ...]

    @property
    def with_rows(self) -> tuple[FoundTable, ...]:
        return tuple(each for each in self.tables if not each.elsewhere)

    @property
    def without_transactions(self) -> tuple[FoundTable, ...]:
        return tuple(each for each in self.with_rows if not each.transactional)


def quoted(name: str) -> str:
    """An identifier."""
    return "`" + name.replace("`", "``") + "`"


def literal(value: str) -> str:
    """A string, for a session without NO_BACKSLASH_ESCAPES."""
    escaped = value.replace("\\", "\\\\").replace("'", "''").replace("\0", "\\0").replace("\n", "\\n")
    return f"'{escaped}'"


def account(user: str, host: str) -> str:
    """For a role `host` is "". Source: MariaDB's and MySQL's grammar of accounts."""
    return f"{quoted(user)}@{quoted(host)}" if host else ("PUBLIC" if user == "PUBLIC" else quoted(user))


def rows_in(output: str) -> list[list[str]]:
    """Of what the client printed."""
    return [
        [_ESCAPED.sub(lambda found: _MEANS.get(found[1], found[1]), value) for value in line.split("\t")]
        for line in output.split("\n")
        if line
    ]


def catalog_in(rows: Iterable[Sequence[str]]) -> Catalog:
    """Of the answers to CATALOG."""
    databases: list[str] = []
    tables: dict[tuple[str, str], Sequence[str]] = {}
    columns: dict[tuple[str, str], list[tuple[str, str]]] = {}
    keys: dict[tuple[str, str], list[str]] = {}
    objects: dict[str, dict[str, int]] = {}
    for what, *row in rows:
        if what == "database":
            databases.append(row[0])
            objects[row[0]] = {}
        elif what == "table":
            tables[row[0], row[1]] = row[2:]
        elif what == "column":
            columns.setdefault((row[0], row[1]), []).append((row[2], row[3]))
        elif what == "key":
            keys.setdefault((row[0], row[1]), []).append(row[2])
        elif what == "objects" and row[0] in objects:
            objects[row[0]][row[1]] = int(row[2])
    found: list[FoundTable] = []
    sequences: list[tuple[str, str]] = []
    for (database, name), (type, engine, size) in tables.items():
        if database not in objects:
            continue
        kind = {"VIEW": "views", "SYSTEM VIEW": "views", "SEQUENCE": "sequences"}.get(type, "tables")
        objects[database][kind] = objects[database].get(kind, 0) + 1
        if kind == "sequences":
            sequences.append((database, name))
        elif kind == "tables":
            at = (database, name)
            found.append(
                FoundTable(
                    database,
                    name,
                    engine,
                    int(size),
                    type == "SYSTEM VERSIONED",
                    tuple(columns.get(at, ())),
                    tuple(keys.get(at, ())),
                )
            )
    return Catalog(tuple(databases), tuple(found), objects, tuple(sequences))


def questions(tables: Sequence[FoundTable], first: Mapping[tuple[str, str], int], *, history: bool) -> str:
    """A statement for each table, which answers its number here, its rows, and a sum over them. `first`: tables of
    which so many rows are summed up, by primary key (0: none). `history`: is that of versioned tables saved? The sum is
    one of what the dump's text says: of a FLOAT, which it writes with six digits, no more.

    Between two of them nothing keeps the tables from being altered."""
    said = []
    for number, table in enumerate(tables):
        name = table.full_name + (" FOR SYSTEM_TIME ALL" if table.versioned and history else "")
        row = ", ',', ".join(_as_text(*column) for column in table.columns) or "''"
        total = f"IFNULL(SUM(CAST(CONV(LEFT(MD5(CONCAT({row})), 15), 16, 10) AS UNSIGNED)), 0)"
        most = first.get((table.database, table.name))
        if most is None:
            said.append(f"SELECT {number}, COUNT(*), {total} FROM {name};")
        elif most == 0 or not table.key:
            said.append(f"SELECT {number}, COUNT(*), 0 FROM {name};")
        else:
            columns = ", ".join(quoted(column) for column, _ in table.columns)
            order = ", ".join(map(quoted, table.key))
            part = f"SELECT {columns} FROM {table.full_name} ORDER BY {order} LIMIT {most}"
            said.append(
                f"SELECT {number}, (SELECT COUNT(*) FROM {name}), (SELECT {total} FROM ({part}) AS dockworthy);"
            )
        said.append("ROLLBACK TO SAVEPOINT dockworthy;")
    return "\n".join(["SAVEPOINT dockworthy;", *said, ""]) if said else ""


def _as_text(column: str, type: str) -> str:
    name = quoted(column)
    if type == "json":
        return f"IFNULL(MD5(CAST({name} AS CHAR)), '-')"
    if type in _LONG:  # a HEX of it might be longer than max_allowed_packet, and is NULL then
        return f"IFNULL(MD5({name}), '-')"
    return f"IFNULL(HEX({name if type in _BYTES else f'CAST({name} AS CHAR)'}), '-')"


def rows_to_sum(tables: Iterable[FoundTable]) -> dict[tuple[str, str], int]:
    """Of large ones, the first."""
    return {
        (each.database, each.name): FIRST if each.key and not each.versioned else 0
        for each in tables
        if each.bytes >= LARGE
    }


def found_tables(
    tables: Sequence[FoundTable], rows: Iterable[Sequence[str]], first: Mapping[tuple[str, str], int]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Database -> table -> rows and sum, of the answers to `questions`."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for number, count, total in rows:
        table = tables[int(number)]
        said: dict[str, Any] = {"rows": int(count), "sum": total}
        if (most := first.get((table.database, table.name))) is not None:
            said["first"] = most
        found.setdefault(table.database, {})[table.name] = said
    return found


def databases_in(
    catalog: Catalog, tables: Mapping[str, Mapping[str, Any]], sequences: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, Any]]:
    """As `expected` of a manifest has them."""
    return {
        database: {
            "objects": catalog.objects[database],
            "sequences": dict(sequences.get(database, {})),
            "tables": dict(tables.get(database, {})),
        }
        for database in catalog.databases
    }


def unchanged(before: Catalog, after: Catalog) -> Catalog:
    """What was the same before and after: of the rest nobody knows how the dump has it. Where a database's objects are
    others now, none of them counts."""
    now = {(each.database, each.name): each for each in after.tables}

    def stayed(table: FoundTable) -> bool:
        there = now.get((table.database, table.name))
        return there is not None and (there.columns, there.key, there.engine) == (
            table.columns,
            table.key,
            table.engine,
        )

    return Catalog(
        tuple(each for each in before.databases if each in after.databases),
        tuple(each for each in before.tables if stayed(each)),
        {name: counts if after.objects.get(name) == counts else {} for name, counts in before.objects.items()},
        tuple(each for each in before.sequences if each in after.sequences),
    )


def is_kept_by_itself(user: str, host: str, *, health: bool) -> bool:
    """Is it an account that every data folder has of its own? `health`: does that folder have `.my-healthcheck.cnf`?"""
    return user in _SYSTEM_ACCOUNTS or (health and (user, host) in _HEALTH)


def asked_of_accounts(accounts: Sequence[tuple[str, str]]) -> str:
    """What SHOW says of each, after a row with its number."""
    said = ["/*!80017 SET SESSION print_identified_with_as_hex = ON */;"]
    for number, (user, host) in enumerate(accounts):
        said.append(f"SELECT 'of', {number};")
        if host:
            said.append(f"SHOW CREATE USER {account(user, host)};")
        said.append(f"SHOW GRANTS FOR {account(user, host)};")
    return "\n".join([*said, ""])


def accounts_shown(accounts: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]]) -> list[tuple[str, str]]:
    """Those of which the server says anything: one of a host's name it does not know, where it resolves no names."""
    found: dict[int, bool] = {}
    number = -1
    for row in rows:
        if len(row) == 2 and row[0] == "of":
            number = int(row[1])
        else:
            found[number] = True
    return [each for at, each in enumerate(accounts) if found.get(at)]


def accounts_as_sql(
    accounts: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[str]],
    *,
    holds: Collection[str] = (),
    defaults: Iterable[Sequence[str]] = (),
) -> str:
    """SQL that makes them as they are, for the account LOADER of a server that has others. `accounts`: user and host,
    "" for a role of MariaDB; `rows`: the answers to `asked_of_accounts`; `holds`: the roles that LOADER has;
    `defaults`: of MySQL, user, host, and user and host of the role that is theirs by default."""
    made: list[str] = [f"CREATE ROLE IF NOT EXISTS {account(*each)}" for each in accounts if _is_role(each)]
    granted: dict[bool, list[str]] = {True: [], False: []}
    of = ("", "")
    for row in rows:
        if len(row) == 2 and row[0] == "of":
            of = accounts[int(row[1])]
            continue
        statement = row[0]
        if statement.startswith("CREATE USER "):
            made += _made_again(of, _DEFAULT_ROLE.sub("", statement))
        elif statement.startswith("ALTER USER "):
            made.append(statement)
        else:
            granted[not of[1]].append(statement)
    after = [f"ALTER USER {account(u, h)} DEFAULT ROLE {account(role, at)}" for u, h, role, at in defaults]
    # Whoever makes a role may grant it from then on.
    made_roles = [each for each in accounts if _is_role(each) and each[0] not in holds]
    after += [f"REVOKE {account(*each)} FROM CURRENT_USER()" for each in made_roles]
    lines = [*made, *granted[True], *granted[False], *after, "FLUSH PRIVILEGES"]
    return "".join(f"{each};\n" for each in ["SET SESSION sql_mode = ''", *lines])


def _is_role(of: tuple[str, str]) -> bool:
    return not of[1] and of[0] != "PUBLIC"


def _made_again(of: tuple[str, str], statement: str) -> Iterator[str]:
    """Whoever loads this must go on meanwhile, and stays."""
    rest = statement.removeprefix("CREATE USER ")
    if of == LOADER:
        if " IDENTIFIED " not in rest and rest.startswith(account(*of)):  # the image gave it a password, say
            rest = f"{account(*of)} IDENTIFIED BY ''{rest.removeprefix(account(*of))}"
        yield f"CREATE USER IF NOT EXISTS {rest}"
        yield f"ALTER USER {rest}"
    else:
        yield f"DROP USER IF EXISTS {account(*of)}"
        yield statement


def server_parts_as_sql(rows: Iterable[Sequence[str]]) -> str:
    """Plugins, functions of libraries, and servers elsewhere that tables name. "" for none."""
    said = []
    for what, name, *row in rows:
        if what == "plugin":
            said.append(f"INSTALL PLUGIN {quoted(name)} SONAME {literal(row[0])}")
        elif what == "function":
            returns = {"0": "STRING", "1": "REAL", "2": "INTEGER", "4": "DECIMAL"}.get(row[0], "STRING")
            aggregate = "AGGREGATE " if row[2] == "aggregate" else ""
            said.append(f"CREATE {aggregate}FUNCTION {quoted(name)} RETURNS {returns} SONAME {literal(row[1])}")
        elif what == "server":
            wrapper, port = row[0], row[-1]
            pairs = zip(("HOST", "DATABASE", "USER", "PASSWORD", "SOCKET", "OWNER"), row[1:-1], strict=True)
            options = [f"{option} {literal(value)}" for option, value in pairs if value]
            options += [f"PORT {int(port)}"] if port not in ("", "0") else []
            made = f"CREATE SERVER {quoted(name)} FOREIGN DATA WRAPPER {quoted(wrapper)}"
            said.append(f"{made} OPTIONS ({', '.join(options)})")
    return "".join(f"{each};\n" for each in said)


def may_flush(grants: Iterable[str]) -> bool:
    """Does it have the right to let nobody write? `grants`: what SHOW GRANTS says of an account."""
    everywhere = [found[1] for each in grants if (found := re.match(r"GRANT (.*) ON \*\.\* TO ", each))]
    rights = {right.strip().upper() for each in everywhere for right in each.split(",")}
    return bool(rights & {"ALL PRIVILEGES", "ALL", "RELOAD", "FLUSH_TABLES"})
