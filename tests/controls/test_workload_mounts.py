"""Mounts: what is reached counts, by whatever path, and each mount is one fault."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged import failing, findings, findings_at, mounted, with_links

from dockworthy.controls.workload._host_exposure import exposure
from dockworthy.controls.workload._host_paths import Relation, real_path, relation
from dockworthy.model.field import Source
from dockworthy.model.levels import Severity
from dockworthy.model.own_places import EDGE_STATE, ENGINE_TO_READ, ENGINE_TO_WRITE, PLUGINS, TO_READ, TO_WRITE
from dockworthy.model.workload import EnginePaths, Mount, MountKind

MOUNTS = {"engine-socket", "host-mounts", "host-view"}


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize(
    ("source", "controls"),
    [
        ("/", {"engine-socket", "host-mounts"}),
        ("/run", {"engine-socket"}),
        ("/var/run", {"engine-socket"}),
        ("/var/run/", {"engine-socket"}),
        ("/run/docker.sock", {"engine-socket"}),
        ("/run/containerd", {"engine-socket"}),
        ("/var", {"host-mounts"}),
        ("/var/lib/docker", {"host-mounts"}),
        ("/var/lib/docker/overlay2/abc/merged", {"host-mounts"}),
        ("/etc", {"host-mounts"}),
        ("/root", {"host-mounts"}),
        ("/home/ann/.ssh", {"host-mounts"}),
        ("/srv/shop", set()),
        ("/opt/shop/etc", set()),
        ("/home/ann/shop", set()),
        ("/runner", set()),
        ("/etcetera", set()),
    ],
)
def test_each_mount_is_one_fault(source: str, controls: set[str], read_only: bool) -> None:
    assert failing(findings("container", mounted(source, read_only=read_only))) & MOUNTS == controls


@pytest.mark.parametrize("path", [*TO_READ, *ENGINE_TO_READ, PLUGINS, EDGE_STATE, "/etc/docker/tls/server-key.pem"])
def test_what_is_the_guards_or_the_engines_is_shown_to_nobody(path: str) -> None:
    for spelt in (path, path.replace("/run/", "/var/run/"), f"/proc/1/root{path}", f"{path}/below"):
        if spelt == f"{EDGE_STATE}/below":
            continue
        for read_only in (True, False):
            found = failing(findings("container", mounted(spelt, read_only=read_only)))
            assert found & {"engine-socket", "host-mounts"}, spelt


@pytest.mark.parametrize(
    ("path", "is_the_hosts"),
    [
        ("/dev/shm", True),
        ("/var/run/shm", True),
        ("/dev/shm/shop", False),
        ("/dev/pts/3", True),
        ("/dev/mqueue", True),
        ("/dev/mqueue/jobs", True),
        ("/dev/hugepages", True),
        ("/dev/core", True),
    ],
)
def test_what_programs_of_the_host_share_is_shown_to_nobody(path: str, is_the_hosts: bool) -> None:
    for read_only in (True, False):
        found = failing(findings("container", mounted(path, read_only=read_only)))
        assert ("host-mounts" in found) is is_the_hosts


@pytest.mark.parametrize("path", [*TO_WRITE, *ENGINE_TO_WRITE])
def test_what_is_the_guards_or_the_engines_is_changed_by_nobody(path: str) -> None:
    assert failing(findings("container", mounted(path))) & {"engine-socket", "host-mounts"}


@pytest.mark.parametrize(
    ("path", "read_only", "gives"),
    [
        ("/usr/local/bin", False, "programs that the host's root runs"),
        ("/opt", False, "programs that the host's root runs"),
        ("/etc/systemd/system", False, "the host's users, services and settings that become root"),
        ("/etc/init.d", False, "the host's users, services and settings that become root"),
        ("/etc/default", False, "the host's users, services and settings that become root"),
        ("/run/docker/runtime-runc", True, "the sockets of the engine and its runtime, and the bundles of containers"),
        ("/run/docker/plugins", True, "the sockets of the engine's plugins, which say what everybody may do"),
        ("/etc/containerd", False, "the settings, the plugins and the runtime of the engine"),
        ("/etc/docker/daemon.json", False, "the settings, the plugins and the runtime of the engine"),
        ("/opt/dockworthy", False, "programs and settings of dockworthy's guard"),
        ("/run/dockworthy-guard.pid", False, "programs and settings of dockworthy's guard"),
        (
            "/etc/dockworthy",
            True,
            "the keys, the secrets of all projects and the guard's settings that dockworthy keeps",
        ),
    ],
)
def test_a_place_is_called_what_it_is(path: str, read_only: bool, gives: str) -> None:
    found = exposure(
        Mount(MountKind.BIND, path, "/x", read_only, Source("file"), host_path=path), EnginePaths(sockets=())
    )
    assert found is not None and found.gives == gives


@pytest.mark.parametrize(
    ("source", "writable", "read_only"),
    [
        ("/proc", {"host-mounts"}, {"host-view"}),
        ("/sys", {"host-mounts"}, set()),
        ("/sys/fs/cgroup", {"host-mounts"}, set()),
        ("/usr/local/bin", {"host-mounts"}, set()),
        ("/usr/bin/docker", {"host-mounts"}, set()),
        ("/lib/modules", {"host-mounts"}, set()),
        ("/etc/localtime", {"host-view"}, set()),
        ("/etc/resolv.conf", {"host-view"}, set()),
        ("/etc/cron.d", {"host-mounts"}, set()),
        ("/etc/docker/daemon.json", {"host-mounts"}, set()),
        ("/etc/docker/certs.d/registry.shop:5000/ca.crt", {"host-mounts"}, set()),
        ("/etc/docker/certs.d/registry.shop:5000/client.key", {"host-mounts"}, {"host-mounts"}),
        ("/etc/docker/certs.d/registry.shop:5000", {"host-mounts"}, {"host-mounts"}),
        ("/etc/docker/certs.d", {"host-mounts"}, {"host-mounts"}),
        ("/var/lib/docker/containers", {"host-mounts"}, {"host-view"}),
        ("/var/lib/docker/volumes/shop/_data", {"host-view"}, {"host-view"}),
        ("/var/spool/cron", {"host-mounts"}, set()),
    ],
)
def test_writing_is_more_than_reading(source: str, writable: set[str], read_only: set[str]) -> None:
    assert failing(findings("container", mounted(source))) & MOUNTS == writable
    assert failing(findings("container", mounted(source, read_only=True))) & MOUNTS == read_only


def test_a_link_that_the_facts_resolved() -> None:
    assert "engine-socket" in failing(with_links(mounted("/srv/link"), {"/srv/link": "/run"}))
    assert "host-mounts" in failing(with_links(mounted("/srv/link"), {"/srv/link": "/etc"}))
    assert not failing(with_links(mounted("/srv/link"), {"/srv/link": "/srv/shop"}))


def test_a_volume_whose_options_bind_a_path() -> None:
    volume = {"Name": "innocent", "Driver": "local", "Options": {"type": "none", "o": "bind", "device": "/var/run"}}
    mount = {"Type": "volume", "Name": "innocent", "Source": "/x", "Destination": "/y", "RW": True}
    found = findings_at({"volumes": [volume], "containers": [{"inspect": {"Mounts": [mount]}}]})
    assert failing(found) == {"engine-socket"}


def test_the_engines_own_places_are_its_own() -> None:
    containers = [{"inspect": mounted("/srv/engine", read_only=True)}]
    usual = findings_at({"containers": containers})
    elsewhere = findings_at({"containers": containers, "info": {"DockerRootDir": "/srv/engine/data"}})
    listening = findings_at({"containers": containers, "endpoint": "unix:///srv/engine/api"})
    assert not failing(usual)
    assert failing(elsewhere) == {"host-mounts"}
    assert failing(listening) == {"engine-socket"}


def test_several_mounts_stand_in_one_finding_the_worst_first() -> None:
    mounts = [mounted(path, target=f"/{at}")["Mounts"][0] for at, path in enumerate(("/etc", "/", "/srv"))]
    finding = findings("container", {"Mounts": mounts})["host-mounts"]
    assert [evidence.says.split(" ")[0] for evidence in finding.evidence] == ["/etc", "/"]
    assert finding.severity is Severity.CRITICAL


def test_a_view_is_as_serious_as_what_it_shows() -> None:
    by_path = {
        path: findings("container", mounted(path, read_only=True))["host-view"].severity
        for path in ("/usr", "/var/log", "/root/.docker/config.json")
    }
    assert by_path == {
        "/usr": Severity.LOW,
        "/var/log": Severity.MEDIUM,
        "/root/.docker/config.json": Severity.HIGH,
    }


@pytest.mark.parametrize(
    ("written", "real"),
    [
        ("/var/run/docker.sock", "/run/docker.sock"),
        ("//run/../run/./x", "/run/x"),
        ("/proc/1/root", "/"),
        ("/proc/1/root/etc", "/etc"),
        ("/proc/self/root/var/run", "/run"),
        ("/proc/1/rootfs", "/proc/1/rootfs"),
        ("/var/runner", "/var/runner"),
        ("/../..", "/"),
    ],
)
def test_real_path(written: str, real: str) -> None:
    assert real_path(written) == real


_paths = st.lists(st.sampled_from(["run", "var", "proc", "1", "root", "..", ".", "", "x"]), max_size=8).map(
    lambda parts: "/" + "/".join(parts)
)


@given(_paths)
def test_a_real_path_is_absolute_and_without_detours(path: str) -> None:
    real = real_path(path)
    assert real == "/" or (real.startswith("/") and not real.endswith("/"))
    assert ".." not in real.split("/") and "//" not in real
    assert relation("/", real) in (Relation.HOLDS, Relation.IS)


@given(_paths, _paths)
def test_what_one_path_holds_is_inside_it(one: str, other: str) -> None:
    opposite = {Relation.HOLDS: Relation.INSIDE, Relation.INSIDE: Relation.HOLDS, Relation.IS: Relation.IS, None: None}
    assert relation(one, other) is opposite[relation(other, one)]
