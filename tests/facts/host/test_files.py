"""Owner and mode of the engine's files, its units, and the file system it stores on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dockworthy.model.field import Set, Unset
from dockworthy.model.host import FileMode, Storage

from .host_trees import ROOT_MOUNT, Tree, debian


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return debian(Tree(tmp_path / "root"))


def mode(tree: Tree, path: str) -> FileMode:
    field = tree.read().files[path]
    assert isinstance(field, Set), field
    return field.value


def test_owner_and_mode(tree: Tree) -> None:
    tree.write("/etc/docker/daemon.json", "{}", mode=0o666)
    tree.write("/etc/passwd", f"root:x:{os.getuid()}:0::/root:/bin/sh\n")
    found = mode(tree, "/etc/docker/daemon.json")
    assert (found.role, found.kind, found.mode, found.owner) == ("daemon.json", "file", 0o666, "root")
    assert mode(tree, "/etc/docker").kind == "directory"


def test_an_absent_file_is_a_fact_with_its_role(tree: Tree) -> None:
    field = tree.read().files["/etc/sysconfig/docker"]
    assert isinstance(field, Unset)
    assert (field.source.where, field.source.path) == ("/etc/sysconfig/docker", "sysconfig.docker")


def test_of_a_link_its_target_counts_and_the_source_names_it(tree: Tree) -> None:
    tree.write("/srv/real.json", "{}", mode=0o640)
    tree.link("/etc/docker/daemon.json", "/srv/real.json")
    field = tree.read().files["/etc/docker/daemon.json"]
    assert isinstance(field, Set)
    assert field.value.mode == 0o640
    assert field.source.via is not None
    assert field.source.via.where == "/srv/real.json"


def test_units_wherever_they_lie_each_once(tree: Tree) -> None:
    tree.write("/etc/systemd/system/docker.service", "[Service]\n")
    tree.write("/etc/systemd/system/docker.service.d/10-limits.conf", "[Service]\nLimitNOFILE=1\n")
    host = tree.read()
    found = {
        path for path, field in host.units.items() if isinstance(field, Set) and field.value.name == "docker.service"
    }
    assert found == {
        "/etc/systemd/system/docker.service",
        "/etc/systemd/system/docker.service.d/10-limits.conf",
        "/usr/lib/systemd/system/docker.service",  # and not a second time as /lib/systemd
    }
    assert found <= host.files.keys()
    assert isinstance(host.units["/usr/lib/systemd/system/docker.socket"], Unset)


def test_a_masked_unit(tree: Tree) -> None:
    tree.link("/etc/systemd/system/docker.service", "/dev/null")
    host = tree.read()
    unit = host.units["/etc/systemd/system/docker.service"]
    assert isinstance(unit, Set)
    assert unit.value.text == ""
    assert mode(tree, "/etc/systemd/system/docker.service").kind == "link"


def test_secrets_in_units_are_left_out(tree: Tree) -> None:
    tree.write("/usr/lib/systemd/system/docker.service", 'Environment="HTTP_PROXY=http://a:hunter2@p:1/"\n')
    unit = tree.read().units["/usr/lib/systemd/system/docker.service"]
    assert isinstance(unit, Set)
    assert unit.value.text == 'Environment="HTTP_PROXY=http://a:***@p:1/"\n'


def test_tls_files_as_configured_and_registries(tree: Tree) -> None:
    tree.write("/etc/docker/daemon.json", '{"tlsverify": true, "tlscacert": "/tls/ca.pem", "tlskey": "/tls/key.pem"}')
    tree.write("/tls/key.pem", "", mode=0o644)
    tree.write("/etc/docker/certs.d/reg.example:5000/ca.crt", "")
    tree.write("/etc/docker/certs.d/reg.example:5000/client.key", "", mode=0o600)
    files = tree.read().files
    assert mode(tree, "/tls/key.pem").role == "tls.key"
    assert isinstance(files["/tls/ca.pem"], Unset)
    assert isinstance(files["/root/.docker/cert.pem"], Unset), "the engine's default place"
    assert mode(tree, "/etc/docker/certs.d/reg.example:5000/ca.crt").role == "registry.cert"
    assert mode(tree, "/etc/docker/certs.d/reg.example:5000/client.key").mode == 0o600


def test_without_tls_there_are_no_tls_files(tree: Tree) -> None:
    assert not [f for f in tree.read().files.values() if isinstance(f, Set) and f.value.role.startswith("tls.")]
    assert "/root/.docker/key.pem" not in tree.read().files


def test_names_with_odd_bytes(tree: Tree) -> None:
    folder = os.fsencode(tree.path("/etc/docker/certs.d/x")).rpartition(b"/")[0]
    os.makedirs(folder + b"/r\xe9g")
    Path(os.fsdecode(folder + b"/r\xe9g/ca.crt")).write_text("")
    assert mode(tree, "/etc/docker/certs.d/r\ufffdg/ca.crt").role == "registry.cert"


def storage(tree: Tree, *mounts: str) -> Storage:
    tree.write("/proc/1/mountinfo", ROOT_MOUNT + "".join(mounts))
    field = tree.read().storage
    assert isinstance(field, Set), field
    return field.value


def test_storage_on_the_root_file_system(tree: Tree) -> None:
    found = storage(tree)
    assert (found.path, found.mount, found.fstype, found.own_filesystem) == ("/var/lib/docker", "/", "ext4", False)
    assert found.size >= found.free > 0


def test_storage_on_a_file_system_of_its_own(tree: Tree) -> None:
    found = storage(
        tree, "30 27 8:1 / /var rw - ext4 /dev/sda1 rw\n", "31 30 8:2 / /var/lib/docker rw - xfs /dev/sda2 rw\n"
    )
    assert (found.mount, found.fstype, found.own_filesystem) == ("/var/lib/docker", "xfs", True)


def test_that_the_engine_binds_its_folder_onto_itself_makes_no_file_system(tree: Tree) -> None:
    found = storage(tree, "31 27 254:0 /var/lib/docker /var/lib/docker rw - ext4 /dev/vda rw\n")
    assert (found.mount, found.own_filesystem) == ("/var/lib/docker", False)


def test_of_two_mounts_on_one_folder_the_later_counts(tree: Tree) -> None:
    found = storage(tree, "31 27 8:2 / /var rw - ext4 /dev/a rw\n", "32 31 8:3 / /var rw - btrfs /dev/b rw\n")
    assert found.fstype == "btrfs"


def test_a_mount_with_a_similar_name_is_another(tree: Tree) -> None:
    assert storage(tree, "31 27 8:2 / /var/lib/dock rw - xfs /dev/a rw\n").mount == "/"


def test_a_data_root_that_does_not_exist_yet_and_one_behind_a_link(tree: Tree) -> None:
    tree.write("/etc/docker/daemon.json", '{"data-root": "/mnt/big/docker"}')
    tree.path("/data/x")
    tree.link("/mnt/big", "/data")
    found = storage(tree, "31 27 8:2 / /data rw - xfs /dev/a rw\n")
    assert (found.path, found.mount) == ("/mnt/big/docker", "/data")


def test_errors_that_the_file_system_recorded(tree: Tree) -> None:
    tree.path("/sys/devices/block/vda/x").write_text("")
    tree.link("/sys/dev/block/254:0", "../../devices/block/vda")
    assert storage(tree).errors is None
    tree.write("/sys/fs/ext4/vda/errors_count", "3\n")
    assert storage(tree).errors == 3


def test_the_engines_mounts_for_containers_are_left_out(tree: Tree) -> None:
    storage(
        tree,
        "40 27 0:50 / /var/lib/docker/overlay2/abc/merged rw - overlay overlay rw,lowerdir=/a:/b,upperdir=/c\n",
        "41 27 0:4 net:[1] /run/docker/netns/abc rw - nsfs nsfs rw\n",
        r"42 27 8:9 / /mnt/a\040b rw,nodev - ext4 /dev/c rw" + "\n",
    )
    mounts = tree.read().mounts
    assert isinstance(mounts, Set)
    assert [m.target for m in mounts.value] == ["/", "/mnt/a b"]
    assert mounts.value[1].options == ("rw", "nodev")
