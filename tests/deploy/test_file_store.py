"""Releases as files of the host: what every store does, here and over ssh; and what only files can suffer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dockworthy.deploy.store import FileStore
from dockworthy.engine.host_shell import HostShell
from dockworthy.engine.ssh.address import ssh_address
from dockworthy.engine.ssh.host import SshHost
from dockworthy.errors import HostError, Occupied, UnreadableInput, UsageError
from machines.ssh_fixtures import Servers
from machines.ssh_servers import SshServer
from patience import patience

from .local_sites import site_of, store_here
from .store_suite import Opens, StoreSuite, release

pytestmark = pytest.mark.slow


class TestHere(StoreSuite):
    @pytest.fixture
    def opens(self, tmp_path: Path) -> Opens:
        return lambda: store_here(tmp_path)


@contextlib.asynccontextmanager
async def store_over_ssh(server: SshServer, state: Path) -> AsyncIterator[FileStore]:
    ends = asyncio.get_running_loop().time() + patience(60)
    async with SshHost(ssh_address(server.address()), sudo=False, ends=ends) as host:
        yield FileStore(site_of(HostShell(host.shell, "dw", host, command="deploy"), state), "shop")


@pytest.mark.ssh
class TestOverSsh(StoreSuite):
    @pytest.fixture
    def server(self, serve: Servers) -> SshServer:
        return serve()

    @pytest.fixture
    def opens(self, server: SshServer, tmp_path: Path) -> Opens:
        return lambda: store_over_ssh(server, tmp_path)

    async def test_a_lost_connection_holds_nothing(self, server: SshServer, tmp_path: Path) -> None:
        with pytest.raises(HostError, match="was lost"):
            async with store_over_ssh(server, tmp_path) as store, store.lock(who="anna", doing="deploy") as lock:
                async with store_here(tmp_path) as other:
                    with pytest.raises(Occupied, match="anna"):
                        await other.lock(who="ben", doing="deploy").__aenter__()
                    server.kill_connections()
                    async with asyncio.timeout(patience(10)):
                        while True:  # the kernel ends the shell when its connection goes
                            with contextlib.suppress(Occupied):
                                async with other.lock(who="ben", doing="deploy"):
                                    break
                await lock.check()


async def test_a_record_that_never_ends_is_a_damaged_one(tmp_path: Path) -> None:
    """A link to a device, a pipe that nobody writes to, a folder, and a file of gigabytes (all holes)."""
    async with store_here(tmp_path) as store:
        async with store.lock(who="anna", doing="deploy"):
            await store.write(release(1))
        folder = Path(store.folder)
        (folder / "2.json").symlink_to("/dev/zero")
        os.mkfifo(folder / "3.json")
        (folder / "4.json").mkdir()
        with (folder / "5.json").open("wb") as file:
            file.truncate(5_000_000_000)
        async with asyncio.timeout(patience(10)):
            assert [found.number for found in await store.releases(skip_damaged=True)] == [1]
            with pytest.raises(UnreadableInput, match=r"2\.json"):
                await store.releases()


async def test_a_damaged_record_is_named(tmp_path: Path) -> None:
    async with store_here(tmp_path) as store:
        for number in (1, 2, 3):
            await store.write(release(number))
        folder = tmp_path / "releases" / "shop"
        for damage in (b"", b"{cut", b"\0\xff\x1e", b"[]", b'{"schema": 1, "number": 2}'):
            (folder / "2.json").write_bytes(damage)
            with pytest.raises(UnreadableInput, match="damaged") as raised:
                await store.releases()
            assert raised.value.file == str(folder / "2.json") and "backup" in raised.value.hint
            assert [found.number for found in await store.releases(skip_damaged=True)] == [1, 3]
        (folder / "2.json").write_text('{"schema": 2}')
        with pytest.raises(UnreadableInput, match="newer dockworthy"):
            await store.releases()
        (folder / "notes.json").write_text("not ours")
        (folder / "2.json").unlink()
        assert [found.number for found in await store.releases()] == [1, 3]
        with pytest.raises(UsageError, match="not the name of a project"):
            FileStore(site_of(store._shell, tmp_path), "../shop")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk (sudo ./test)")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "dockworthy-test", disk], check=True)
    yield disk
    subprocess.run(["umount", disk], check=True)


async def test_a_full_disk_changes_nothing(small_disk: Path) -> None:
    secret = b"correct-horse-battery-staple"
    async with store_here(small_disk) as store, store.lock(who="anna", doing="deploy"):
        await store.write(release(1))
        version = await store.keep_version("db", secret, mode=0o400, owner=None)
        (small_disk / "filler").write_bytes(b"x" * 150_000)
        with pytest.raises(HostError, match=r"db/.{12} can't be written: .*No space left on device") as raised:
            await store.keep_version("db", secret * 5000, mode=0o400, owner=None)
        assert "horse" not in str(raised.value) + raised.value.hint and "disk full" in raised.value.hint
        with pytest.raises(HostError, match=r"releases/shop/2\.json can't be written.*No space left"):
            await store.write(release(2, spec={"x": "y" * 99_000}))
            await store.write(release(3, spec={"x": "y" * 99_000}))
        assert release(1) in await store.releases()
        assert Path(store.path_of("db", version)).read_bytes() == secret
        assert not list(small_disk.rglob(".new.*"))


async def test_a_read_only_disk_is_said(small_disk: Path) -> None:
    async with store_here(small_disk) as store:
        await store.write(release(1))
        subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
        with pytest.raises(HostError, match=r"1\.json can't be written.*Read-only file system"):
            await store.write(release(1))
        with pytest.raises(HostError, match=r"the lock of shop can't be taken.*Read-only file system"):
            await store.lock(who="anna", doing="deploy").__aenter__()
        with pytest.raises(HostError, match=r"versions\.key.*can't be made.*Read-only file system"):
            await store.keep_version("db", b"x", mode=0o400, owner=None)
        assert [found.number for found in await store.releases()] == [1]
