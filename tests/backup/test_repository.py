"""A repository of restic: what is saved to it comes back as it was, and what fails leaves nothing and says why."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from backup.repositories import needs_restic, opened, program, repository, restic
from dockworthy.backup.repository import Repository
from dockworthy.engine.host_shell import shell_here
from dockworthy.errors import HostError, UsageError

pytestmark = [pytest.mark.program, needs_restic]
DAY = 24 * 3600.0
ODD = "a b,c=d;$(x)`y`'\"%2F\\ü*?[a]\n/-"


async def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        assert oct(os.stat(tmp_path / "key").st_mode & 0o7777) == "0o600"
        assert len((tmp_path / "key").read_text().strip()) == 44
        assert oct(os.stat(tmp_path / "state/backup").st_mode & 0o7777) == "0o700"
        dump = await store.save_output("db/shop", "echo one; echo two", tags={"run": "1", "data": ODD}, seconds=DAY)
        content = bytes(range(256)) * 100
        note = await store.save_bytes(ODD, content, tags={"run": "1"})
        other = await store.save_bytes("-other", b"x", tags={"run": "2"})
        assert (dump.files, dump.total_bytes, dump.tags["data"]) == (1, 8, ODD) and dump.bytes > 0
        assert await store.read_bytes(dump.id, "db/shop") == b"one\ntwo\n"
        assert await store.read_bytes(note.id[:8], ODD) == content
        command = store.dump_command(note.id, ODD)
        assert subprocess.run(command, shell=True, check=True, capture_output=True).stdout == content
        listed = await store.snapshots()
        assert [each.id for each in listed] == [dump.id, note.id, other.id]
        assert (listed[0], listed[1]) == (dump, note)
        assert await store.snapshots({"run": "1", "data": ODD}) == (dump,)
        assert await store.snapshots({"run": "3"}) == ()
        await store.check(read_data="100%")


async def test_folders_come_back_with_owners_modes_and_attributes(tmp_path: Path) -> None:
    folder, target = tmp_path / f"data {ODD.replace('/', '')}", tmp_path / "target"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub/file").write_text("content")
    (folder / "link").symlink_to("sub/file")
    (folder / "sub/file").chmod(0o640)
    if os.geteuid() == 0:
        os.chown(folder, 999, 998)
        os.chown(folder / "sub/file", 70, 71)
    os.setxattr(folder / "sub", "user.kept", b"yes")
    folder.chmod(0o3701)
    target.mkdir()
    async with opened(tmp_path) as store:
        saved = await store.save_paths([str(folder)], tags={}, seconds=DAY)
        assert (saved.files, saved.paths) == (1, (str(folder),))
        await store.restore_paths(saved.id, str(folder), str(target), seconds=DAY)
        for name in (".", "sub", "sub/file", "link"):
            before, after = os.lstat(folder / name), os.lstat(target / name)
            fields = ("st_mode", "st_uid", "st_gid", "st_mtime_ns")
            assert [getattr(before, field) for field in fields] == [getattr(after, field) for field in fields], name
        assert (target / "link").read_text() == "content"
        assert os.getxattr(target / "sub", "user.kept") == b"yes"
        with pytest.raises(UsageError, match="is not empty"):
            await store.restore_paths(saved.id, str(folder), str(target), seconds=DAY)
        with pytest.raises(UsageError, match="no folder"):
            await store.restore_paths(saved.id, str(folder), f"{target}/none", seconds=DAY)
        (tmp_path / "other").mkdir()
        with pytest.raises(UsageError, match="no such folder"):
            await store.restore_paths(saved.id, f"{folder}/link", f"{tmp_path}/other", seconds=DAY)
        with pytest.raises(UsageError, match="no such folder"):
            await store.restore_paths(saved.id, "/none", f"{tmp_path}/other", seconds=DAY)


async def test_what_others_saved_is_theirs(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    async with opened(tmp_path) as store:
        restic(tmp_path, "backup", f"{tmp_path}/file")
        theirs = json.loads(restic(tmp_path, "snapshots", "--json"))[0]["id"]
        ours = await store.save_bytes("a", b"x", tags={})
        assert await store.snapshots() == (ours,)
        with pytest.raises(UsageError, match="not dockworthy's") as refused:
            await store.forget([ours.id, theirs])
        assert "forget" in refused.value.hint
        assert await store.snapshots() == (ours,)
        await store.forget([ours.id, "0" * 64])
        assert await store.snapshots() == ()
        assert json.loads(restic(tmp_path, "snapshots", "--json"))[0]["id"] == theirs
        await store.check()


@pytest.mark.parametrize("name", ["", ".", "..", "x" * 256])
async def test_a_name_that_is_none(tmp_path: Path, name: str) -> None:
    async with shell_here(command="backup") as shell:
        with pytest.raises(UsageError, match="is no name"):
            await repository(shell, tmp_path).save_bytes(name, b"x", tags={})


async def test_what_is_no_id_and_no_path_is_refused_before_anything_runs(tmp_path: Path) -> None:
    async with shell_here(command="backup") as shell:
        store = repository(shell, tmp_path)
        for id in ("latest", "--help", "abc", "0" * 65):
            with pytest.raises(UsageError, match="no id"):
                await store.read_bytes(id, "a")
            with pytest.raises(UsageError, match="no id"):
                await store.forget([id])
        for paths in ([], ["a"], ["/a", "../b"], ["/a\0b"]):
            with pytest.raises(UsageError, match="path"):
                await store.save_paths(paths, tags={}, seconds=DAY)
        with pytest.raises(UsageError, match="empty"):
            await store.save_bytes("a", b"", tags={})
        for place in ("shop", "ftp:x", "local:x", "file:///x"):
            with pytest.raises(UsageError, match=r"place|absolute"):
                repository(shell, tmp_path, place)
        assert not list(tmp_path.iterdir())


async def test_no_more_is_read_than_wanted(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        saved = await store.save_bytes("a", b"x" * 1000, tags={})
        assert len(await store.read_bytes(saved.id, "a", most=1000)) == 1000
        with pytest.raises(HostError, match="more than 999 bytes"):
            await store.read_bytes(saved.id, "a", most=999)
        with pytest.raises(HostError, match="not found"):
            await store.read_bytes(saved.id, "b")


async def test_it_may_be_read_without_being_made(tmp_path: Path) -> None:
    async with shell_here(command="backup") as shell:
        with pytest.raises(UsageError, match="is not there"):
            await repository(shell, tmp_path).ready(create=False)
        (tmp_path / "key").write_text("k")
        (tmp_path / "key").chmod(0o600)
        with pytest.raises(UsageError, match="no repository is in"):
            await repository(shell, tmp_path).ready(create=False)
        assert not (tmp_path / "r").exists()


async def test_a_new_host_without_the_key_of_a_repository_makes_none(tmp_path: Path) -> None:
    async with opened(tmp_path):
        pass
    (tmp_path / "key").rename(tmp_path / "printed")
    async with shell_here(command="backup") as shell:
        another = Repository(shell, f"{tmp_path}/r", f"{tmp_path}/key", f"{tmp_path}/state-of-another-host")
        with pytest.raises(UsageError) as refused:
            await another.ready(create=True)
        assert "is there already" in refused.value.says and "backup kit" in refused.value.hint
        assert not (tmp_path / "key").exists(), "a key that opens nothing misleads"
        (tmp_path / "printed").rename(tmp_path / "key")
        await another.ready(create=True)


async def test_a_manifest_is_read_from_the_repository_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as found:
        saved = await found.save_bytes("m", b"{}", tags={"part": "manifest"})
        assert await found.read_once(saved.id, "m", most=100) == b"{}"
        (tmp_path / "r").rename(tmp_path / "away")
        assert await found.read_once(saved.id, "m", most=100) == b"{}"
        (tmp_path / "away").rename(tmp_path / "r")
        await found.forget([saved.id])
        with pytest.raises(HostError):
            await found.read_once(saved.id, "m", most=100)


async def test_credentials_are_in_no_list_of_processes_and_reach_no_producer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESTIC_PASSWORD_COMMAND", "false")
    monkeypatch.setenv("RESTIC_REPOSITORY", "/nowhere")
    (tmp_path / "key.env").write_text("# of the store\nAWS_SECRET_ACCESS_KEY='s3cret word'\n\nB2_ACCOUNT_KEY=b2=key\n")
    (tmp_path / "key.env").chmod(0o600)
    async with opened(tmp_path) as store:
        seen = await store.save_output(
            "seen", "env; tr '\\0' '\\n' </proc/$PPID/cmdline; ps -eww -o args; cat </dev/stdin", tags={}, seconds=DAY
        )
        said = (await store.read_bytes(seen.id, "seen")).decode()
        assert "s3cret" not in said and "b2=key" not in said and "RESTIC_" not in said
        path = f"{program(tmp_path / 'bin', 'restic', 'env')}:{os.environ['PATH']}"
        given = {**os.environ, "PATH": path}
        shown = subprocess.run(store.by_hand("x"), shell=True, capture_output=True, text=True, env=given).stdout
        assert "\nAWS_SECRET_ACCESS_KEY=s3cret word\n" in shown and "\nB2_ACCOUNT_KEY=b2=key\n" in shown
    (tmp_path / "key.env").write_text("AWS_X=1\nexport s3cret\n")
    async with shell_here(command="backup") as shell:
        with pytest.raises(UsageError, match=r"line 2 of .*key\.env is not NAME=VALUE") as refused:
            await repository(shell, tmp_path).ready(create=False)
        assert "s3cret" not in str(refused.value)
