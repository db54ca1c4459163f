"""`dockworthy backup target`: two hosts, a real sshd between them, and root on the one who tries to get at what the
other one keeps."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from backup.repositories import needs_restic
from backup.target.conftest import Vault
from dockworthy.backup.repository import RemovalRefused
from dockworthy.backup.retention import forget_old
from dockworthy.backup.target.measuring import forbidden_requests
from dockworthy.backup.target.raw_requests import answers, http2
from dockworthy.backup.target.words import must_refuse_removal, words_of_store
from dockworthy.engine.host_shell import shell_here
from dockworthy.errors import HostError, UsageError
from dockworthy.model.backup_settings import Keep
from machines.engines import clean_environment
from patience import patience, until

pytestmark = [pytest.mark.engine, pytest.mark.ssh, needs_restic, pytest.mark.timeout(900)]


def test_a_store_is_made_once_shared_and_taken_away(vault: Vault) -> None:
    plan = vault.target("--dry-run")
    assert plan.returncode == 0, plan.stderr
    assert "makes the user backup-shop" in plan.stderr and "SHA256:" in plan.stderr
    assert not vault.store.exists() and not (vault.folder / "state").exists()
    assert "nobody is there to agree" in vault.target().stderr

    done = vault.target("--yes")
    assert done.returncode == 0, done.stderr
    assert f"to: [{vault.place.written}]" in done.stderr
    line = (vault.store / ".ssh" / "authorized_keys").read_text()
    assert line.startswith(f'restrict,command="sh {vault.store}/serve" ssh-ed25519 ')
    assert vault.host.read(f"{vault.keeper}/key") == (vault.folder / "key").read_text()
    assert vault.host.run("stat", "-c", "%a", f"{vault.keeper}/key").stdout == b"600\n"
    assert "keep" in vault.host.run("sh", "-c", "cat /etc/cron.d/dockworthy-store-*").stdout.decode()
    for file in (vault.store / "repository").rglob("*"):
        assert file.owner() == "root", file

    again = vault.target("--yes")
    assert again.returncode == 0 and "nothing to do" in again.stderr
    (vault.folder / "dockworthy.yaml").write_text(f"backup: {{key: {vault.folder}/key, keep: {{daily: 3}}}}\n")
    changed = vault.target("--dry-run")
    assert "writes /var/lib/dockworthy/store/shop/settings" in changed.stderr
    assert "makes the user" not in changed.stderr

    # another host of the same name, and one of another
    stranger = vault.target("--yes", state="second")
    assert stranger.returncode == 2 and "lets another key in" in stranger.stderr and "--name" in stranger.stderr
    other = vault.target("--yes", "--no-prune", name="other", state="second")
    assert other.returncode == 0, other.stderr
    assert vault.host.run("test", "-e", f"{vault.keeper}/../other/key", check=False).returncode == 1
    for path in (f"{vault.store}/repository/config", f"{vault.store}/repository", f"{vault.keeper}/key"):
        looked = vault.host.run("setpriv", "--reuid=backup-other", "--clear-groups", "ls", path, check=False)
        assert looked.returncode or path == f"{vault.store}/repository", path
        read = vault.host.run("setpriv", "--reuid=backup-other", "--clear-groups", "cat", path, check=False)
        assert read.returncode, path

    before = vault.files()
    removed = vault.target("--remove", "--yes")
    assert removed.returncode == 0, removed.stderr
    assert vault.files() == before
    assert vault.host.run("id", "backup-shop", check=False).returncode
    assert not (vault.store / ".ssh").exists() and vault.host.run("ls", vault.keeper, check=False).returncode
    assert "Permission denied" in vault.run(*_ssh(vault, state="second", name="shop"), check=False).stderr.decode()
    there = vault.host.run("restic", "-r", f"{vault.store}/repository", "--password-file", f"{vault.folder}/key",
                           "snapshots")  # fmt: skip
    assert b"probe" in there.stdout
    assert "nothing to do" in vault.target("--remove", "--yes").stderr
    back = vault.target("--yes")
    assert back.returncode == 0, back.stderr
    assert vault.restic("snapshots").returncode == 0


def _ssh(vault: Vault, *words: str, state: str = "state", name: str = "shop") -> tuple[str, ...]:
    """As root would call it, with the key that the host has."""
    [key] = (vault.folder / state / "backup").glob("*/ssh_key")
    options = (
        "-oUserKnownHostsFile=/dev/null",
        "-oStrictHostKeyChecking=no",
        "-oBatchMode=yes",
        "-oIdentitiesOnly=yes",
    )
    where = (f"-p{vault.place.port}", f"backup-{name}@127.0.0.1")
    return ("ssh", "-Fnone", *options, f"-i{key}", *where, *words)


async def test_root_who_is_backed_up_can_add_and_read_and_no_more(made: Vault, tmp_path: Path) -> None:
    vault = made
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "order").write_text("one")
    said = vault.restic("backup", "--json", f"{tmp_path}/data").stdout.decode().splitlines()[-1]
    id = json.loads(said)["snapshot_id"]
    assert vault.keep("seal").returncode == 0
    before = vault.files()

    # what goes on working
    assert vault.restic("dump", id, f"{tmp_path}/data/order").stdout == b"one"
    vault.restic("restore", id, "--target", f"{tmp_path}/back")
    assert (tmp_path / f"back/{tmp_path}/data/order").read_text() == "one"
    vault.restic("check", "--read-data")
    vault.restic("unlock", "--remove-all")
    assert vault.files() == before

    # by restic
    key = next(name.partition("/")[2] for name in before if name.startswith("keys/"))
    for words in (("forget", id), ("prune",), ("rewrite", "--forget", "--exclude", "order", id), ("key", "remove", key),
                  ("forget", "--keep-last", "1", "--prune"), ("repair", "index"), ("init",)):  # fmt: skip
        vault.restic(*words, check=False)
        assert before.items() <= vault.files().items(), words
    everything = ("-o", "rclone.args=serve restic --stdio /")
    config = json.loads(vault.restic("cat", "config").stdout)["id"]
    assert json.loads(vault.restic(*everything, "cat", "config").stdout)["id"] == config

    # by requests of one's own
    names = {file.partition("/")[0]: file.rpartition("/")[2] for file in before}
    requests = [*forbidden_requests("token", names)]
    pipe = f"{{ cat; sleep 5; }} | {subprocess.list2cmdline(_ssh(vault, 'rclone serve restic --stdio /'))}"
    answered = answers(vault.run("sh", "-c", pipe, input=http2(requests), check=False).stdout)
    assert len(answered) == len(requests)
    assert not [body for body in answered.values() if b"root:" in body]
    assert before.items() <= vault.files().items()
    assert not [*vault.stores.glob("*token*"), *vault.store.glob("*token*")]

    # by ssh
    for words in (("id",), ("-tt", "id"), ("-s", "sftp"), ("rm", "-rf", str(vault.store)), ("sh", "-i")):
        got = vault.run(*_ssh(vault)[:-1], *[w for w in words if w.startswith("-")], _ssh(vault)[-1],
                        *[w for w in words if not w.startswith("-")], input=b"id\n", check=False)  # fmt: skip
        assert b"uid=" not in got.stdout, words
    scp = ("scp", *_ssh(vault)[1:-2], f"-P{vault.place.port}")
    for copy in ((f"backup-shop@127.0.0.1:{vault.store}/serve", f"{tmp_path}/got"),
                 (f"{tmp_path}/data/order", f"backup-shop@127.0.0.1:{vault.store}/repository/config")):  # fmt: skip
        for old in ((), ("-O",)):
            assert vault.run(*scp, *old, *copy, check=False).returncode
    assert not (tmp_path / "got").exists() and before.items() <= vault.files().items()

    # dockworthy itself does not take restic's word for it, and tells the store what a drill restored
    async with shell_here(command="backup") as shell:
        repository = vault.repository(shell)
        await repository.ready(create=False)
        [saved] = [each for each in await repository.snapshots() if each.tags.get("part") == "probe"]
        with pytest.raises(RemovalRefused, match="append-only"):
            await repository.forget([saved.id])
        tags = {"run": "r1", "scope": "shop", "part": "manifest"}
        await repository.save_bytes("manifest.json", b"{}", tags=tags)
        for _ in range(2):
            said_to_people: list[str] = []
            known = await repository.snapshots()
            assert await forget_old(repository, known, "shop", Keep(), ["r1"], say=said_to_people.append) == ()
        marks = await repository.snapshots({"part": "proven"})
        assert [mark.tags["proven"] for mark in marks] == ["r1"]
    looked = vault.keep("now")
    assert looked.returncode == 0 and b"nothing is old enough to go" in looked.stdout, looked
    vault.restic("check")
    async with shell_here(command="backup") as shell:
        repository = vault.repository(shell)
        await repository.ready(create=False)
        assert await words_of_store(repository) == ()
        vault.restic("backup", "--time", "2090-01-01 00:00:00", "--tag", "dockworthy", f"{tmp_path}/data")
        assert vault.keep("now").returncode == 1
        [said] = await words_of_store(repository)
        assert said.startswith("127.0.0.1: nothing is removed: ") and "of the future" in said
        await must_refuse_removal(repository)


@pytest.mark.parametrize(
    ("vault", "says"),
    [
        ("ForceCommand rclone serve restic --stdio {stores}/shop/repository", "could be removed, changed or made"),
        (
            'ForceCommand case "$SSH_ORIGINAL_COMMAND" in serve*|rclone*) sh {stores}/shop/serve ;; '
            '*) sh -c "$SSH_ORIGINAL_COMMAND" ;; esac',
            "a shell can be had there",
        ),
    ],
    indirect=["vault"],
)
def test_one_that_is_not_append_only_is_taken_back(vault: Vault, says: str) -> None:
    done = vault.target("--yes")
    assert done.returncode == 15, done.stderr
    assert says in done.stderr
    assert not vault.store.exists()
    assert vault.host.run("id", "backup-shop", check=False).returncode
    assert vault.host.run("sh", "-c", "ls /etc/cron.d/dockworthy-store-*", check=False).returncode
    assert vault.host.run("ls", vault.keeper, check=False).returncode
    assert not [*(vault.folder / "state" / "backup").glob("*/ssh_key*")]


async def fault(vault: Vault) -> HostError | UsageError:
    async with shell_here(command="backup") as shell:
        with pytest.raises((HostError, UsageError)) as raised:
            await vault.repository(shell).ready(create=False)
        return raised.value


async def test_what_goes_wrong_names_the_next_command(made: Vault, tmp_path: Path) -> None:
    vault = made
    known = vault.here / "known_hosts"
    pinned = known.read_text()
    line = (tmp_path / "clients" / "id.pub").read_text()
    known.write_text(f"{pinned.split()[0]} {' '.join(line.split()[:2])}\n")
    error = await fault(vault)
    assert "is not the one that was pinned" in error.says and "only then: dockworthy backup target" in error.hint
    known.write_text(pinned)

    keys = vault.store / ".ssh" / "authorized_keys"
    let_in = keys.read_text()
    keys.write_text("")
    error = await fault(vault)
    assert "does not let backup-shop in" in error.says and "lets this host in again" in error.hint
    keys.write_text(let_in)

    serve = vault.store / "serve"
    text = serve.read_text()
    serve.write_text(text.replace("rclone=/usr/bin/rclone", "rclone=/nonexistent/rclone"))
    error = await fault(vault)
    assert "has no rclone" in error.says and "apt install rclone" in error.hint
    serve.write_text(text)

    (vault.store / "repository").rename(vault.store / "away")
    error = await fault(vault)
    assert "is its disk mounted" in error.says and "findmnt" in error.hint
    (vault.store / "away").rename(vault.store / "repository")

    # an index that was cut off on its way: the next connection heals it
    half = vault.store / "repository" / "index" / ("a" * 64)
    half.write_bytes(b"half")
    shutil.chown(half, int(vault.host.run("id", "-u", "backup-shop").stdout))
    async with shell_here(command="backup") as shell:
        repository = vault.repository(shell)
        await repository.ready(create=False)
        await repository.save_bytes("a", b"x", tags={})
    assert not half.exists()

    # a connection that breaks while much is on its way
    assert vault.keep("seal").returncode == 0  # from here on, what is the user's is what arrives
    (tmp_path / "big").write_bytes(os.urandom(40_000_000))
    slow = subprocess.Popen(
        ["sh", f"{vault.here}/restic", "backup", "--quiet", "--limit-upload", "2000", f"{tmp_path}/big"],
        env=clean_environment(**vault.environment),
    )
    uid = int(vault.host.run("id", "-u", "backup-shop").stdout)

    def on_its_way() -> bool:
        return any(
            file.stat().st_uid == uid and file.stat().st_size for file in (vault.store / "repository").glob("data/*/*")
        )

    await until(on_its_way, "it saves")
    vault.server.kill_connections()
    assert slow.wait(patience(120))
    async with shell_here(command="backup") as shell:
        repository = vault.repository(shell)
        await repository.ready(create=False)
        saved = await repository.save_paths([f"{tmp_path}/big"], tags={}, seconds=600.0)
        assert vault.keep("seal").returncode == 0
        await repository.check(read_data="100%")
        assert saved.id in {each.id for each in await repository.snapshots()}
    assert list((vault.store / "damaged").iterdir())

    vault.server.process.terminate()
    vault.server.process.wait()
    error = await fault(vault)
    assert "can't be reached" in error.says and "refused" in error.says

    (vault.here / "ssh_key").unlink()
    error = await fault(vault)
    assert "has no key of ssh" in error.says and "dockworthy backup target ssh://root@127.0.0.1" in error.hint


def test_a_full_disk_over_there(vault: Vault) -> None:
    """Mounted where the server sees it: it has mounts of its own."""
    pid = vault.server.process.pid
    [server] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    inside = ("nsenter", f"--target={server}", "--mount")
    subprocess.run([*inside, "mount", "-t", "tmpfs", "-o", "size=24m,mode=755", "tmpfs", vault.stores], check=True)
    done = vault.target("--yes")
    assert done.returncode == 0, done.stderr
    big = vault.folder / "big"
    big.write_bytes(os.urandom(60_000_000))

    async def save() -> HostError:
        async with shell_here(command="backup") as shell:
            repository = vault.repository(shell)
            await repository.ready(create=False)
            with pytest.raises(HostError) as raised:
                await repository.save_paths([str(big)], tags={}, seconds=600.0)
            assert [each.tags for each in await repository.snapshots()] == [{"part": "probe"}]
            return raised.value

    import asyncio

    error = asyncio.run(save())
    assert "the disk of" in error.says and "on 127.0.0.1 is full" in error.says and "before" in error.hint
