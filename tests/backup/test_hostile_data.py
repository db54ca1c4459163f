"""What a container wrote, or its server said, leads nowhere else on the host, as it is saved and as it comes back."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup.repositories import needs_restic, opened
from dockworthy.backup import sqlite_at_host
from dockworthy.backup.project_files import packed_files
from dockworthy.backup.restic_faults import FilesUnread
from dockworthy.errors import HostError, UsageError
from dockworthy.host_scripts import HostScript
from patience import patience

AT_HOST = Path(sqlite_at_host.__file__)
OWNER = f"{os.getuid()}:{os.getgid()}"


def at_host(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-I", AT_HOST, *words], capture_output=True, text=True, timeout=patience(30))


def script(name: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    text = HostScript("dockworthy.backup", name).with_arguments(*map(str, words))
    return subprocess.run(["sh", "-c", text], capture_output=True, text=True, timeout=patience(30), cwd="/")


def database(path: Path, rows: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.executemany("INSERT INTO t VALUES (?)", [(f"row {n}",) for n in range(rows)])
    connection.close()
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A folder elsewhere on the host."""
    (tmp_path / "host").mkdir()
    return tmp_path / "host"


class TestSqlite:
    def test_a_database_is_not_placed_through_a_link(self, data: Path, host: Path, tmp_path: Path) -> None:
        database(tmp_path / "saved" / "sub" / "authorized_keys")
        (data / "sub").symlink_to(host)
        done = at_host("place", tmp_path / "saved", data)
        assert done.returncode and "link" in done.stderr
        assert not any(host.iterdir())

    def test_one_is_placed_over_a_link(self, data: Path, host: Path, tmp_path: Path) -> None:
        database(tmp_path / "saved" / "sub" / "a.db")
        (data / "sub").mkdir()
        (data / "sub" / "a.db").symlink_to(host / "a.db")
        assert not at_host("place", tmp_path / "saved", data).returncode
        assert (data / "sub" / "a.db").is_file() and not (data / "sub" / "a.db").is_symlink()
        assert not any(host.iterdir())

    @pytest.mark.parametrize("swapped", ["a.db", "sub"])
    def test_what_became_a_link_since_it_was_found_is_not_copied(
        self, data: Path, host: Path, tmp_path: Path, swapped: str
    ) -> None:
        database(data / "sub" / "a.db")
        (host / "a.db").write_text("a secret of the host")
        assert not at_host("copy", data, tmp_path / "work").returncode
        if swapped == "sub":
            (data / "sub").rename(data / "was")
            (data / "sub").symlink_to(host)
        else:
            (data / "sub" / "a.db").unlink()
            (data / "sub" / "a.db").symlink_to(host / "a.db")
        assert not at_host("still", data, tmp_path / "work").returncode
        assert not [
            each for each in (tmp_path / "work").rglob("*") if each.is_file() and b"secret" in each.read_bytes()
        ]

    @pytest.mark.parametrize("beside", ["-wal", "-journal"])
    @pytest.mark.parametrize("how", ["pipe", "device", "link"])
    def test_what_lies_beside_a_database_is_a_file_or_nothing(
        self, data: Path, host: Path, tmp_path: Path, beside: str, how: str
    ) -> None:
        path = data / f"{database(data / 'a.db').name}{beside}"
        if how == "pipe":
            os.mkfifo(path)
        else:
            (host / "large").write_bytes(b"x" * 1000)
            path.symlink_to("/dev/full" if how == "device" else host / "large")
        assert not at_host("copy", data, tmp_path / "work").returncode
        done = at_host("still", data, tmp_path / "work")
        assert not done.returncode, done.stderr
        assert not (tmp_path / "work" / "databases" / path.name).exists()

    def test_a_database_elsewhere_is_not_read_through_a_link(
        self, data: Path, host: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for folder in (data / "was", host):
            with sqlite3.connect(database(folder / "a.db")) as connection:
                connection.execute("PRAGMA journal_mode = wal")
            connection.close()
        (data / "sub").symlink_to(host)
        (tmp_path / "work").mkdir()
        (data / "b.db").symlink_to(host / "a.db")
        for path in (b"sub/a.db", b"b.db"):
            with pytest.raises(FileNotFoundError):
                sqlite_at_host.read_while_written(os.fsencode(data), path, os.fsencode(tmp_path / "work" / "copy"))
        assert [each.name for each in host.iterdir()] == ["a.db"]

        opened_files = sqlite_at_host._opened_files

        def swaps() -> set[bytes]:
            """Its folder becomes a link in the last moment."""
            if not (data / "away").exists():
                (data / "was").rename(data / "away")
                (data / "was").symlink_to(host)
            return opened_files()

        monkeypatch.setattr(sqlite_at_host, "_opened_files", swaps)
        with pytest.raises(sqlite_at_host.Waits, match="leads out"):
            sqlite_at_host.read_while_written(os.fsencode(data), b"was/a.db", os.fsencode(tmp_path / "work" / "copy"))


class TestDumpOfKeys:
    @pytest.mark.parametrize("file", ["../host/dump.rdb", "sub/dump.rdb", "sub/deep/dump.rdb", "..", "a/../../host/x"])
    def test_it_is_placed_below_the_folder_of_the_data_alone(self, data: Path, host: Path, file: str) -> None:
        (data / "sub").symlink_to(host)
        done = script("place_dump.sh", data, file, OWNER, "600", "", "", "echo dump")
        assert done.returncode and ("leads out" in done.stderr or "no name" in done.stderr)
        assert not any(host.iterdir())

    def test_a_link_of_its_name_is_replaced(self, data: Path, host: Path) -> None:
        (host / "shadow").write_text("of the host")
        (data / "dump.rdb").symlink_to(host / "shadow")
        (data / "list").symlink_to(host / "shadow")
        done = script("place_dump.sh", data, "dump.rdb", OWNER, "640", "list", "line", "echo dump")
        assert not done.returncode, done.stderr
        assert (host / "shadow").read_text() == "of the host"
        assert (data / "dump.rdb").read_text() == "dump\n" and (data / "list").read_text() == "line\n"

    def test_its_folders_are_made(self, data: Path) -> None:
        done = script("place_dump.sh", data, "a/log/base", OWNER, "600", "a/log/list", "line", "echo dump")
        assert not done.returncode, done.stderr
        assert (data / "a/log/base").read_text() == "dump\n" and (data / "a/log/list").read_text() == "line\n"
        assert (data / "a").stat().st_mode & 0o777 == 0o755


def tar(path: Path, *entries: tuple[str, str | bytes]) -> str:
    """A command that writes it. An entry is a name with a link's target, or with content."""
    with tarfile.open(path, "w") as made:
        for name, what in entries:
            info = tarfile.TarInfo(name)
            if isinstance(what, str):
                info.type, info.linkname = tarfile.SYMTYPE, what
                made.addfile(info)
            else:
                info.size = len(what)
                made.addfile(info, io.BytesIO(what))
    return shlex.join(["cat", str(path)])


@pytest.mark.parametrize(
    "link", ["postgresql.auto.conf", "dockworthy.auto.conf", "recovery.signal", "pg_wal", "pg_wal/archive_status"]
)
def test_a_copy_of_a_server_has_no_links(data: Path, host: Path, tmp_path: Path, link: str) -> None:
    for name in ("file", "folder/archive_status/mine"):
        (host / name).parent.mkdir(parents=True, exist_ok=True)
        (host / name).write_text("of the host")
    target = host / ("folder" if link.startswith("pg_wal") else "file")
    settings = () if link == "postgresql.auto.conf" else (("postgresql.auto.conf", b"evil = 1\n"),)
    base = tar(tmp_path / "base", *settings, (link, str(target)))
    log = tar(tmp_path / "log", ("000000010000000000000001", b"log"), ("archive_status/yours", b"evil"))
    script("load_copy.sh", base, data, tmp_path, "restore_command = 'false'", log)
    found = sorted(str(each.relative_to(host)) for each in host.rglob("*") if each.is_file())
    assert found == ["file", "folder/archive_status/mine"]
    assert {(host / each).read_text() for each in found} == {"of the host"}


def test_a_link_that_leads_out_of_a_project_is_not_saved(tmp_path: Path, host: Path) -> None:
    folder = tmp_path / "shop"
    (folder / "data").mkdir(parents=True)
    (folder / "compose.yaml").write_text("services: {}")
    (folder / "real.env").write_text("A=1")
    (folder / ".env").symlink_to(folder / "real.env")
    (host / "backup.key.env").write_text("SECRET=1")
    (folder / "data" / "a.env").symlink_to(host / "backup.key.env")
    (folder / "more").symlink_to(host)
    packed = packed_files(folder)
    with tarfile.open(fileobj=io.BytesIO(packed.archive)) as made:
        assert made.getnames() == [".env", "compose.yaml", "real.env"]
        assert all(each.isfile() for each in made.getmembers())
        made.extractall(tmp_path / "there", filter="data")
    assert len(packed.left_out) == 2


class TestExchange:
    """Of a database's folder in a volume: `18/docker`, as PostgreSQL's image has it."""

    @pytest.fixture
    def docker(self, data: Path) -> Path:
        (data / "18" / "docker").mkdir(parents=True)
        (data / "18" / "docker" / "PG_VERSION").write_text("18")
        return data / "18" / "docker"

    def made(self, docker: Path, data: Path) -> Path:
        done = script("restored_files.sh", "beside", docker, data)
        assert not done.returncode, done.stderr
        (Path(done.stdout.strip()) / "daemon.json").write_text("{}")
        return Path(done.stdout.strip())

    def test_what_is_restored_lies_where_no_container_sees_it(self, docker: Path, data: Path) -> None:
        new = self.made(docker, data)
        assert new.parent == data.parent
        old = new.parent / ".dockworthy-restore.before-1"
        assert not script("restored_files.sh", "exchange", docker, new, old, data).returncode
        assert (docker / "daemon.json").exists() and (old / "PG_VERSION").exists()
        assert script("restored_files.sh", "aside", new).stdout.split() == [str(old)]
        assert not script("restored_files.sh", "back", docker, old, new, data).returncode
        assert (docker / "PG_VERSION").exists() and (new / "daemon.json").exists()

    @pytest.mark.parametrize("verb", ["beside", "exchange", "back"])
    def test_by_a_link_nothing_is_exchanged(self, docker: Path, data: Path, host: Path, verb: str) -> None:
        """It leads to a folder that the host has, of the same name: /etc/docker, say."""
        new = self.made(docker, data)
        old = new.parent / ".dockworthy-restore.before-1"
        if verb == "back":
            assert not script("restored_files.sh", "exchange", docker, new, old, data).returncode
        (host / "docker").mkdir()
        (host / "docker" / "key.json").touch()
        (data / "18").rename(data / "was")
        (data / "18").symlink_to(host)
        words = {"beside": (docker, data), "exchange": (docker, new, old, data), "back": (docker, old, new, data)}
        done = script("restored_files.sh", verb, *words[verb])
        assert done.returncode and "a link leads" in done.stderr
        assert [each.name for each in host.iterdir()] == ["docker"]
        assert [each.name for each in (host / "docker").iterdir()] == ["key.json"]

    def test_links_that_root_made_above_are_followed(self, docker: Path, data: Path, tmp_path: Path) -> None:
        (tmp_path / "srv").symlink_to(data.parent)
        there = tmp_path / "srv" / data.name
        assert not script("restored_files.sh", "beside", there / "18" / "docker", there).returncode


EXCHANGES = """
import ctypes, sys
from pathlib import Path

rename, other = ctypes.CDLL(None).renameat2, sys.argv[2].encode()
until = Path(sys.argv[3])
Path(sys.argv[4]).touch()
while not until.exists():
    for _ in range(500):
        rename(-100, sys.argv[1].encode(), -100, other, 2)
"""
"""A folder and a link change places, as fast as the kernel lets them."""


@contextlib.contextmanager
def changing_places(folder: Path, link: Path, tmp_path: Path) -> Iterator[None]:
    begun, ended = tmp_path / "begun", tmp_path / "ended"
    process = subprocess.Popen([sys.executable, "-c", EXCHANGES, folder, link, ended, begun])
    try:
        deadline = time.monotonic() + patience(30)
        while not begun.exists():
            assert time.monotonic() < deadline
        yield
    finally:
        ended.touch()
        process.wait(patience(30))
        begun.unlink()
        ended.unlink()


@pytest.mark.program
@needs_restic
@pytest.mark.skipif(os.getuid() != 0, reason="mounts, as root does")
class TestRestic:
    """It runs as root, and knows files by their paths alone."""

    @pytest.fixture
    def folder(self, data: Path, host: Path) -> Path:
        (data / "d").mkdir()
        for number in range(200):
            (data / "d" / f"f{number}").write_text("own")
            (host / f"f{number}").write_text("the host's")
        (data / "link").symlink_to(host)
        return data / "d"

    async def test_what_becomes_a_link_meanwhile_is_not_saved(self, folder: Path, data: Path, tmp_path: Path) -> None:
        async with opened(tmp_path) as store:
            with changing_places(folder, data / "link", tmp_path):
                for number in range(5):
                    with contextlib.suppress(FilesUnread):
                        await store.save_paths([str(data)], tags={"n": str(number)}, seconds=60.0)
            for each in await store.snapshots():
                (target := tmp_path / each.id).mkdir()
                await store.restore_paths(each.id, str(data), str(target), seconds=60.0)
                found = {file.read_text() for file in target.rglob("f*") if file.is_file() and not file.is_symlink()}
                assert found <= {"own"}, "what a link led to was saved"

    async def test_what_becomes_a_link_meanwhile_is_not_written_through(
        self, folder: Path, data: Path, host: Path, tmp_path: Path
    ) -> None:
        (data / "link").unlink()
        for each in folder.iterdir():
            each.write_text("saved")
        async with opened(tmp_path) as store:
            saved = await store.save_paths([str(data)], tags={}, seconds=60.0)
            for number in range(5):
                (target := tmp_path / f"target{number}").mkdir()
                (link := tmp_path / f"link{number}").symlink_to(host)
                with changing_places(target / "d", link, tmp_path), contextlib.suppress(HostError):
                    await store.restore_paths(saved.id, str(data), str(target), seconds=60.0)
        assert {each.read_text() for each in host.iterdir()} == {"the host's"}

    async def test_no_link_leads_to_what_is_saved_or_restored(self, folder: Path, data: Path, tmp_path: Path) -> None:
        (tmp_path / "real" / "empty").mkdir(parents=True)
        (tmp_path / "there").symlink_to(tmp_path / "real")
        (tmp_path / "to").symlink_to(data)
        async with opened(tmp_path) as store:
            saved = await store.save_paths([str(data)], tags={}, seconds=60.0)
            for path in (tmp_path / "to", tmp_path / "to" / "d", tmp_path / "to" / "d" / "f1"):
                with pytest.raises(UsageError, match="a link leads to"):
                    await store.save_paths([str(path)], tags={}, seconds=60.0)
            with pytest.raises(UsageError, match="a link leads to"):
                await store.restore_paths(saved.id, str(data), f"{tmp_path}/there/empty", seconds=60.0)
            assert not [*(tmp_path / "real" / "empty").iterdir()]
            own = await store.save_paths([str(tmp_path / "to" / "d")], tags={}, seconds=60.0, by_link=True)
            assert own.files == 200
            await store.restore_paths(saved.id, str(data), f"{tmp_path}/there/empty", seconds=60.0, by_link=True)
            assert (tmp_path / "real" / "empty" / "d" / "f1").read_text() == "own"

    async def test_a_folder_gets_no_owner_through_a_link(self, data: Path, host: Path) -> None:
        (data / "restored").symlink_to(host)
        before = host.stat()
        done = script("restore_folder.sh", data / "restored", "7", "8", "0777", "0", "")
        assert done.returncode and "a link leads to" in done.stderr
        assert (host.stat().st_uid, host.stat().st_mode) == (before.st_uid, before.st_mode)
        assert not script("restore_folder.sh", data / "restored", "7", "8", "0777", "0", "link").returncode
        assert host.stat().st_uid == 7

    def test_a_server_s_folder_gets_no_owner_through_a_link(self, data: Path, host: Path) -> None:
        (data / "old").mkdir(mode=0o711)
        os.chown(data / "old", 7, 8)
        (data / "new").symlink_to(host)
        done = script("folder_like.sh", "owner", data / "old", data / "new")
        assert done.returncode and "a link leads to" in done.stderr and host.stat().st_uid != 7
        (data / "new").unlink()
        (data / "new").mkdir()
        assert not script("folder_like.sh", "owner", data / "old", data / "new").returncode
        there = (data / "new").stat()
        assert (there.st_uid, there.st_gid, there.st_mode & 0o7777) == (7, 8, 0o711)

    async def test_a_single_file_is_saved(self, folder: Path, tmp_path: Path) -> None:
        async with opened(tmp_path) as store:
            saved = await store.save_paths([str(folder / "f1")], tags={}, seconds=60.0)
            assert saved.files == 1 and await store.read_bytes(saved.id, str(folder / "f1")) == b"own"
