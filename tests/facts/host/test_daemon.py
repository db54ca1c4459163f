"""The engine is who holds the socket: not who bears its name, not PID 1."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.facts.host.daemon import limits_of
from dockworthy.model.field import Set, Unknown, Unset
from dockworthy.model.host import DaemonProcess

from .host_trees import ROOT_MOUNT, Tree, debian


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return debian(Tree(tmp_path / "root"))


@pytest.fixture
def bare(tmp_path: Path) -> Tree:
    """A host with a socket and PID 1, and nobody who listens."""
    tree = Tree(tmp_path / "bare")
    tree.link("/var/run", "/run")
    tree.write("/run/docker.sock")
    tree.process(1, "/usr/lib/systemd/systemd", sockets=(700,))
    tree.write("/proc/1/mountinfo", ROOT_MOUNT)
    tree.network({700: "/run/docker.sock"})
    return tree


def found(tree: Tree, socket: str = "/var/run/docker.sock") -> DaemonProcess:
    daemon = tree.read(socket).daemon
    assert isinstance(daemon, Set), daemon
    return daemon.value


def test_under_socket_activation_it_is_not_pid_1(tree: Tree) -> None:
    daemon = found(tree)
    assert (daemon.pid, daemon.executable, daemon.socket_activated) == (500, "/usr/sbin/dockerd", True)
    assert daemon.argv == ("/usr/sbin/dockerd", "-H", "fd://")
    assert daemon.listens == ("unix:///run/docker.sock",)
    assert daemon.oom_score_adj == -500


def test_the_source_says_how_it_was_found(tree: Tree) -> None:
    field = tree.read().daemon
    assert isinstance(field, Set)
    assert str(field.source) == "/proc/500 holds /var/run/docker.sock"


def test_a_process_merely_named_dockerd_is_not_it(tree: Tree) -> None:
    tree.process(400, "/tmp/dockerd", "dockerd")
    tree.write("/proc/400/comm", "dockerd\n")
    assert found(tree).pid == 500


def test_only_a_process_of_that_name_and_no_engine(bare: Tree) -> None:
    bare.process(400, "/usr/sbin/dockerd", "dockerd", sockets=(999,))
    assert isinstance(bare.read().daemon, Unset)


def test_a_socket_that_waits_for_its_first_connection(bare: Tree) -> None:
    daemon = bare.read().daemon
    assert isinstance(daemon, Unset)
    assert "PID 1 alone" in daemon.source.path


def test_nobody_listens(bare: Tree) -> None:
    bare.network({})
    assert isinstance(bare.read().daemon, Unset)


def test_another_program_on_the_engines_socket(bare: Tree) -> None:
    bare.process(600, "/usr/bin/podman", "podman", "system", "service", sockets=(700,))
    daemon = bare.read().daemon
    assert isinstance(daemon, Unknown)
    assert (
        daemon.reason == "/var/run/docker.sock is held by /usr/bin/podman (process 600), which is not a Docker Engine"
    )


def test_of_two_holders_the_pid_file_decides(tree: Tree) -> None:
    tree.process(450, "/usr/sbin/dockerd", "/usr/sbin/dockerd", sockets=(700,))
    assert found(tree).pid == 500
    tree.write("/run/docker.pid", "450")
    assert found(tree).pid == 450


def test_a_pid_file_of_its_own(tree: Tree) -> None:
    tree.process(450, "/usr/sbin/dockerd", "/usr/sbin/dockerd", "--pidfile=/run/mine.pid", sockets=(700,))
    tree.write("/run/docker.pid", "1")
    tree.write("/run/mine.pid", "450")
    assert found(tree).pid == 450


def test_a_program_that_was_upgraded_under_it(tree: Tree) -> None:
    tree.path("/proc/500/exe").unlink()
    tree.link("/proc/500/exe", "/usr/sbin/dockerd (deleted)")
    assert found(tree).executable == "/usr/sbin/dockerd"


def test_an_engine_in_a_network_namespace_of_its_own(tree: Tree) -> None:
    tree.write("/run/user/1000/docker.sock")
    tree.process(800, "/usr/bin/dockerd", "dockerd", "--rootless", sockets=(810,), uid=1000)
    tree.path("/proc/800/ns/net").unlink()
    tree.link("/proc/800/ns/net", "net:[4026539999]")
    tree.network({810: "/run/user/1000/docker.sock"}, pid=800)
    tree.write("/home/ann/.config/docker/daemon.json", '{"live-restore": true}')
    host = tree.read("/run/user/1000/docker.sock")
    assert isinstance(host.daemon, Set)
    assert (host.daemon.value.pid, host.daemon.value.uid) == (800, 1000)
    assert isinstance(host.daemon_json, Set)
    assert host.daemon_json.value == {"live-restore": True}
    assert isinstance(host.storage, Set)
    assert host.storage.value.path == "/home/ann/.local/share/docker"


def test_an_endpoint_without_a_socket_goes_by_the_pid_file_and_its_program(tree: Tree) -> None:
    assert found(tree, "").pid == 500
    tree.write("/run/docker.pid", "1")
    assert isinstance(tree.read("").daemon, Unset)


def test_a_tree_without_proc_is_unknown_not_absent(tmp_path: Path) -> None:
    assert isinstance(Tree(tmp_path / "empty").read().daemon, Unknown)


def test_what_it_listens_on(tree: Tree) -> None:
    row = "   0: 0100007F:0947 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 {} 1\n"
    tree.link("/proc/500/fd/9", "socket:[901]")
    tree.network({700: "/run/docker.sock", 703: "/run/other.sock"}, tcp=row.format(901))
    assert found(tree).listens == ("unix:///run/docker.sock", "tcp://127.0.0.1:2375")


def test_secrets_of_the_command_line_are_left_out(tree: Tree) -> None:
    tree.process(
        450,
        "/usr/sbin/dockerd",
        "dockerd",
        "--http-proxy=http://ann:hunter2@proxy:3128",
        "--log-opt",
        "splunk-token=hunter2",
        "--some-token",
        "hunter2",
        sockets=(700,),
    )
    tree.write("/run/docker.pid", "450")
    argv = found(tree).argv
    assert "hunter2" not in " ".join(argv)
    assert argv[1] == "--http-proxy=http://ann:***@proxy:3128"
    assert argv[2:] == ("--log-opt", "splunk-token=***", "--some-token", "***")


def test_containerd_is_found_by_its_socket_too(tree: Tree) -> None:
    tree.write("/run/docker/containerd/containerd.sock")
    tree.process(510, "/usr/bin/containerd", "containerd", "--config", "x", sockets=(720,))
    tree.network({700: "/run/docker.sock", 720: "/var/run/docker/containerd/containerd.sock"})
    containerd = tree.read().containerd
    assert isinstance(containerd, Set)
    assert containerd.value.pid == 510


def test_limits_by_the_names_of_ulimit() -> None:
    table = (
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max open files            1024                 524288               files     \n"
        "Max core file size        unlimited            unlimited            bytes     \n"
        "Max nonsense              1                    2                    \n"
    )
    assert limits_of(table) == {"nofile": (1024, 524288), "core": (-1, -1)}
