"""What somebody without rights starts or writes on a host is no evidence of what the host does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dockworthy.facts.evidence.endpoints import Endpoint, endpoints, trusted_endpoints
from dockworthy.facts.evidence.programs import read_running
from dockworthy.facts.host.processes import Processes
from dockworthy.facts.host.root import Root
from dockworthy.facts.host.trusted_accounts import TrustedAccounts
from dockworthy.model.evidence import HostJob
from dockworthy.model.field import Set
from dockworthy.model.snapshot import EngineFacts
from facts.evidence.host_files import host, jobs
from facts.evidence.host_files import read as read_evidence
from facts.host.host_trees import Tree
from facts.host.test_guarded_socket import serving, stat

PASSWD = """\
root:x:0:0::/root:/bin/bash
postgres:x:110:110::/var/lib/postgresql:/bin/bash
prometheus:x:1005:1005::/nonexistent:/usr/sbin/nologin
ana:x:1001:1001::/home/ana:/bin/bash
ben:x:1002:1002::/home/ben:/bin/bash
cleo:x:1003:1003::/home/cleo:/bin/bash
dora:x:1004:1004::/home/dora:/bin/bash
mallory:x:1666:1666::/home/mallory:/bin/bash
"""
GROUP = "sudo:x:27:ana\ndocker:x:998:ben\nops:x:1200:cleo\n"
SUDOERS = "root ALL=(ALL:ALL) ALL\n%ops ALL=(ALL) NOPASSWD: ALL\nmallory ALL=(root) /usr/bin/apt-get update\n"
_NO_ACCOUNT = 54321
_ROW = "   0: 0100007F:2382 00000000:0000 0A 00000000:00000000 00:00000000 00000000 {uid} 0 9001 1 0 100 0 0 10 0\n"
"""A socket that listens at port 9090."""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts programs as somebody else")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = host(tmp_path)
    made.write("/etc/passwd", PASSWD)
    made.write("/etc/group", GROUP)
    made.write("/etc/sudoers", SUDOERS)
    return made


def test_root_services_and_those_who_may_become_root(tree: Tree) -> None:
    trusted = TrustedAccounts(Root(tree.folder))
    names = ("root", "postgres", "prometheus", "ana", "ben", "cleo", "dora", "mallory", "nobody-here")
    assert [name for name in names if trusted.has_user(name)] == [*names[:6]]
    assert trusted.has_uid(61200) and trusted.has_uid(65534)  # of systemd
    assert not trusted.has_uid(100000) and not trusted.has_uid(_NO_ACCOUNT)  # of a user namespace, of nobody


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/etc/docker/daemon.json", '{"authorization-plugins": ["opa"]}'),
        ("/etc/docker/daemon.json", '{"authorization-plugins": [broken'),
        ("/proc/900/cmdline", "dockerd\0--authorization-plugin=opa\0"),
        ("/proc/900/cmdline", "python3\0start.py\0guard\0serve\0--policy\0/etc/guard.yaml\0"),
    ],
)
def test_where_the_engine_is_judged_its_group_makes_nobody_root(tree: Tree, path: str, content: str) -> None:
    """An admin at dockworthy's guard may become root all the same."""
    names = ("root", "ana", "ben", "cleo", "dora")
    tree.write("/etc/docker/daemon.json", '{"authorization-plugins": []}')
    assert [name for name in names if TrustedAccounts(Root(tree.folder)).has_user(name)] == [*names[:4]]
    tree.write("/run/docker.pid", "900\n")
    tree.link("/var/run", "/run")
    tree.write("/run/dockworthy-guard.serving", "900 /opt/dockworthy/1\n")
    tree.write("/proc/900/stat", stat(900))
    serving(tree, 900)
    tree.write(path, content)
    assert [name for name in names if TrustedAccounts(Root(tree.folder)).has_user(name)] == ["root", "ana", "cleo"]
    tree.write(
        "/etc/guard.yaml", 'guard: {roles: [{who: "user:dora", role: admin}, {who: "user:ben", role: deployer}]}'
    )
    trusted = [name for name in names if TrustedAccounts(Root(tree.folder)).has_user(name)]
    assert trusted == ["root", "ana", "cleo", *(["dora"] if "serve" in content else [])]


def test_a_plugin_in_the_engines_own_file_counts_wherever_that_lies(tree: Tree) -> None:
    tree.write("/etc/docker/daemon.json", "{}")
    tree.write("/srv/engine.json", '{"authorization-plugins": ["opa"]}')
    tree.write("/run/docker.pid", "900\n")
    tree.link("/var/run", "/run")
    tree.write("/proc/900/cmdline", "dockerd\0--config-file=/srv/engine.json\0")
    assert not TrustedAccounts(Root(tree.folder)).has_user("ben")
    tree.write("/proc/900/cmdline", "dockerd\0")
    assert TrustedAccounts(Root(tree.folder)).has_user("ben")


def test_a_table_of_cron_counts_for_those_who_may_become_root(tree: Tree) -> None:
    def told(name: str) -> list[HostJob]:
        spool = f"/var/spool/cron/crontabs/{name}"
        tree.write(spool, "0 3 * * * restic -r /srv/backup backup /var/lib/docker/volumes\n")
        found = jobs(tree)
        tree.path(spool).unlink()
        return found

    assert [len(told(name)) for name in ("root", "postgres", "ana", "mallory", "nobody-here")] == [1, 1, 1, 0, 0]


def test_a_folder_of_ansible_in_a_home_without_rights(tree: Tree) -> None:
    tree.write("/home/mallory/.ansible/tmp/x")
    os.chown(tree.path("/home/mallory/.ansible/tmp"), 1666, 1666)
    assert not getattr(read_evidence(tree).set_up, "value", ())
    os.chown(tree.path("/home/mallory/.ansible/tmp"), 1001, 1001)
    assert [one.tool for one in read_evidence(tree).set_up.value] == ["Ansible"]  # type: ignore[union-attr]


@needs_root
def test_a_program_that_is_merely_called_so(tmp_path: Path) -> None:
    """A copy of `sleep`, started by somebody and by root."""
    root = Root(Path("/"))
    folder = tmp_path / "open"
    folder.mkdir()
    for above in (folder, *folder.parents):
        if above.stat().st_uid == os.geteuid() and above != Path("/"):
            above.chmod(above.stat().st_mode | 0o011)
    for name in ("chronyd", "fluent-bit"):
        shutil.copy2("/bin/sleep", folder / name)
    started = [subprocess.Popen([folder / name, "60"], user=_NO_ACCOUNT) for name in ("chronyd", "fluent-bit")]
    try:
        pids = {one.pid for one in started}
        assert Processes(root).running("chronyd") not in pids
        assert not pids & {one.pid for one in read_running(root)}
        started.append(subprocess.Popen([folder / "fluent-bit", "60"]))
        assert started[-1].pid in {one.pid for one in read_running(root)}
    finally:
        for one in started:
            one.kill()
            one.wait()


@pytest.mark.parametrize(
    ("uid", "chosen", "told"),
    [
        (_NO_ACCOUNT, "container/prom", "(container_prom)"),
        (_NO_ACCOUNT, "service/prom", "(service_prom)"),
        (_NO_ACCOUNT, "prometheus", "(prometheus)"),
        (_NO_ACCOUNT, "dockerd", "(dockerd)"),
        (_NO_ACCOUNT, "docker-proxy", "(docker-proxy)"),
        (0, "container/prom", "container_prom"),
        (0, "prometheus", "prometheus"),
    ],
)
def test_a_name_that_a_process_chose_makes_it_nothing_else(tmp_path: Path, uid: int, chosen: str, told: str) -> None:
    """Where its executable can't be read, as of other users without root."""
    tree = Tree(tmp_path / "host")
    tree.process(70, "", "x", sockets=(9001,), uid=uid)
    tree.write("/proc/70/comm", f"{chosen}\n")
    tree.network({}, tcp=_ROW.format(uid=uid))
    tree.network({}, tcp=_ROW.format(uid=uid), pid=70)
    host = tree.read()
    assert isinstance(host.listeners, Set) and [each.program for each in host.listeners.value] == [told]
    found = endpoints(host, EngineFacts())
    assert not any(place.who.startswith(("container/", "service/", "port/")) for place in found)
    assert bool(trusted_endpoints(Root(tree.folder), found)) == (uid == 0)


@needs_root
@pytest.mark.parametrize(("uid", "counts"), [(_NO_ACCOUNT, False), (0, True)])
def test_who_answers_as_a_monitoring(uid: int, counts: bool) -> None:
    """Also where its process can't be seen: the socket itself is somebody's."""
    script = (
        "import socket, sys, time; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen();"
        "print(s.getsockname()[1], flush=True); time.sleep(60)"
    )
    words = [sys.executable, "-I", "-c", script]
    with subprocess.Popen(words, user=uid, stdout=subprocess.PIPE, text=True) as answering:
        try:
            assert answering.stdout is not None
            port = int(answering.stdout.readline())
            root = Root(Path("/"))
            for pid in (answering.pid, 0):
                place = Endpoint("127.0.0.1", port, "prometheus", "Prometheus", pid)
                assert bool(trusted_endpoints(root, [place])) == counts
        finally:
            answering.kill()
