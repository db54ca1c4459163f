"""Secrets and configs as files of the host: who may read them, and that their values are nowhere else."""

from __future__ import annotations

import base64
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockworthy.deploy.store.files import version_of
from dockworthy.errors import HostError

from .holders import descendants
from .local_sites import store_here
from .store_suite import release

SECRET = b"correct-horse-battery-staple"


class ProcessList:
    """Everything that `ps` could show of what this process starts, for as long as it watches."""

    def __init__(self) -> None:
        self._ends = threading.Event()
        self._seen: set[bytes] = set()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> ProcessList:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    @property
    def seen(self) -> bytes:
        return b"\n".join(self._seen.copy())

    def _watch(self) -> None:
        while not self._ends.is_set():
            for pid in descendants(os.getpid()):
                for what in ("cmdline", "environ"):
                    try:
                        self._seen.add(Path(f"/proc/{pid}/{what}").read_bytes())
                    except OSError:
                        continue  # it ended meanwhile


async def test_a_value_is_in_its_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with ProcessList() as processes:
        async with store_here(tmp_path / "state") as store:
            for size in range(1, 200):
                if size > 12 and b"base64\0-d" in processes.seen:
                    break
                version = await store.keep_version("db", SECRET * size * 999, mode=0o400, owner=None)
            await store.write(release(1, versions={"db": version}))
            await store.clean(await store.releases())
            key = (tmp_path / "state" / "versions.key").read_bytes()
    assert b"base64\0-d" in processes.seen, "it saw the very processes that pass it on"
    parts = [encoded(SECRET * 3)[8:40], encoded(b"c" + SECRET * 3)[8:40], encoded(b"cc" + SECRET * 3)[8:40]]
    for told in (SECRET, key, encoded(key), *parts):
        assert told not in processes.seen
    path = Path(store.path_of("db", version))
    assert [file for file in files_below(tmp_path) if SECRET in file.read_bytes()] == [path]
    assert [file for file in files_below(tmp_path) if key in file.read_bytes()] == [tmp_path / "state/versions.key"]
    assert list(temporary.iterdir()) == []


async def test_the_file_is_as_the_service_needs_it(tmp_path: Path) -> None:
    async with store_here(tmp_path) as store:
        await store.write(release(1))
        paths = {}
        for mode in (0o444, 0o400):
            version = await store.keep_version("db", SECRET, mode=mode, owner=(12345, 54321) if is_root() else None)
            paths[mode] = Path(store.path_of("db", version))
            status = paths[mode].stat()
            assert stat.S_IMODE(status.st_mode) == mode and paths[mode].read_bytes() == SECRET
            assert not is_root() or (status.st_uid, status.st_gid) == (12345, 54321)
        assert stat.S_IMODE((tmp_path / "versions.key").stat().st_mode) == 0o600
        for folder in ("releases", "releases/shop", "releases/shop/versions", "releases/shop/versions/db"):
            assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o700
        before = paths[0o444].stat()
        await store.keep_version("db", SECRET, mode=0o444, owner=(12345, 54321) if is_root() else None)
        assert paths[0o444].stat() == before, "a container has this very file"
        paths[0o444].chmod(0o777)
        paths[0o444].write_bytes(b"changed by hand")
        await store.keep_version("db", SECRET, mode=0o444, owner=(12345, 54321) if is_root() else None)
        assert paths[0o444].read_bytes() == SECRET and stat.S_IMODE(paths[0o444].stat().st_mode) == 0o444


async def test_what_no_release_needs_goes(tmp_path: Path) -> None:
    async with store_here(tmp_path) as store:
        names = ("db", "db", "tls.key", "empty")
        contents = (b"a", b"b", bytes(range(256)) * 300, b"")
        versions = [
            await store.keep_version(name, content, mode=0o400, owner=None)
            for name, content in zip(names, contents, strict=True)
        ]
        paths = [Path(store.path_of(*named)) for named in zip(names, versions, strict=True)]
        assert tuple(path.read_bytes() for path in paths) == contents
        await store.clean([release(1, versions={"db": versions[0]}), release(2, versions={"empty": versions[3]})])
        assert [path.exists() for path in paths] == [True, False, False, True]
        await store.clean([])
        assert list((tmp_path / "releases/shop/versions").iterdir()) == []


async def test_what_is_only_foreseen_leaves_the_host_as_it_is(tmp_path: Path) -> None:
    async with store_here(tmp_path) as store:
        foreseen = [
            await store.foreseen_version("db", SECRET, mode=0o400, owner=None, making_key=False) for _ in range(2)
        ]
        assert list(tmp_path.iterdir()) == [] and foreseen[0] != foreseen[1]
        version = await store.keep_version("db", SECRET, mode=0o400, owner=None)
        assert await store.foreseen_version("db", SECRET, mode=0o400, owner=None, making_key=False) == version
        assert await store._shell.file(store.path_of("db", version)) == SECRET.decode()
        assert await store._shell.file(store.path_of("db", "0123456789ab")) is None


async def test_a_damaged_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "versions.key").write_bytes(b"short")
    async with store_here(tmp_path) as store:
        with pytest.raises(HostError, match=r"versions\.key has 5 bytes.*damaged") as raised:
            await store.keep_version("db", SECRET, mode=0o400, owner=None)
        assert "remove it" in raised.value.hint


def test_a_version_needs_the_key() -> None:
    here, there = (version_of(key * 32, "db", SECRET, mode=0o400, owner=None) for key in (b"a", b"b"))
    assert here != there and len(here) == 12
    assert here == version_of(b"a" * 32, "db", SECRET, mode=0o400, owner=None)
    assert len({version_of(b"a" * 32, "db", SECRET, mode=0o400, owner=owner) for owner in (None, (0, 0), (0, 1))}) == 3


def encoded(content: bytes) -> bytes:
    return base64.b64encode(content)


def files_below(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file())


def is_root() -> bool:
    return os.geteuid() == 0
