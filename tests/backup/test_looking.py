"""What is seen in volumes and folders of a host, whatever lies there, and what kind of data that makes."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sqlite3
from pathlib import Path

import pytest

from dockworthy.backup.discovery import data_sets, look_at
from dockworthy.backup.places import DataPlace, EngineFolders
from dockworthy.backup.recognising import PlaceContent
from dockworthy.engine.host_shell import shell_here
from dockworthy.model.backup import DataKind, DataSet, DataWriter
from machines.hung_folder import FUSE, HungFolder

pytestmark = pytest.mark.slow

BUSYBOX = shutil.which("busybox")
NO_BUSYBOX = "busybox is not installed (sudo ./test installs it)"
FOLDERS = EngineFolders("/nowhere/docker", "/nowhere/state")


def seen(*paths: Path | str, seconds: int = 20) -> list[PlaceContent]:
    async def look() -> list[PlaceContent]:
        async with shell_here(command="backup") as shell:
            found = await look_at(shell, [str(each) for each in paths], seconds=seconds)
        return [found[str(each)] for each in paths]

    return asyncio.run(look())


def told(path: Path, *programs: str) -> DataSet:
    """As a volume to which one container writes, in which these run."""
    (content,) = seen(path)
    return with_programs(path, content, *programs)


def with_programs(path: Path, content: PlaceContent, *programs: str, running: bool = True) -> DataSet:
    writer = DataWriter(container="db-1", id="1" * 64, mounted_at="/data", running=running)
    place = DataPlace(path=str(path), volume="data", writers=(writer,))
    (found,) = data_sets([place], {str(path): content}, {writer.id: programs} if running else {}, FOLDERS)
    return found


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "a volume"
    folder.mkdir()
    return folder


@pytest.fixture(
    params=[
        "sh and its usual programs",
        pytest.param("busybox", marks=pytest.mark.skipif(BUSYBOX is None, reason=NO_BUSYBOX)),
    ]
)
def on_each_host(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked at with the programs of this machine, or with busybox alone."""
    if request.param == "busybox":
        assert BUSYBOX
        programs = tmp_path / "bin"
        programs.mkdir()
        for name in ("sh awk base64 cat cut date find grep head id mkdir mktemp readlink rm sed sleep sort stat tail"
                     " tar timeout tr wc xargs").split():  # fmt: skip
            (programs / name).symlink_to(BUSYBOX)
        monkeypatch.setenv("PATH", str(programs))


def postgresql(folder: Path, version: str = "17") -> None:
    (folder / "global").mkdir(parents=True)
    (folder / "PG_VERSION").write_text(f"{version}\n")
    (folder / "global" / "pg_control").write_bytes(bytes(8192))
    for database in ("1", "5"):
        (folder / "base" / database).mkdir(parents=True)
        (folder / "base" / database / "PG_VERSION").write_text(f"{version}\n")


def sqlite(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as database:
        database.execute("create table orders (id)")
    database.close()


@pytest.mark.usefixtures("on_each_host")
@pytest.mark.parametrize("below", ["", "pgdata", "18/docker"])
def test_postgresql(place: Path, below: str) -> None:
    postgresql(place / below, "18")
    (content,) = seen(place)
    found = with_programs(place, content, "postgres")
    assert (found.kind, found.version, found.data_folder, found.doubt) == (DataKind.POSTGRESQL, "18", below, "")
    assert found.files == 4 and found.bytes == 8192 + 3 * 3 and found.measured
    assert with_programs(place, content, running=False).doubt == ""


@pytest.mark.usefixtures("on_each_host")
def test_a_database_below_a_folder_that_is_called_as_postgresqls_own(tmp_path: Path) -> None:
    place = tmp_path / "base" / "2024"
    postgresql(place / "data")
    assert told(place, "postgres").kind is DataKind.POSTGRESQL
    (place / "uploads").mkdir()
    (place / "uploads" / "a").touch()
    assert "uploads/a" in told(place, "postgres").doubt


@pytest.mark.usefixtures("on_each_host")
def test_files_beside_a_databases_folder_make_a_doubt(place: Path) -> None:
    postgresql(place / "pg[1]")
    (place / ".psql_history").touch()
    (place / "lost+found").mkdir()
    assert told(place, "postgres").doubt == ""
    (place / "uploads").mkdir()
    (place / "uploads" / "a b").touch()
    assert "uploads/a b" in told(place, "postgres").doubt


def test_two_databases_in_one_place_make_a_doubt(place: Path) -> None:
    postgresql(place / "17" / "docker", "17")
    postgresql(place / "18" / "docker", "18")
    assert "17/docker" in (doubt := told(place, "postgres").doubt) and "18/docker" in doubt


@pytest.mark.parametrize(
    ("files", "kind", "version"),
    [
        ({"ibdata1": b"x", "aria_log_control": b"", "mysql_upgrade_info": b"10.11.6-MariaDB"}, "mariadb", "10.11.6"),
        ({"ibdata1": b"x", "aria_log_control": b"", "mariadb_upgrade_info": b"11.8.2-MariaDB"}, "mariadb", "11.8.2"),
        ({"ibdata1": b"x", "mysql.ibd": b"x"}, "mysql", ""),
        ({"dump.rdb": b"VALKEY080\xfa\x0avalkey-ver\x059.0.0"}, "valkey", "9.0.0"),
        ({"dump.rdb": b"REDIS0011\xfa\x0avalkey-ver\x058.1.3"}, "valkey", "8.1.3"),
        ({"dump.rdb": b"REDIS0012\xfa\x09redis-ver\x057.4.2\xfa\nredis-bits\xc0@"}, "redis", "7.4.2"),
        ({"appendonlydir/appendonly.aof.1.base.rdb": b"REDIS0011\xfa\x09redis-ver\x057.2.4",
          "appendonlydir/appendonly.aof.manifest": b"file"}, "redis", "7.2.4"),
    ],
)  # fmt: skip
def test_other_databases(place: Path, files: dict[str, bytes], kind: str, version: str) -> None:
    for name, content in files.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(content)
    server = {"mariadb": "mariadbd", "mysql": "mysqld", "redis": "redis-server", "valkey": "valkey-server"}[kind]
    (content,) = seen(place)
    found = with_programs(place, content, "sh", server)
    assert (found.kind.value, found.version, found.doubt) == (kind, version, "")
    assert found.data_folder == ""
    assert "does not run" in with_programs(place, content, "python3").doubt
    assert "can't be told" in with_programs(place, content).doubt


@pytest.mark.usefixtures("on_each_host")
def test_sqlite_is_told_by_its_header(place: Path) -> None:
    paths = ["app.db", "data/no ending", "two\nlines", "a/ ==> x <==", "'quoted' \"too\"", "deep/er/and/deeper/x"]
    for path in paths:
        sqlite(place / path)
    (place / "app.db-wal").write_bytes(b"\x37\x7f\x06\x82")
    (place / "empty.db").touch()
    (place / "text.db").write_text("SQLite formatted")
    found = told(place, "python3")
    assert (found.kind, found.sqlite, found.others) == (DataKind.SQLITE, tuple(sorted(paths)), 2)


def test_a_single_file(place: Path) -> None:
    sqlite(place / "app")
    (place / "settings.ini").write_text("a = 1")
    assert told(place / "app", "python3").sqlite == ("",)
    found = told(place / "settings.ini", "python3")
    assert (found.kind, found.bytes, found.files) == (DataKind.FILES, 5, 1)


@pytest.mark.usefixtures("on_each_host")
def test_links_and_odd_files_are_neither_followed_nor_opened(place: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    postgresql(outside)
    sqlite(outside / "x.db")
    (place / "link").symlink_to(outside)
    (place / "PG_VERSION").symlink_to(outside / "PG_VERSION")
    (place / "y.db").symlink_to(outside / "x.db")
    (place / "loop").symlink_to(place)
    for name in ("ibdata1", "dump.rdb", "z.db", "pipe\nof two lines"):
        os.mkfifo(place / name)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(place / "socket"))
    found = told(place, "python3")
    assert (found.kind, found.sqlite, found.doubt, found.files) == (DataKind.FILES, (), "", 4)


def test_a_place_that_is_a_link_is_looked_at_where_it_leads(place: Path, tmp_path: Path) -> None:
    postgresql(place)
    (tmp_path / "way").symlink_to(place)
    found = told(tmp_path / "way", "postgres")
    assert (found.kind, found.path) == (DataKind.POSTGRESQL, str(place))


@pytest.mark.parametrize("name", ["-rf", "two\nlines\n", "$(touch x) `y` 'z'", "[*]"])
@pytest.mark.usefixtures("on_each_host")
def test_any_name_of_a_place(place: Path, name: str) -> None:
    (place / name).mkdir()
    postgresql(place / name / "pgdata")
    found = told(place / name, "postgres")
    assert (found.kind, found.data_folder, found.path) == (DataKind.POSTGRESQL, "pgdata", str(place / name))


@pytest.mark.usefixtures("on_each_host")
def test_empty_and_missing(place: Path) -> None:
    (place / "lost+found").mkdir()
    os.mkfifo(place / "pipe")
    found = told(place)
    assert (found.kind, found.doubt) == (DataKind.EMPTY, "")
    if os.geteuid() == 0:
        found = told(place / "gone")
        assert found.kind is DataKind.UNKNOWN and "nothing at its path" in found.doubt


def test_sockets_and_memory_are_no_data(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tmp_path / "s"))
    (content,) = seen(tmp_path / "s")
    place = DataPlace(path=str(tmp_path / "s"))
    assert data_sets([place], {place.path: content}, {}, FOLDERS) == ()
    memory = PlaceContent(real="/run/x", type="folder", filesystem="1021994", looked=True, whole=True)
    assert data_sets([DataPlace(path="/run/x")], {"/run/x": memory}, {}, FOLDERS) == ()
    assert len(data_sets([DataPlace(path="/run/x", volume="v")], {"/run/x": memory}, {}, FOLDERS)) == 1


def test_many_files_are_counted(place: Path) -> None:
    for number in range(3000):
        (place / f"file {number}").write_text("12345")
    found = told(place)
    assert (found.files, found.bytes, found.kind) == (3000, 15000, DataKind.FILES)


def test_many_places_at_once(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "f").write_bytes(bytes(number))
    found = seen(*(tmp_path / str(number) for number in range(20)))
    assert [each.bytes for each in found] == [*range(20)]
    assert all(each.looked and each.whole for each in found)


@pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists(FUSE), reason="only root mounts a file system")
def test_a_file_system_that_does_not_answer_keeps_nobody_waiting(tmp_path: Path) -> None:
    for name in ("hung", "fine"):
        (tmp_path / name).mkdir()
    postgresql(tmp_path / "fine" / "data")
    with HungFolder(tmp_path / "hung"):
        hung, fine = seen(tmp_path / "hung", tmp_path / "fine", seconds=2)
    assert fine.looked and fine.whole
    assert not hung.looked
    place = DataPlace(path=str(tmp_path / "hung"), volume="v")
    (found,) = data_sets([place], {place.path: hung}, {}, FOLDERS)
    assert found.kind is DataKind.UNKNOWN and "did not answer in time" in found.doubt
