"""A whole host is always a valid one: empty, broken, closed, hostile, or this very machine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from dockworthy.facts.host import read_host
from dockworthy.facts.host.reading import guarded, guarded_all
from dockworthy.facts.host.root import Root
from dockworthy.model.field import Field, Set, Unknown, Unset
from dockworthy.model.host import Host

from .host_trees import Tree, debian

NOBODY = 65534


def round_trip(host: Host) -> Host:
    """The host as a snapshot would bring it back; must be the same."""
    back = msgspec.json.decode(msgspec.json.encode(host), type=Host)
    assert back == host
    return back


def all_fields(host: Host) -> dict[str, Field[object]]:
    fields: dict[str, Field[object]] = {}
    for name in host.__struct_fields__:
        value = getattr(host, name)
        if isinstance(value, dict):
            fields |= {f"{name} {key}": field for key, field in value.items()}
        elif isinstance(value, Set | Unset | Unknown):
            fields[name] = value
    return fields


def test_an_empty_root(tmp_path: Path) -> None:
    host = round_trip(Tree(tmp_path / "empty").read())
    assert not [name for name, field in all_fields(host).items() if isinstance(field, Set)]


def test_a_root_that_does_not_exist(tmp_path: Path) -> None:
    round_trip(read_host(tmp_path / "nowhere"))


def test_a_debian_host_tells_all_that_it_has(tmp_path: Path) -> None:
    host = round_trip(debian(Tree(tmp_path / "root")).read())
    known = {name for name, field in all_fields(host).items() if isinstance(field, Set)}
    assert {"os", "kernel", "daemon", "storage", "docker_group", "accounts", "listeners", "mounts"} <= known
    bugs = [f for f in all_fields(host).values() if isinstance(f, Unknown) and "bug" in f.tell]
    assert not bugs


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00\x9d", b"\0" * 50, b"a:b:c\n" * 50, b"{" * 9999, "é=😀\n".encode()]
)
def test_every_file_broken(tmp_path: Path, content: bytes) -> None:
    tree = debian(Tree(tmp_path / "root"))
    for path in sorted(tree.folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            path.write_bytes(content)
    for path in ("/etc/docker/daemon.json", "/etc/ssh/sshd_config", "/etc/audit/audit.rules", "/etc/apt/apt.conf"):
        tree.write(path, content)
    host = round_trip(tree.read())
    bugs = {name: f for name, f in all_fields(host).items() if isinstance(f, Unknown) and "bug" in f.tell}
    assert not bugs


def test_folders_where_files_should_be_and_files_where_folders_should_be(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "root")
    for path in (
        "/etc/passwd",
        "/etc/docker/daemon.json",
        "/proc/version",
        "/proc/1/mountinfo",
        "/etc/ssh/sshd_config",
    ):
        tree.path(f"{path}/x").write_text("")
    for path in ("/sys/block", "/etc/audit", "/var/lib/apt/lists", "/etc/docker/certs.d", "/boot"):
        tree.write(path)
    host = round_trip(tree.read())
    assert isinstance(host.daemon_json, Unknown)
    assert host.daemon_json.reason == "/etc/docker/daemon.json can't be read: not a regular file"


def test_links_in_circles_everywhere(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "root")
    for path in ("/etc", "/proc", "/usr", "/var", "/sys", "/run"):
        tree.link(path, path)
    round_trip(tree.read())


def test_a_pipe_does_not_hold_it_up(tmp_path: Path) -> None:
    tree = debian(Tree(tmp_path / "root"))
    for path in ("/etc/docker/daemon.json", "/etc/group"):
        tree.path(path).unlink(missing_ok=True)
        os.mkfifo(tree.path(path))
    host = tree.read()
    assert isinstance(host.daemon_json, Unknown)
    assert isinstance(host.docker_group, Unknown)


def test_names_with_odd_bytes_stay_valid_json(tmp_path: Path) -> None:
    tree = debian(Tree(tmp_path / "root"))
    for folder in ("/sys/block/x", "/etc/systemd/system/docker.service.d/x", "/boot/x", "/lib/modules/x", "/proc/x"):
        place = os.fsencode(tree.path(folder)).rpartition(b"/")[0]
        Path(os.fsdecode(place + b"/\xe9\xff.conf")).write_bytes(b"\xe9")
    tree.write("/etc/passwd", b"caf\xe9:x:0:0::/root:/bin/sh\n")
    tree.write("/etc/docker/daemon.json", b'{"data-root": "/var/lib/d\xe9", "group": "\\ud800"}')
    round_trip(tree.read())


@contextmanager
def as_nobody() -> Iterator[None]:
    """As an ordinary user; for a while where this process is root."""
    if os.geteuid() != 0:
        yield
        return
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


@pytest.fixture
def closed(open_folder: Path) -> Tree:
    """A Debian host whose closed files are closed to an ordinary user."""
    tree = debian(Tree(open_folder / "root"))
    tree.write("/etc/docker/daemon.json", "{}", mode=0o000)
    tree.write("/etc/ssh/sshd_config", "Port 22", mode=0o000)
    tree.path("/etc/shadow").chmod(0o000)
    tree.write("/etc/audit/audit.rules", "-D")
    tree.path("/etc/audit").chmod(0o000)
    tree.path("/proc/500/fd").chmod(0o000)
    tree.write("/srv/tls/key.pem")
    return tree


def test_what_an_ordinary_user_may_not_read_is_unknown(closed: Tree) -> None:
    closed.read()  # what is imported late must be there already
    try:
        with as_nobody():
            host = round_trip(closed.read())
    finally:
        closed.path("/etc/audit").chmod(0o755)
        closed.path("/proc/500/fd").chmod(0o755)
    assert not host.as_root
    for field in (host.daemon_json, host.ssh, host.audit_rules, host.daemon):
        assert isinstance(field, Unknown), field
        assert "can't be read: permission denied" in field.reason
        assert field.tell == "read as root: sudo dockworthy assess"
    assert isinstance(host.storage, Unknown), "its place may be written where nobody may read"
    assert isinstance(host.accounts, Set)
    assert {account.password for account in host.accounts.value} == {"unknown"}
    assert isinstance(host.kernel, Set), "everything else is still read"
    assert isinstance(host.files["/etc/docker/daemon.json"], Set), "its mode needs no permission"


def test_a_bug_is_a_reason_and_no_exception() -> None:
    def fail() -> Field[int]:
        raise KeyError("x")

    def fail_all() -> dict[str, Field[int]]:
        raise KeyError("x")

    field = guarded(fail, "/x")
    assert field == Unknown("reading /x failed: KeyError: 'x'", "report this as a bug")
    assert isinstance(guarded_all(fail_all, "all")["all"], Unknown)


def test_this_machine(tmp_path: Path) -> None:
    host = round_trip(read_host())
    assert host.root == "/"
    for name in ("kernel", "memory", "cpus", "mounts", "os", "listeners", "storage"):
        assert isinstance(getattr(host, name), Set), getattr(host, name)
    bugs = {name: f for name, f in all_fields(host).items() if isinstance(f, Unknown) and "bug" in f.tell}
    assert not bugs


def test_reading_changes_nothing(tmp_path: Path) -> None:
    tree = debian(Tree(tmp_path / "root"))

    def state() -> dict[str, tuple[int, int, int]]:
        found = {}
        for path in tree.folder.rglob("*"):
            facts = path.lstat()
            found[str(path)] = (facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size)
        return found

    before = state()
    tree.read()
    assert state() == before


def test_it_is_fast(tmp_path: Path) -> None:
    """Well under 0.3 s of processor time, with a package list of 60 MB and 3,000 open files."""
    tree = debian(Tree(tmp_path / "root"))
    lists = "/var/lib/apt/lists/archive.example.org_debian_dists_trixie_main_binary-amd64_Packages"
    tree.write(lists, b"Package: other\nVersion: 1\nDescription: words words words words\n\n" * 900_000)
    tree.write("/var/lib/dpkg/status", "Package: docker.io\nStatus: install ok installed\nVersion: 1\n\n" * 3000)
    for pid in range(1000, 1030):
        tree.process(pid, "/usr/bin/x", sockets=tuple(range(100)))
    tree.read()
    used = []
    for _ in range(3):
        start = time.process_time()
        tree.read()
        used.append(time.process_time() - start)
    assert min(used) < 0.3


def test_the_root_of_this_machine_is_told_from_others(tmp_path: Path) -> None:
    assert Root(Path("/")).is_real
    assert not Root(tmp_path).is_real
