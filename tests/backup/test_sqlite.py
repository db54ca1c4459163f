"""Copies of SQLite databases that others write to, what they are found to hold, and that nobody is kept out meanwhile:
with the program that runs on hosts, as hosts run it."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dockworthy.backup import sqlite_at_host
from dockworthy.backup.sqlite import unlike_databases
from patience import patience

pytestmark = pytest.mark.slow

AT_HOST = Path(sqlite_at_host.__file__).read_bytes()
ROWS = 500


def at_host(*words: str | Path, status: int = 0) -> Any:
    """What it prints; its errors where it fails."""
    done = subprocess.run([sys.executable, "-I", "-", *map(str, words)], input=AT_HOST, capture_output=True)
    assert done.returncode == status, done.stderr.decode()
    return json.loads(done.stdout) if not status else done.stderr.decode()


@contextlib.contextmanager
def opened(path: Path, *, wal: bool = True, exclusive: bool = False) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        if exclusive:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute(f"PRAGMA journal_mode = {'wal' if wal else 'delete'}")
        yield connection
    finally:
        connection.close()


def filled(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, what TEXT, part REAL, raw BLOB)")
    rows = ((f"row {n}", n / 7, bytes([n % 256])) for n in range(ROWS))
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO t (what, part, raw) VALUES (?, ?, ?)", rows)
    connection.execute("COMMIT")
    return connection


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


def copied(data: Path, work: Path) -> dict[str, Any]:
    """Those that can't be read meanwhile are copied, too: here nobody writes at that moment."""
    at_host("copy", data, work)
    at_host("still", data, work)
    held: dict[str, Any] = at_host("settle", work)
    return held


def test_one_that_is_open_is_copied_with_what_only_its_wal_has(data: Path, work: Path) -> None:
    with opened(data / "app.db") as app:
        filled(app)
        assert (data / "app.db").stat().st_size <= 4096, "all is in the WAL"
        assert at_host("copy", data, work)["waiting"] == {}
        (held,) = at_host("settle", work).values()
        assert held["tables"]["t"]["rows"] == ROWS and held["objects"] == {"tables": 1} and "damage" not in held
        assert (data / "app.db-wal").stat().st_size > ROWS, "nobody has ended somebody else's WAL"
        app.execute("INSERT INTO t (what) VALUES ('goes on')")
    assert os.listdir(work / "databases") == ["app.db"]
    with opened(work / "databases" / "app.db") as copy:
        assert copy.execute("SELECT count(*) FROM t").fetchone() == (ROWS,)
    assert (work / "databases" / "app.db").read_bytes()[18:20] == b"\2\2", "the copy would keep a WAL, too"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"exclusive": True}, "its application keeps it for itself"),
        ({"wal": False}, "it keeps no WAL, so who reads it keeps out who writes"),
    ],
)
def test_what_can_not_be_read_meanwhile_waits(data: Path, work: Path, options: dict[str, bool], says: str) -> None:
    with opened(data / "app.db", **options) as app:
        filled(app)
        before = sorted(os.listdir(data))
        waiting = at_host("copy", data, work)["waiting"]
        assert says in waiting["app.db"]
        app.execute("INSERT INTO t (what) VALUES ('goes on')")
        assert sorted(os.listdir(data)) == before
        at_host("still", data, work)
        (held,) = at_host("settle", work).values()
        assert held["tables"]["t"]["rows"] == ROWS + 1 and "damage" not in held
    assert os.listdir(work / "databases") == ["app.db"]


def test_one_that_is_locked_waits_after_a_while(data: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_at_host, "PATIENCE", 0.1)
    with opened(data / "app.db") as app:
        filled(app)
        (data / "app.db-shm").touch()
        app.execute("PRAGMA locking_mode = EXCLUSIVE")
        app.execute("INSERT INTO t (what) VALUES ('mine')")
        assert sqlite_at_host.copy(os.fsencode(data), os.fsencode(work))["waiting"] == {"app.db": "database is locked"}
        assert copied(data, work)["app.db"]["tables"]["t"]["rows"] == ROWS + 1


def test_a_journal_of_a_killed_application_is_rolled_back_in_the_copy_alone(data: Path, work: Path) -> None:
    script = """
import os, sqlite3, sys
app = sqlite3.connect(sys.argv[1], isolation_level=None)
app.execute("PRAGMA cache_size = 1")
app.execute("BEGIN")
app.execute("UPDATE t SET what = what || 'x'")
os.kill(os.getpid(), 9)
"""
    with opened(data / "app.db", wal=False) as app:
        filled(app)
        app.executemany("INSERT INTO t (what) VALUES (?)", [("x" * 2000,)] * 300)
    subprocess.run([sys.executable, "-c", script, str(data / "app.db")])
    journal = (data / "app.db-journal").read_bytes()
    assert journal
    (held,) = copied(data, work).values()
    assert held["tables"]["t"]["rows"] == ROWS + 300 and "damage" not in held
    assert (data / "app.db-journal").read_bytes() == journal
    with opened(work / "databases" / "app.db", wal=False) as copy:
        assert copy.execute("SELECT count(*) FROM t WHERE what LIKE '%xx' AND id <= ?", (ROWS,)).fetchone() == (0,)
    (data / "app.db-journal").write_bytes(journal + b"name" + sqlite_at_host.SEVERAL)
    at_host("copy", data, work)
    assert "app.db was in the middle of a transaction over several databases" in at_host("still", data, work, status=1)


def test_odd_names_links_and_files_that_only_end_so(data: Path, work: Path) -> None:
    odd = ["a$HOME [x]*?.db", "line\nbreak.db", "blank ", "ümlaut\\.db", os.fsdecode(b"\xff.db")]
    (data / "deep" / "er").mkdir(parents=True)
    for name in (*odd, "deep/er/x"):
        with opened(data / name) as app:
            filled(app)
    (data / "no.db").write_text("none")
    (data / "empty.db").touch()
    os.mkfifo(data / "pipe.db")
    (data / "link.db").symlink_to("no.db")
    held = copied(data, work)
    assert held.keys() == {*odd, "deep/er/x"}
    assert {each["tables"]["t"]["sum"] for each in held.values()} == {held["blank "]["tables"]["t"]["sum"]}
    restored = work.parent / "restored"
    (restored / "deep" / "er").mkdir(parents=True)
    os.utime(restored / "deep" / "er", (1, 1))
    at_host("place", work / "databases", restored)
    assert (restored / "deep" / "er").stat().st_mtime == 1
    assert at_host("tell", restored) == held
    assert not [each for each in restored.rglob("*") if each.name.endswith(("-wal", "-shm"))]


def test_what_is_damaged_is_told_and_copied_all_the_same(data: Path, work: Path) -> None:
    with opened(data / "app.db", wal=False) as app:
        filled(app)
    content = bytearray((data / "app.db").read_bytes())
    content[4096 * 2 + 100 : 4096 * 3] = b"\xff" * 3996
    (data / "app.db").write_bytes(content)
    (data / "short.db").write_bytes(content[:600])
    held = copied(data, work)
    assert "malformed" in held["app.db"]["damage"] or "page" in held["app.db"]["damage"]
    assert held["short.db"]["damage"]
    assert (work / "databases" / "app.db").read_bytes() == content


def test_what_only_its_application_knows_is_no_damage(data: Path, work: Path) -> None:
    with opened(data / "app.db") as app:
        filled(app)
        app.create_collation("OWN", lambda one, other: (one > other) - (one < other))
        app.create_function("own", 1, lambda value: value, deterministic=True)
        app.execute("CREATE TABLE named (what TEXT COLLATE OWN PRIMARY KEY) WITHOUT ROWID")
        app.execute("INSERT INTO named VALUES ('a'), ('b')")
        app.execute("CREATE INDEX by_own ON t (own(what))")
        app.execute("PRAGMA user_version = 7")
        app.execute("CREATE VIRTUAL TABLE words USING fts5(text)")
        app.execute("INSERT INTO words VALUES ('hello')")
    (held,) = copied(data, work).values()
    assert "damage" not in held and held["user_version"] == 7
    assert held["tables"]["t"]["rows"] == ROWS and held["tables"]["words_content"]["rows"] == 1
    assert "words" not in held["tables"]


def test_of_a_large_one_the_first_rows_are_summed(data: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_at_host, "ALL_ROWS", 1000)
    monkeypatch.setattr(sqlite_at_host, "FIRST_ROWS", 10)
    sums = []
    for change in ("", "DELETE FROM t WHERE id = 400", "UPDATE t SET what = 'x' WHERE id = 5"):
        with opened(data / "app.db") as app:
            if not change:
                filled(app)
            app.execute(change)
        sums.append(sqlite_at_host.held_by(os.fsencode(data / "app.db"))["tables"]["t"])
    assert [each["rows"] for each in sums] == [ROWS, ROWS - 1, ROWS - 1]
    assert sums[0]["sum"] == sums[1]["sum"] != sums[2]["sum"]


def test_what_a_database_computes_takes_no_more_memory_than_it_gets(data: Path) -> None:
    """Of a few pages, two gigabytes for each row. The limit from outside only keeps this machine from it."""
    columns = ", ".join(f"c{i} BLOB AS (zeroblob(200000000))" for i in range(12))
    with contextlib.closing(sqlite3.connect(data / "app.db")) as app:
        app.execute(f"CREATE TABLE t (a, {columns})")
        app.execute("CREATE TABLE own (a)")
        app.execute("INSERT INTO t (a) VALUES (1)")
        app.execute("INSERT INTO own VALUES (1)")
        app.commit()
    command = [sys.executable, "-", "tell", str(data)]
    limit = partial(resource.setrlimit, resource.RLIMIT_AS, (3 << 30, 3 << 30))
    done = subprocess.run(command, input=AT_HOST, capture_output=True, check=True, preexec_fn=limit)
    (found,) = json.loads(done.stdout).values()
    assert "damage" not in found and list(found["tables"]) == ["own"]


@pytest.mark.parametrize("what", ["rows", "trigger"])
def test_what_a_database_computes_ends(data: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.setattr(sqlite_at_host, "LONGEST", 0.2)
    with contextlib.closing(sqlite3.connect(data / "app.db")) as app:
        if what == "rows":
            app.execute("CREATE TABLE t (a)")
            app.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
                        "INSERT INTO t (a) SELECT i FROM n")  # fmt: skip
            computed = "length(replace(hex(zeroblob(900000 + a)), '0', '000'))"
            app.execute(f"ALTER TABLE t ADD COLUMN b AS ({computed})")
        else:
            app.execute("CREATE TABLE t (a)")
            app.execute("INSERT INTO t VALUES (1)")
            app.execute("CREATE TRIGGER r BEFORE DELETE ON t BEGIN INSERT INTO t WITH RECURSIVE n(i) AS "
                        "(SELECT 1 UNION ALL SELECT 1 FROM n) SELECT i FROM n WHERE i > 1; END")  # fmt: skip
        app.commit()
    if what == "rows":
        assert sqlite_at_host.held_by(os.fsencode(data / "app.db"))["tables"] == {}
    else:
        assert sqlite_at_host.fewer(os.fsencode(data)) is None


def test_no_copy_is_begun_where_there_is_no_room(data: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(data / "app.db") as app:
        filled(app)
    monkeypatch.setattr(sqlite_at_host, "ROOM", 10**18)
    with pytest.raises(SystemExit, match=r"work has [\d,]+ MB free, and the copies need 1,000,000,000,000"):
        sqlite_at_host.copy(os.fsencode(data), os.fsencode(work))


def test_what_is_found_otherwise_is_said() -> None:
    table = {"rows": 3, "sum": "a"}
    held = {"objects": {"tables": 1}, "tables": {"t": table}, "user_version": 1, "application_id": 0}
    assert unlike_databases({"a.db": held}, {"a.db": held, "more.db": held}) == ()
    assert unlike_databases({"a.db": held}, {}) == ("a.db is missing",)
    for found, says in (
        ({"tables": {"t": {**table, "rows": 2}}}, "a.db: t has 2 rows and should have 3"),
        ({"tables": {"t": {**table, "sum": "b"}}}, "a.db: t has as many rows as it should, with other content"),
        ({"damage": "page 2"}, "a.db is damaged: page 2"),
        ({"user_version": 2}, "a.db: user_version is 2 and should be 1"),
        ({"objects": {}}, "a.db: 0 tables are there, and should be 1"),
    ):
        assert unlike_databases({"a.db": held}, {"a.db": {**held, **found}}) == (says,)
    assert unlike_databases({"a.db": {**held, "damage": "x"}}, {"a.db": {**held, "damage": "x"}}) == ()


def owners(folder: Path) -> set[tuple[int, int]]:
    """Of what is in it; a journal may go while this looks."""
    found = set()
    for each in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.add((each.stat().st_uid, each.stat().st_gid))
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
@pytest.mark.parametrize("stays_open", [True, False])
def test_an_application_of_another_user_writes_on_without_an_error(open_folder: Path, stays_open: bool) -> None:
    """It waits for no lock; one that opens its database anew for each row waits for a moment, as any has to beside
    another reader: whoever opens a database first puts its WAL in order."""
    data, work = open_folder / "data", open_folder / "work"
    data.mkdir()
    os.chown(data, 1234, 1234)
    writes = f"""
import os, sqlite3, sys
os.umask(0o022)
app = None
number = 0
while not os.path.exists("stop"):
    if app is None:
        app = sqlite3.connect("app.db", isolation_level=None, timeout={0 if stays_open else 5})
        if not number:
            app.execute("PRAGMA journal_mode = wal")
            app.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, what TEXT)")
            app.execute("BEGIN")
            app.executemany("INSERT INTO t (what) VALUES (?)", [("x" * 500,)] * 2000)
            app.execute("COMMIT")
    app.execute("INSERT INTO t (what) VALUES ('y')")
    number += 1
    if not {stays_open}:
        app.close()
        app = None
print(number)
"""
    app = subprocess.Popen(
        ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups", sys.executable, "-c", writes],
        cwd=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    try:
        ends = time.monotonic() + patience(30)
        while not (data / "app.db").exists() or not at_host("tell", data)["app.db"]["tables"].get("t", {}).get("rows"):
            assert time.monotonic() < ends and app.poll() is None
            time.sleep(0.05)
        rows = []
        for _ in range(8):
            assert at_host("copy", data, work)["waiting"] == {}
            (held,) = at_host("settle", work).values()
            assert "damage" not in held
            rows.append(held["tables"]["t"]["rows"])
            assert owners(data) == {(1234, 1234)}
        (data / "stop").touch()
        said, errors = app.communicate(timeout=patience(30))
        assert app.returncode == 0 and not errors, errors
        assert rows == sorted(rows) and rows[0] < rows[-1] <= 2000 + int(said)
        found = (work / "databases" / "app.db").stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (1234, 1234, 0o644)
    finally:
        app.kill()
        app.communicate()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_what_is_made_beside_a_closed_database_is_its_owners(open_folder: Path) -> None:
    data, work = open_folder / "data", open_folder / "work"
    data.mkdir()
    with opened(data / "app.db") as app:
        filled(app)
    os.chown(data / "app.db", 1234, 4321)
    (data / "app.db").chmod(0o640)
    assert at_host("copy", data, work)["waiting"] == {}
    for each in ("app.db-shm", "app.db-wal"):
        found = (data / each).stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (1234, 4321, 0o640)
