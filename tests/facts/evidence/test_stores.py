"""Backup repositories: told by their own files, as old as their newest backup."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dockworthy.facts.evidence.stores import disks_of
from dockworthy.facts.host.mounts import parse_mountinfo
from dockworthy.facts.host.root import Root
from dockworthy.model.evidence import Store, ToolTask
from dockworthy.model.field import Set, Source
from dockworthy.model.snapshot import ContainerFacts, EngineFacts
from facts.host.host_trees import ROOT_MOUNT, Tree

from .host_files import DAY, age, host, read, restic, stores, timer

needs_restic = pytest.mark.skipif(shutil.which("restic") is None, reason="restic is not installed")
needs_borg = pytest.mark.skipif(shutil.which("borg") is None, reason="borg is not installed")


def days_old(store: Store) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(store.newest)).total_seconds() / DAY


def with_dumps(folder: Path, name: str, content: str = "x") -> Tree:
    tree = host(folder)
    tree.write("/etc/cron.d/dump", "0 3 * * * root pg_dump shop | gzip > /srv/dumps/shop.gz\n")
    tree.write(f"/srv/dumps/{name}", content)
    return tree


@needs_restic
@pytest.mark.program
def test_a_real_restic_repository(tmp_path: Path) -> None:
    tree = host(tmp_path / "host")
    timer(tree, "backup", "ExecStart=/usr/bin/restic -r /srv/restic backup /srv/data\n")
    repository = tree.path("/srv/restic")
    restic(repository, "init")
    (empty,) = stores(tree)
    assert (empty.tool, empty.newest, empty.count, empty.problem) == ("restic", "", 0, "")
    restic(repository, "backup", str(tree.path("/var/lib/docker/x")))
    restic(repository, "backup", "--force", str(tree.path("/var/lib/docker/x")))
    (young,) = stores(tree)
    assert young.count == 2 and days_old(young) < 0.1
    assert young.encrypted and young.local and young.finished
    age(tree, "/srv/restic", days=21)
    (old,) = stores(tree)
    assert days_old(old) == pytest.approx(21, abs=0.1)
    shutil.rmtree(repository)
    (gone,) = stores(tree)
    assert (gone.newest, gone.problem) == ("", "/srv/restic does not exist")


@needs_borg
@pytest.mark.program
def test_a_real_borg_repository(tmp_path: Path) -> None:
    tree = host(tmp_path / "host")
    timer(tree, "backup", "ExecStart=/usr/bin/borg create /srv/borg::{now} /srv/data\n")
    repository = tree.path("/srv/borg")
    own = {
        "PATH": os.environ["PATH"],
        "BORG_BASE_DIR": str(tmp_path / "borg"),
        "BORG_PASSPHRASE": "of the test",
        "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
    }
    for command in (
        ["init", "-e", "repokey", str(repository)],
        ["create", f"{repository}::one", str(tree.folder / "proc")],
    ):
        subprocess.run(["borg", *command], env=own, check=True, capture_output=True)
    (store,) = stores(tree)
    assert (store.tool, store.encrypted) == ("borg", True)
    assert days_old(store) < 0.1
    age(tree, "/srv/borg", days=9)
    assert days_old(stores(tree)[0]) == pytest.approx(9, abs=0.1)


def test_the_newest_dump_is_told_by_its_name_and_its_time(tmp_path: Path) -> None:
    tree = with_dumps(tmp_path, "shop-2026-11-20.sql.gz")
    tree.write("/srv/dumps/README.txt", "young, and no dump")
    age(tree, "/srv/dumps/shop-2026-11-20.sql.gz", days=4)
    (store,) = stores(tree)
    assert (store.does, store.count, store.finished) == (ToolTask.DUMP, 1, False)
    assert days_old(store) == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize(("name", "content"), [("shop.sql.gz", ""), ("notes.txt", "x")])
def test_what_is_no_dump(name: str, content: str, tmp_path: Path) -> None:
    (store,) = stores(with_dumps(tmp_path, name, content))
    assert store.newest == "" and "holds no backup" in store.problem


def test_another_tools_files_are_no_repository_of_restic(tmp_path: Path) -> None:
    tree = host(tmp_path)
    timer(tree, "backup", "ExecStart=restic -r /srv/r backup /\n")
    tree.write("/srv/r/backup.tar.gz", "x")
    (store,) = stores(tree)
    assert store.newest == "" and store.problem


def test_pgbackrests_own_index(tmp_path: Path) -> None:
    tree = host(tmp_path)
    tree.write(
        "/etc/pgbackrest/pgbackrest.conf",
        "[global]\nrepo1-path=/srv/pgb\nrepo1-cipher-type=none\n[main]\npg1-path=/x\n",
    )
    entry = json.dumps({"backup-timestamp-stop": 1763920800, "backup-type": "full"})
    tree.write("/srv/pgb/backup/main/backup.info", f"[backup:current]\n20251123-170000F={entry}\n[db]\ndb-id=1\n")
    (store,) = stores(tree)
    assert (store.tool, store.place, store.newest) == ("pgBackRest", "/srv/pgb", "2025-11-23T18:00:00Z")
    assert (store.does, store.count, store.encrypted) == (ToolTask.DUMP, 1, False)


def test_pgbackrest_to_an_object_store(tmp_path: Path) -> None:
    tree = host(tmp_path)
    lines = "repo1-type=s3\nrepo1-path=/shop\nrepo1-s3-bucket=backups\nrepo1-cipher-type=aes-256-cbc\n"
    tree.write("/etc/pgbackrest.conf", f"[global]\n{lines}")
    (store,) = stores(tree)
    assert (store.place, store.local, store.encrypted) == ("s3:backups/shop", False, True)


def test_barman_counts_only_what_is_whole(tmp_path: Path) -> None:
    tree = host(tmp_path)
    tree.write("/etc/barman.conf", "[barman]\nbarman_home = /srv/barman\n")
    tree.write("/srv/barman/db/base/20261120T020000/backup.info", "status=DONE\nend_time=x\n")
    tree.write("/srv/barman/db/base/20261124T020000/backup.info", "status=FAILED\n")
    age(tree, "/srv/barman/db/base/20261120T020000", days=4)
    (store,) = stores(tree)
    assert store.count == 1 and days_old(store) == pytest.approx(4, abs=0.1)


def test_borgmatic_and_rsnapshot_name_their_repositories(tmp_path: Path) -> None:
    tree = host(tmp_path)
    text = "repositories:\n    - path: ssh://b@nas.example.com/./r\n      label: nas\n    - path: /srv/borg\nx: 7\n"
    tree.write("/etc/borgmatic/config.yaml", text)
    tree.write("/etc/rsnapshot.conf", "# x\nsnapshot_root\t/srv/snap/\n")
    tree.write("/srv/snap/daily.0/x")
    found = {store.place: store for store in stores(tree)}
    assert set(found) == {"ssh://***@nas.example.com/./r", "/srv/borg", "/srv/snap"}
    assert not found["ssh://***@nas.example.com/./r"].local
    assert found["/srv/snap"].newest


def backup_container(image: str, program: str, source: Path | str, target: str = "/archive") -> EngineFacts:
    inspect: dict[str, Any] = {
        "Config": {"Image": image},
        "State": {"Running": True, "Pid": 7},
        "Mounts": [{"Type": "bind", "Source": str(source), "Destination": target, "RW": True}],
    }
    processes = [{"pid": 7, "program": program, "uid": 0, "cap_effective": 0, "cap_bounding": 0, "seccomp": 2}]
    import msgspec

    facts = {
        "id": "a" * 64,
        "name": "backup",
        "inspect": {"is": "set", "value": inspect, "source": {"where": "x"}},
        "processes": {"is": "set", "value": [{**processes[0], "no_new_privs": True}], "source": {"where": "x"}},
    }
    container = msgspec.convert(facts, ContainerFacts)
    return EngineFacts(containers=Set((container,), Source("GET /containers/json")))


def test_the_archives_of_a_backup_container(tmp_path: Path) -> None:
    tree = host(tmp_path)
    tree.write("/srv/archive/backup-2026-11-23T02-00-00.tar.gz", "x")
    age(tree, "/srv/archive/backup-2026-11-23T02-00-00.tar.gz", days=1)
    (store,) = stores(tree, backup_container("offen/docker-volume-backup:v2", "backup", "/srv/archive"))
    assert store.tool == "offen/docker-volume-backup" and days_old(store) == pytest.approx(1, abs=0.1)


def test_a_container_that_is_only_called_after_a_backup_tool(tmp_path: Path) -> None:
    tree = host(tmp_path)
    tree.write("/srv/archive/backup.tar.gz", "x")
    assert stores(tree, backup_container("offen/docker-volume-backup:v2", "nginx", "/srv/archive")) == []


def test_a_share_of_another_host_is_not_here(tmp_path: Path) -> None:
    tree = with_dumps(tmp_path, "shop.sql.gz")
    tree.write("/proc/1/mountinfo", ROOT_MOUNT + "40 27 0:51 / /srv/dumps rw - nfs4 nas:/dumps rw\n")
    (store,) = stores(tree)
    assert not store.local and days_old(store) < 0.1


DISKS = (
    (27, "8:2", "/", "ext4", "/dev/sda2"),
    (28, "253:1", "/var/lib/docker", "ext4", "/dev/mapper/vg-docker"),
    (29, "8:17", "/mnt/usb", "ext4", "/dev/sdb1"),
    (30, "0:40", "/srv", "btrfs", "/dev/sda3"),
    (31, "0:41", "/tank", "zfs", "tank/backup"),
)


def test_whole_disks_under_partitions_volumes_and_pools(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    rows = [f"{id} 1 {device} / {target} rw - {kind} {source} rw\n" for id, device, target, kind, source in DISKS]
    block = "/sys/devices/pci0/block"
    for number, place in (("8:2", "sda/sda2"), ("8:3", "sda/sda3"), ("8:17", "sdb/sdb1")):
        tree.write(f"{block}/{place}/partition", "1\n")
        tree.link(f"/sys/dev/block/{number}", f"{block}/{place}")
        tree.link(f"/sys/class/block/{place.split('/')[1]}", f"{block}/{place}")
    tree.link("/sys/dev/block/253:1", "/sys/devices/virtual/block/dm-1")
    tree.link("/sys/devices/virtual/block/dm-1/slaves/sda3", f"{block}/sda/sda3")
    root, mounts = Root(tmp_path), parse_mountinfo("".join(rows))
    found = {
        path: disks_of(root, mounts, path) for path in ("/var/lib/docker/x", "/mnt/usb/r", "/srv/r", "/tank/r", "/etc")
    }
    assert found == {
        "/var/lib/docker/x": ("sda",),
        "/mnt/usb/r": ("sdb",),
        "/srv/r": ("sda",),
        "/tank/r": ("zfs tank",),
        "/etc": ("sda",),
    }


def test_the_disks_of_the_data_are_those_of_writable_binds_too(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    rows = "27 1 8:1 / / rw - ext4 /dev/sda1 rw\n29 27 8:17 / /data rw - ext4 /dev/sdb1 rw\n"
    tree.write("/proc/1/mountinfo", rows)
    engine = backup_container("postgres:17", "postgres", "/data/pg", "/var/lib/postgresql/data")
    field = read(tree, engine).data_disks
    assert isinstance(field, Set) and field.value == ("device 8:1", "device 8:17")
