"""An engine behind dockworthy's guard: found by who serves its socket, with what containers may there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dockworthy.model.field import Set, Unknown, Unset
from dockworthy.model.host import DaemonProcess

from .host_trees import ROOT_MOUNT, Tree

OWN = "/run/dockworthy-engine/docker.sock"
GUARD = ("guard", "serve", "--docker", f"unix://{OWN}", "--people", "/run/docker.sock", "--policy", "/etc/guard.yaml")


def stat(pid: int, started: int = 20, parent: int = 4) -> str:
    """Field 22 is the start."""
    fields = [parent, *range(5, 22), started, *range(23, 53)]
    return f"{pid} (x y) S {' '.join(map(str, fields))}\n"


def serving(tree: Tree, pid: int, *, started: int = 20, folder: str = "/run/dockworthy-guards", **more: str) -> None:
    told = {"pid": pid, "started": started, "since": "2026-01-01T00:00:00Z", "engine": "unix:///x", **more}
    tree.write(f"{folder}/{pid}.json", json.dumps(told))


def guarded(folder: Path) -> Tree:
    """A host whose engine listens at OWN; the guard is process 900, and nobody says so yet."""
    tree = Tree(folder / "bare")
    tree.link("/var/run", "/run")
    tree.write("/proc/1/mountinfo", ROOT_MOUNT)
    for path in ("/run/docker.sock", OWN):
        tree.write(path)
    tree.process(500, "/usr/sbin/dockerd", "dockerd", "-H", f"unix://{OWN}", sockets=(701,))
    tree.process(900, "/opt/dockworthy/1/bin/python3", "python3", "start.py", *GUARD, sockets=(702,))
    tree.write("/proc/900/stat", stat(900))
    tree.network({701: OWN, 702: "/run/.docker.sock.899"})
    return tree


def found(tree: Tree) -> DaemonProcess:
    daemon = tree.read("/var/run/docker.sock").daemon
    assert isinstance(daemon, Set), daemon
    return daemon.value


def roles(tree: Tree) -> list[tuple[str, str]]:
    told = found(tree).container_roles
    assert isinstance(told, Set), told
    return [(each.who, each.role.value) for each in told.value]


def test_an_engine_behind_dockworthys_guard_is_found(tmp_path: Path) -> None:
    tree = guarded(tmp_path)
    assert not isinstance(tree.read("/var/run/docker.sock").daemon, Set), "nobody says so yet"
    tree.write("/run/dockworthy-guard.serving", "900 /opt/dockworthy/1\n")
    serving(tree, 900)
    daemon = found(tree)
    assert (daemon.pid, daemon.guarded_at, daemon.own_socket) == (500, "/var/run/docker.sock", OWN)
    tree.write("/run/dockworthy-guard.serving", "1 /opt/dockworthy/1\n")
    assert not isinstance(tree.read("/var/run/docker.sock").daemon, Set), "process 1 is no guard"


def test_what_containers_may_there(tmp_path: Path) -> None:
    """By its policy, and by what was granted, as long as that holds."""
    tree = guarded(tmp_path)
    tree.write("/run/dockworthy-guard.serving", "900 /opt/dockworthy/1\n")
    serving(tree, 900)
    assert isinstance(found(tree).container_roles, Unknown), "its policy can't be read"
    tree.write("/etc/guard.yaml", 'guard: {roles: [{who: "container:a", role: viewer}, {who: "user:b", role: admin}]}')
    assert roles(tree) == [("container:a", "viewer")]
    for name, until in (("a", "2999-01-01T00:00:00Z"), ("b", "2020-01-01T00:00:00Z"), ("c", "soon")):
        grant = f'{{"id": "x", "binding": {{"who": "container:{name}", "role": "admin"}}, "until": "{until}"}}'
        tree.write(f"/var/lib/dockworthy/guard/grants/{name}.json", grant)
    assert roles(tree) == [("container:a", "viewer"), ("container:a", "admin")]
    for broken in ("guard: [", "guard: {roles: 7}", "[1]", "guard: {roles: [{who: nobody, role: viewer}]}"):
        tree.write("/etc/guard.yaml", broken)
        assert isinstance(found(tree).container_roles, Unknown), broken


def makers(tree: Tree) -> list[tuple[str, str, tuple[str, ...]]] | None:
    told = tree.read("/var/run/docker.sock").container_makers
    if isinstance(told, Unset):
        return None
    assert isinstance(told, Set), told
    return [(each.who, each.role.value, each.projects) for each in told.value]


def test_who_may_make_containers_and_is_not_root(tmp_path: Path) -> None:
    """By every guard that serves: at the engine's place, elsewhere, and at a socket that has one role."""
    tree = guarded(tmp_path)
    serving(tree, 900)
    assert makers(tree) is None, "it serves nobody yet"
    tree.write("/run/dockworthy-guard.serving", "900 /opt/dockworthy/1\n")
    serving(tree, 900)
    assert isinstance(tree.read("/var/run/docker.sock").container_makers, Unknown), "its policy can't be read"
    tree.write(
        "/etc/guard.yaml",
        """guard: {roles: [
        {who: "user:a", role: deployer, projects: [shop]}, {who: "group:b", role: operator},
        {who: "user:c", role: admin}, {who: "container:d", role: viewer}]}""",
    )
    roles = [("user:a", "deployer", ("shop",)), ("group:b", "operator", ())]
    assert makers(tree) == roles
    grant = '{"id": "x", "binding": {"who": "user:e", "role": "deployer"}, "until": "2999-01-01T00:00:00Z"}'
    tree.write("/var/lib/dockworthy/guard/grants/a.json", grant)
    assert makers(tree) == [*roles, ("user:e", "deployer", ())]

    tree.path("/run/dockworthy-guard.serving").unlink()
    shutil.rmtree(tree.path("/proc/900"))
    tree.path("/var/lib/dockworthy/guard/grants/a.json").unlink()
    assert makers(tree) is None
    now = "/var/lib/dockworthy/guard/serving"
    tree.write("/proc/901/stat", f"901 (x y) S {' '.join(str(number) for number in range(2, 30))}\n")
    one = '{"pid": 901, "started": %d, "since": "2026-01-01T00:00:00Z", "engine": "unix:///x", %s}'
    tree.write(f"{now}/901.json", one % (20, '"people": "", "role": "viewer", "policy": "/etc/guard.yaml"'))
    assert makers(tree) is None, "who only looks makes nothing"
    tree.write(f"{now}/901.json", one % (20, '"role": "deployer"'))
    assert makers(tree) == [("group:everybody", "deployer", ())]
    tree.write(f"{now}/901.json", one % (19, '"role": "deployer"'))
    assert makers(tree) is None, "another process of that number"
    for served in ('"people": "/run/people.sock"', '"tls": "0.0.0.0:2376"'):
        tree.write(f"{now}/901.json", one % (20, f'{served}, "policy": "/etc/guard.yaml"'))
        assert makers(tree) == roles


def test_grants_that_were_given(tmp_path: Path) -> None:
    tree = guarded(tmp_path)
    file = "/var/lib/dockworthy/guard/given-grants.json"

    def given() -> object:
        return tree.read("/var/run/docker.sock").given_grants

    assert isinstance(given(), Unset), "none ever was"
    tree.write("/var/lib/dockworthy/guard/grants/a.json", "{}")
    assert isinstance(given(), Unknown), "an earlier version gave some, and kept no record"
    grant = (
        '{"id": "x", "binding": {"who": "user:a", "role": "deployer"}, "since": "2026-01-01T00:00:00Z", '
        '"until": "2026-01-01T01:00:00%s"}'
    )
    tree.write(file, '{"known_since": null, "grants": [%s]}' % (grant % "Z"))
    told = given()
    assert isinstance(told, Set)
    assert [(each.binding.who, each.until.hour) for each in told.value.grants] == [("user:a", 1)]
    for broken in ("", "[]", '{"grants": [{}]}', '{"grants": [%s]}' % (grant % ""), '{"known_since": "2026-01-01"}'):
        tree.write(file, broken)
        assert isinstance(given(), Unknown), broken


def test_a_process_that_has_the_number_of_a_guard_of_before_is_none(tmp_path: Path) -> None:
    tree = guarded(tmp_path)
    tree.write("/run/dockworthy-guard.serving", "900 /opt/dockworthy/1\n")
    assert not isinstance(tree.read("/var/run/docker.sock").daemon, Set), "nobody wrote it down"
    serving(tree, 900, folder="/var/lib/dockworthy/guard/serving")
    assert found(tree).pid == 500
    serving(tree, 900, started=19, folder="/var/lib/dockworthy/guard/serving")
    assert not isinstance(tree.read("/var/run/docker.sock").daemon, Set), "it began at another time"
    serving(tree, 900)
    assert found(tree).pid == 500


PYTHON = "/usr/bin/python3.13"


@pytest.mark.parametrize(
    ("words", "makes"),
    [
        (("dockworthy", "guard", "socket", "--role", "deployer", "/home/ben/x.sock"), True),
        (("python3", "-m", "dockworthy", "guard", "socket", "/x.sock", "--role=operator"), True),
        (("dockworthy", "guard", "serve", "--socket", "/x", "--people", "/y"), True),
        (("dockworthy", "guard", "serve", "--socket", "/x", "--tls=0.0.0.0:2376"), True),
        (("dockworthy", "guard", "serve", "--socket", "/x"), False),
        (("dockworthy", "guard", "socket", "--role", "viewer", "/x.sock"), False),
        (("dockworthy", "assess"), False),
    ],
)
def test_a_guard_that_is_not_written_down_is_seen_by_its_command(
    tmp_path: Path, words: tuple[str, ...], makes: bool
) -> None:
    """Somebody else than root runs it, or with a state folder of its own."""
    tree = guarded(tmp_path)
    shutil.rmtree(tree.path("/proc/900"))
    tree.process(950, PYTHON, *words, uid=1000)
    tree.write("/proc/950/stat", stat(950))
    everybody = [("group:everybody", "deployer", ())] if makes else None
    assert makers(tree) == everybody
    tree.write("/proc/950/cgroup", f"0::/system.slice/docker-{'a1' * 32}.scope")
    assert makers(tree) is None, "a container is as root gave it the engine's socket"
    tree.write("/proc/950/cgroup", "0::/user.slice/user-1000.slice")
    assert makers(tree) == everybody
    serving(tree, 950, role="viewer")
    assert makers(tree) is None, "it says itself what it is"


def test_the_spare_that_a_keeper_has_ready_is_no_guard_that_hides(tmp_path: Path) -> None:
    """It has the command of the guard that serves, and writes itself down when its turn comes."""
    tree = guarded(tmp_path)
    tree.write("/proc/900/stat", stat(900, parent=890))
    serving(tree, 900, people="/run/docker.sock", policy="/etc/dockworthy/guard.yaml")
    tree.write("/etc/dockworthy/guard.yaml", "guard: {roles: []}")
    tree.process(901, "/opt/dockworthy/1/bin/python3", "python3", "start.py", *GUARD)
    tree.write("/proc/901/stat", stat(901, parent=890))
    assert makers(tree) == []
    everybody = [("group:everybody", "deployer", ())]
    tree.write("/proc/901/stat", stat(901, parent=891))
    assert makers(tree) == everybody, "of another keeper"
    for parent in (1, 0):  # whose child an orphan is, or what can't be told
        tree.write("/proc/900/stat", stat(900, parent=parent))
        tree.write("/proc/901/stat", stat(901, parent=parent))
        assert makers(tree) == everybody, parent
    tree.process(902, "/opt/dockworthy/1/bin/python3", "python3", "start.py", *GUARD[:-1])
    tree.write("/proc/900/stat", stat(900, parent=890))
    tree.write("/proc/901/stat", stat(901, parent=890))
    tree.write("/proc/902/stat", stat(902, parent=890))
    assert makers(tree) == everybody, "with another command"


def test_a_socket_with_a_role_that_is_written_down_in_run(tmp_path: Path) -> None:
    tree = guarded(tmp_path)
    shutil.rmtree(tree.path("/proc/900"))
    tree.write("/proc/901/stat", stat(901))
    serving(tree, 901, role="operator")
    assert makers(tree) == [("group:everybody", "operator", ())]
    serving(tree, 901, started=19, role="operator")
    assert makers(tree) is None
