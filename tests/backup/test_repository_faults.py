"""What goes wrong with repositories: each time nothing is half saved, the message names it and the next command."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from backup.repositories import needs_restic, opened, program, repository, restic
from dockworthy.engine.host_shell import shell_here
from dockworthy.errors import DockworthyError, HostError, Occupied, UsageError
from patience import until

pytestmark = [pytest.mark.program, needs_restic]
DAY = 24 * 3600.0
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")


@contextlib.contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Path]:
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


async def fault_on_opening(folder: Path, place: str = "", *, create: bool = True) -> DockworthyError:
    async with shell_here(command="backup") as shell:
        with pytest.raises(DockworthyError) as raised:
            await repository(shell, folder, place).ready(create=create)
        return raised.value


# The repository


@needs_root
async def test_an_empty_mount_point_is_not_made_a_repository(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    place = f"{disk}/shop"
    with small_disk(disk, megabytes=20):
        async with opened(tmp_path, place) as store:
            await store.save_bytes("a", b"x", tags={})
    fault = await fault_on_opening(tmp_path, place)
    assert isinstance(fault, HostError) and f"the repository that was in {place} is not there" in fault.says
    assert fault.hint == f"is its disk mounted? findmnt -T {place}"
    assert not list(disk.iterdir())


async def test_another_repository_than_before_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path):
        pass
    (tmp_path / "r").rename(tmp_path / "first")
    restic(tmp_path, "init")
    fault = await fault_on_opening(tmp_path)
    assert isinstance(fault, HostError) and "holds another repository than before" in fault.says
    subprocess.run(fault.hint[fault.hint.index("rm ") :], shell=True, check=True)
    async with opened(tmp_path) as store:
        await store.save_bytes("a", b"x", tags={})


@pytest.mark.parametrize(
    ("said", "says", "hint"),
    [
        ("ssh: connect to host vault port 22: Connection refused", "can't be reached", "ssh backup@vault on this host"),
        ("Host key verification failed.", "does not know the host key of sftp:backup@vault:/srv/shop", "ssh backup@"),
        ("backup@vault: Permission denied (publickey).", "was refused", "ssh-copy-id backup@vault"),
    ],
)
async def test_ssh_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, says: str, hint: str) -> None:
    folder = program(tmp_path / "bin", "ssh", f"echo '{said}' >&2; exit 255")
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    fault = await fault_on_opening(tmp_path, "sftp:backup@vault:/srv/shop")
    assert isinstance(fault, HostError) and says in fault.says and hint in fault.hint


@pytest.mark.skipif(not Path("/usr/lib/openssh/sftp-server").exists(), reason="openssh-sftp-server is not installed")
async def test_over_sftp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "ssh-arguments"
    folder = program(tmp_path / "bin", "ssh", f'echo "$@" >{log}; exec /usr/lib/openssh/sftp-server')
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    async with opened(tmp_path, f"sftp:backup@vault:{tmp_path}/r") as store:
        saved = await store.save_bytes("a", b"x", tags={})
        assert await store.read_bytes(saved.id, "a") == b"x"
    assert "BatchMode=yes" in log.read_text() and "vault -l backup" in log.read_text()


async def test_nobody_answers_and_no_password_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockworthy.backup.repository._OPENING", 4.0)
    fault = await fault_on_opening(tmp_path, "rest:http://shop:s3cret@127.0.0.1:1/x")
    assert isinstance(fault, HostError)
    assert "rest:http://127.0.0.1:1/x did not answer within 4 s" in fault.says and "connection refused" in fault.says
    assert "s3cret" not in fault.says + fault.hint and "can be reached" in fault.hint


@needs_root
async def test_a_read_only_repository_is_read_and_not_written(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, megabytes=20):
        async with opened(tmp_path, f"{disk}/r") as store:
            saved = await store.save_bytes("a", b"x", tags={})
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            with pytest.raises(HostError, match="read-only") as refused:
                await store.save_bytes("b", b"x", tags={})
            assert "remount,rw" in refused.value.hint
            with pytest.raises(HostError, match="read-only"):
                await store.forget([saved.id])
            assert await store.read_bytes(saved.id, "a") == b"x"
            assert await store.snapshots() == (saved,)
            await store.check()
            (tmp_path / "target").mkdir()
            await store.ready(create=False)


@needs_root
async def test_a_full_disk_is_told_and_what_was_saved_stays(tmp_path: Path) -> None:
    disk, big = tmp_path / "disk", tmp_path / "big"
    big.write_bytes(os.urandom(20_000_000))
    with small_disk(disk, megabytes=8):
        async with opened(tmp_path, f"{disk}/r") as store:
            saved = await store.save_bytes("a", b"x", tags={})
            for saving in (
                store.save_paths([str(big)], tags={}, seconds=DAY),
                store.save_output("big", f"cat {big}", tags={}, seconds=DAY),
            ):
                with pytest.raises(HostError, match=f"the disk of {disk}/r is full") as full:
                    await saving
                assert f"df -h {disk}/r" in full.value.hint
            assert await store.snapshots() == (saved,)
            assert await store.read_bytes(saved.id, "a") == b"x"
            await store.forget([])
            await store.save_bytes("b", b"y", tags={})


@needs_root
async def test_a_full_disk_where_it_is_restored(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/big").write_bytes(os.urandom(5_000_000))
    async with opened(tmp_path) as store:
        saved = await store.save_paths([f"{tmp_path}/data"], tags={}, seconds=DAY)
        with small_disk(tmp_path / "disk", megabytes=2) as disk:
            with pytest.raises(HostError, match="a disk of this host is full"):
                await store.restore_paths(saved.id, f"{tmp_path}/data", str(disk), seconds=DAY)


async def test_a_damaged_repository_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.save_bytes("a", os.urandom(100_000), tags={})
        pack = max((tmp_path / "r/data").glob("*/*"), key=lambda each: each.stat().st_size)
        pack.chmod(0o600)
        pack.write_bytes(pack.read_bytes()[:-100])
        with pytest.raises(HostError, match="is damaged") as damaged:
            await store.check(read_data="100%")
        assert "check" in damaged.value.hint


# The key


async def test_another_key_does_not_open_it(tmp_path: Path) -> None:
    async with opened(tmp_path):
        pass
    (tmp_path / "key").write_text("another\n")
    fault = await fault_on_opening(tmp_path)
    assert isinstance(fault, UsageError) and f"{tmp_path}/key does not open {tmp_path}/r" in fault.says
    assert "backup kit" in fault.hint


async def test_a_lost_key_is_not_made_anew(tmp_path: Path) -> None:
    async with opened(tmp_path):
        pass
    (tmp_path / "key").unlink()
    for place in ("", f"{tmp_path}/new"):
        fault = await fault_on_opening(tmp_path, place)
        assert isinstance(fault, UsageError) and "is gone, and a repository was made with it" in fault.says
        assert "backup kit" in fault.hint
    assert not (tmp_path / "key").exists() and not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["key", "key.env"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
async def test_a_key_that_others_can_read(tmp_path: Path, name: str, mode: int) -> None:
    (tmp_path / "key").write_text("k\n")
    (tmp_path / "key").chmod(0o600)
    (tmp_path / name).write_text("A=1\n")
    (tmp_path / name).chmod(mode)
    fault = await fault_on_opening(tmp_path)
    assert isinstance(fault, UsageError) and f"{tmp_path}/{name} can be read by others" in fault.says
    assert fault.hint == f"chmod 600 {tmp_path}/{name}"
    assert not (tmp_path / "r").exists()


async def test_a_key_that_is_empty_or_no_file(tmp_path: Path) -> None:
    (tmp_path / "key").touch(mode=0o600)
    assert "is empty" in (await fault_on_opening(tmp_path)).says
    (tmp_path / "key").unlink()
    (tmp_path / "key").mkdir(mode=0o700)
    assert "no regular file" in (await fault_on_opening(tmp_path)).says
    (tmp_path / "key").rmdir()
    (tmp_path / "key").symlink_to("nowhere/at/all")
    assert "can't be made" in (await fault_on_opening(tmp_path)).says


@needs_root
async def test_a_key_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k\n")
    (tmp_path / "key").chmod(0o600)
    os.chown(tmp_path / "key", 1234, 1234)
    fault = await fault_on_opening(tmp_path)
    assert "another user's" in fault.says and fault.hint == f"chown root: {tmp_path}/key"


async def test_two_that_make_the_same_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path), shell_here(command="backup") as one, shell_here(command="backup") as two:
        shutil.rmtree(tmp_path / "r")
        shutil.rmtree(tmp_path / "state")
        (tmp_path / "key").unlink()
        stores = [repository(shell, tmp_path) for shell in (one, two)]
        await asyncio.gather(*(store.ready(create=True) for store in stores))
        saved = await asyncio.gather(*(store.save_bytes("a", b"x", tags={}) for store in stores))
        assert {each.id for each in await stores[0].snapshots()} == {each.id for each in saved}


# restic


async def test_restic_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for folder in os.environ["PATH"].split(":"):
        for tool in Path(folder).glob("*"):
            if tool.name != "restic" and not (tools / tool.name).is_symlink():
                (tools / tool.name).symlink_to(tool)
    monkeypatch.setenv("PATH", str(tools))
    fault = await fault_on_opening(tmp_path)
    assert isinstance(fault, HostError) and "restic is not installed" in fault.says
    assert fault.hint.startswith("apt install restic")
    assert not (tmp_path / "key").exists()


@pytest.mark.parametrize("said", ["restic 0.14.0 compiled with go1.19", "restic 0.16.4", "something else"])
async def test_restic_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("PATH", f"{program(tmp_path / 'bin', 'restic', f'echo {said}')}:{os.environ['PATH']}")
    fault = await fault_on_opening(tmp_path)
    assert isinstance(fault, HostError) and "need restic 0.17 or newer" in fault.says and said in fault.says
    assert "releases" in fault.hint


# Locks, and runs that end in the middle


async def test_another_run_holds_the_lock(tmp_path: Path) -> None:
    async with opened(tmp_path) as store, shell_here(command="backup") as shell:
        saved = await store.save_bytes("a", b"x", tags={})
        script = f"echo x; touch {tmp_path}/begun; while [ ! -e {tmp_path}/end ]; do sleep 0.1; done"
        other = repository(shell, tmp_path)
        saving = asyncio.create_task(other.save_output("b", script, tags={}, seconds=DAY))
        await until((tmp_path / "begun").exists, "it saves", seconds=20)
        with pytest.raises(Occupied, match="another run holds the lock") as occupied:
            await store.forget([saved.id])
        assert "PID" in occupied.value.says and occupied.value.hint.endswith("unlock")
        assert await store.snapshots() == (saved,)
        side = await store.save_bytes("c", b"x", tags={})  # beside each other they may save
        (tmp_path / "end").touch()
        ids = {(await saving).id, side.id}
        await store.forget([saved.id])
        assert {each.id for each in await store.snapshots()} == ids


async def test_restic_is_killed_in_the_middle(tmp_path: Path) -> None:
    """Its lock stays, and hinders nobody; the producer ends; the next run is fine."""
    async with opened(tmp_path) as store:
        saved = await store.save_bytes("a", b"x", tags={})
        script = f"echo x; echo $$ >{tmp_path}/producer; sleep 1000"
        saving = asyncio.create_task(store.save_output("b", script, tags={}, seconds=DAY))
        written = tmp_path / "producer"
        await until(lambda: written.exists() and written.read_text().strip(), "it saves", seconds=20)
        of_this = str(tmp_path).encode()
        [pid] = [
            int(folder.name)
            for folder in Path("/proc").glob("[0-9]*")
            if _said(folder / "cmdline").startswith(b"restic\0") and of_this in _said(folder / "environ")
        ]
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(HostError):
            await saving
        producer = int((tmp_path / "producer").read_text())
        await until(lambda: not Path(f"/proc/{producer}").exists(), "the producer ends", seconds=20)
        assert list((tmp_path / "r/locks").iterdir())
        await store.save_bytes("c", b"y", tags={})
        await store.forget([saved.id])
        assert len(await store.snapshots()) == 1
        assert not list((tmp_path / "r/locks").iterdir())
        await store.check()


def _said(file: Path) -> bytes:
    with contextlib.suppress(OSError):
        return file.read_bytes()
    return b""


# Producers


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("head -c 3000000 /dev/urandom; echo 'no such database' >&2; exit 3", "failed: no such database"),
        ("echo half; kill -9 $$", "failed"),
        ("echo half; exit 1", "failed, and said nothing"),
        ("echo 'role is missing' >&2", "wrote nothing: role is missing"),
        ("if", "failed: "),
    ],
)
async def test_a_producer_that_fails_leaves_no_snapshot(tmp_path: Path, script: str, says: str) -> None:
    async with opened(tmp_path) as store:
        with pytest.raises(HostError) as failed:
            await store.save_output("db/shop", script, tags={"a": "b"}, seconds=DAY)
        assert f"can't be saved to {tmp_path}/r: the command that writes it {says}" in failed.value.says
        assert failed.value.hint
        assert await store.snapshots() == () and "snapshots" not in restic(tmp_path, "snapshots")
        await store.save_output("db/shop", "echo fine", tags={}, seconds=DAY)


@pytest.mark.parametrize("flood", ["yes error", "head -c 300000000 /dev/zero | tr '\\0' x"])
async def test_a_flood_of_errors_is_bounded(tmp_path: Path, flood: str) -> None:
    async with opened(tmp_path) as store:
        with pytest.raises(HostError, match="failed") as failed:
            script = f"echo half; {flood} 2>/dev/null | head -c 300000000 >&2; echo the end >&2; exit 1"
            await store.save_output("a", script, tags={}, seconds=DAY)
        assert len(failed.value.says) < 2000 and "the end" in failed.value.says
        fine = await store.save_output("a", f"echo fine; {flood} | head -c 3000000 >&2", tags={}, seconds=DAY)
        assert await store.read_bytes(fine.id, "a") == b"fine\n"


async def test_a_producer_that_does_not_end_is_ended(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        script = f"echo half; echo waiting >&2; echo $$ >{tmp_path}/pid; sleep 1000"
        with pytest.raises(HostError, match="did not end within 3 s"):
            await store.save_output("a", script, tags={}, seconds=3)
        pid = int((tmp_path / "pid").read_text())
        await until(lambda: not Path(f"/proc/{pid}").exists(), "the producer ends", seconds=20)
        assert await store.snapshots() == ()


async def test_files_that_can_t_be_read_are_named_and_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a").write_text("x")
    async with opened(tmp_path) as store:
        with pytest.raises(HostError, match=r"some files could not be read: .*/data/none") as failed:
            await store.save_paths([f"{tmp_path}/data", f"{tmp_path}/data/none"], tags={}, seconds=DAY)
        assert failed.value.hint
        assert await store.snapshots() == ()
        with pytest.raises(HostError):
            await store.save_paths([f"{tmp_path}/none"], tags={}, seconds=DAY)
        assert await store.snapshots() == ()
