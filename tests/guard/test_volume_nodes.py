"""Nobody of the host opens a device by a node that lies in a volume already."""

from __future__ import annotations

import asyncio
import os
import stat
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dockworthy.errors import EngineError
from dockworthy.facts.host.mounts import MountPoint
from dockworthy.guard import volume_nodes
from dockworthy.guard.engine_world import EngineWorld
from dockworthy.guard.host_tree import HostTree
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.guard.volume_nodes import VolumeNodes, node_below, takes_no_nodes, volumes_of
from dockworthy.readers.engine_context import EngineContext
from guard.sockets import Reached
from guard.test_device_nodes import PEOPLE, host, opens
from guard.test_judging import World, ask
from guard.worlds import FEATURES, LOOKED_AT
from machines.images import BUSYBOX
from machines.own_host import OwnHost
from patience import patience

__all__ = ["host"]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="makes device nodes")


def filled(top: Path) -> Path:
    """As a database or a root file system lies there."""
    (top / "base" / "1").mkdir(parents=True)
    (top / "base" / "1" / "table").write_text("x")
    (top / "dev").mkdir()
    (top / "link").symlink_to("/dev")
    os.mkfifo(top / "pipe")
    for name, minor in (("null", 3), ("zero", 5)):
        os.mknod(top / "dev" / name, stat.S_IFCHR | 0o666, os.makedev(1, minor))
    return top


@needs_root
def test_what_lies_in_a_volume(tmp_path: Path) -> None:
    top = filled(tmp_path / "v")
    assert node_below(str(top)) == ""
    os.mknod(top / "base" / "1" / "disk", stat.S_IFBLK | 0o600, os.makedev(7, 0))
    assert node_below(str(top)) == "/base/1/disk (block device 7:0)"
    assert node_below(str(tmp_path / "gone")) == ""
    (tmp_path / "linked").symlink_to(top)
    with pytest.raises(OSError):
        node_below(str(tmp_path / "linked"))


def test_folders_without_end_hold_up_nobody(tmp_path: Path) -> None:
    inner = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(120):
            os.mkdir("d", dir_fd=inner)
            deeper = os.open("d", os.O_RDONLY, dir_fd=inner)
            os.close(inner)
            inner = deeper
    finally:
        os.close(inner)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="folders inside each other"):
        node_below(str(tmp_path))
    assert len(os.listdir("/proc/self/fd")) == before


async def test_a_volume_is_looked_through_once_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    monkeypatch.setattr(volume_nodes, "node_below", lambda top: looks.append(top) or ("" if "good" in top else "/disk"))
    nodes = VolumeNodes()
    found = await asyncio.gather(*(nodes.first(f"/{name}") for name in ("good", "good", "bad", "bad")))
    assert found == ["", "", "/disk", "/disk"] and sorted(looks) == ["/bad", "/good"]
    assert await nodes.first("/good") == "" and await nodes.first("/bad") == "/disk"
    assert sorted(looks) == ["/bad", "/bad", "/good"], "what is bad may be mended at any time"
    monkeypatch.setattr(volume_nodes, "_LEAST", 0.0)
    monkeypatch.setattr(volume_nodes, "_SHARE", 0)
    nodes = VolumeNodes()
    assert [await nodes.first("/good") for _ in range(2)] == ["", ""] and looks.count("/good") == 3, "not for good"


async def test_what_takes_long_is_refused_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()
    monkeypatch.setattr(volume_nodes, "node_below", lambda top: "" if let_go.wait(patience(60)) else "never")
    monkeypatch.setattr(volume_nodes, "_WITHIN", 0.05)
    nodes = VolumeNodes()
    for _ in range(2):
        with pytest.raises(EngineError, match="takes more than"):
            await nodes.first("/large")
    let_go.set()
    monkeypatch.setattr(volume_nodes, "_WITHIN", patience(60))
    assert await nodes.first("/large") == ""


async def test_volumes_of_a_machine_that_is_dead_hold_up_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()
    monkeypatch.setattr(
        volume_nodes, "node_below", lambda top: "" if "nfs" not in top or let_go.wait(patience(60)) else "never"
    )
    monkeypatch.setattr(volume_nodes, "_WITHIN", 0.05)
    places = [f"/var/lib/docker/volumes/nfs{number}/_data" for number in range(3)]
    world = EngineWorld("unix:///nothing")
    world._context = (float("inf"), EngineContext())
    points = [MountPoint(each, "/", "nfs4", "0:99", "nfs:/", ("rw",)) for each in places]
    world._tree = (float("inf"), HostTree(points))
    try:
        for each in places:
            with pytest.raises(EngineError, match="takes more than"):
                await world.volume_node(each)
        monkeypatch.setattr(volume_nodes, "_WITHIN", patience(10))
        assert await world.volume_node("/var/lib/docker/volumes/shop/_data") == ""
    finally:
        let_go.set()


def test_a_mount_without_devices() -> None:
    def point(target: str, *options: str) -> MountPoint:
        return MountPoint(target=target, root="/", fstype="ext4", device="8:1", source="", options=options)

    tree = HostTree((point("/"), point("/var/lib/docker/volumes", "rw", "nodev")))
    assert takes_no_nodes("/var/lib/docker/volumes/v/_data", tree)
    assert not takes_no_nodes("/var/lib/docker/volumes2/v/_data", tree)


VOLUME = {"Name": "data", "Driver": "local", "Mountpoint": "/var/lib/docker/volumes/data/_data", "Options": None}
MOUNT = {
    "Type": "volume",
    "Name": "data",
    "Source": VOLUME["Mountpoint"],
    "Driver": "local",
    "Destination": "/d",
    "RW": True,
}
OLD = {
    "Id": "a" * 64, "Name": "/old", "Config": {"Image": "x"}, "State": {"Status": "running", "Running": True},
    "HostConfig": {"MaskedPaths": ["/proc/kcore"] * 9, "ReadonlyPaths": ["/proc/bus"] * 9}, "Mounts": [MOUNT],
}  # fmt: skip


class WithNode(World):
    features = FEATURES

    async def context(self) -> EngineContext:
        return EngineContext(features=self.features, log_driver="json-file")

    async def volume(self, name: str) -> Mapping[str, Any] | None:
        return VOLUME if name == "data" else None

    async def volume_node(self, path: str) -> str:
        return "/disk (block device 8:0)" if path == VOLUME["Mountpoint"] else ""

    async def execution(self, id: str) -> Mapping[str, Any] | None:
        return {"ContainerID": "a" * 64, "ProcessConfig": {"privileged": False}}


class Remapped(WithNode):
    features = FEATURES | {"userns"}


_CREATE = "POST /containers/create"
_NAMED = {"Type": "volume", "Source": "data", "Target": "/d"}
_TASK = {"ContainerSpec": {"Image": LOOKED_AT, "Mounts": [_NAMED]}}
USED = (
    (_CREATE, {"Image": "x", "HostConfig": {"Binds": ["data:/d"]}}),
    (_CREATE, {"Image": "x", "HostConfig": {"Binds": ["data:/d:ro"]}}),
    (_CREATE, {"Image": "x", "HostConfig": {"Mounts": [_NAMED]}}),
    (_CREATE, {"Image": "x", "HostConfig": {"VolumesFrom": ["old"]}}),
    ("POST /services/create", {"Name": "s", "TaskTemplate": _TASK}),
    ("POST /containers/old/start", None),
    ("POST /containers/old/restart", None),
    ("POST /containers/old/update", {"RestartPolicy": {"Name": "always"}}),
    ("POST /containers/old/exec", {"Cmd": ["sh"]}),
    (f"POST /exec/{'b' * 64}/start", {}),
    ("POST /containers/old/attach?stdin=1&stream=1", None),
)


@pytest.mark.parametrize(("line", "body"), USED)
async def test_what_a_volume_holds(line: str, body: Any) -> None:
    known = {"old": OLD, "a" * 64: OLD}
    decision = await ask(line, body, world=WithNode(**known), policy=PolicyInForce())
    assert {refusal.rule for refusal in decision.refusals} == {"guard/device-nodes"}, decision.message()
    assert "volume data holds /disk (block device 8:0)" in decision.message()
    assert (await ask(line, body, world=Remapped(**known), policy=PolicyInForce())).allowed


async def test_volumes_that_are_made_by_it_or_bind_are_another_matter() -> None:
    body = {"Image": "x", "HostConfig": {"Binds": ["new:/d"]}}
    assert (await ask(_CREATE, body, world=WithNode(), policy=PolicyInForce())).allowed
    assert volumes_of({"Mounts": [{**MOUNT, "Driver": "listed"}, {"Type": "bind", "Source": "/srv"}, MOUNT]}) == {
        "data": VOLUME["Mountpoint"]
    }


@pytest.mark.engine
def test_a_person_opens_no_disk_by_a_node_that_lies_in_a_volume(host: OwnHost) -> None:
    """Neither in a container of their own, nor by a command in one of somebody else's."""
    pat, root = Reached(host, PEOPLE, "pat"), Reached(host, PEOPLE)
    root.docker("volume", "create", "nodes-there")
    top = host.docker("volume", "inspect", "-f", "{{.Mountpoint}}", "nodes-there").stdout.decode().strip()
    host.run("sh", "-c", f"mkdir -p {top}/old && mknod {top}/old/disk b 7 0 && chmod 666 {top}/old/disk")
    mine = ("--user", "7007:7007", BUSYBOX, "sleep", "3600")
    root.docker("run", "-d", "--name", "nodes-roots", "-v", "nodes-there:/vol", *mine)
    assert opens(host, "nodes-roots", "/vol/old/disk"), "else this proves nothing"
    root.docker("create", "--name", "nodes-waits", "-v", "nodes-there:/vol:ro", *mine)
    id = host.docker("image", "inspect", "-f", "{{.Id}}", BUSYBOX).stdout.decode().strip()
    root.docker("swarm", "init", "--advertise-addr", "127.0.0.1", check=False)
    mount = ("--mount", "type=volume,source=nodes-there,target=/vol")
    for command in (
        ("run", "-d", "-v", "nodes-there:/vol", *mine),
        ("run", "-d", "-v", "nodes-there:/vol:ro", *mine),
        ("run", "-d", *mount, *mine),
        ("run", "-d", "--volumes-from", "nodes-roots", *mine),
        ("exec", "-d", "-u", "7007:7007", "nodes-roots", "sleep", "3600"),
        ("start", "nodes-waits"),
        ("restart", "-t", "0", "nodes-roots"),
        ("service", "create", "--detach", *mount, "--user", "7007:7007", id, "sleep", "3600"),
    ):
        for asked in (pat.docker, host.docker):
            refused = asked(*command, check=False)
            assert b"guard/device-nodes" in refused.stderr, (command, refused)
            assert b"volume nodes-there holds /old/disk (block device 7:0)" in refused.stderr, command
    # With nodev, which containers inherit, nothing is looked through, and nothing is opened.
    folder = top.removesuffix("/nodes-there/_data")
    host.run("sh", "-c", f"mount --bind {folder} {folder} && mount -o remount,bind,nodev {folder}")
    try:
        for name, mode in (("nodes-shut", ""), ("nodes-read", ":ro")):
            host.wait(lambda name=name, mode=mode: pat.docker(  # type: ignore[misc]
                "run", "-d", "--name", name, "-v", f"nodes-there:/vol{mode}", *mine, check=False).returncode == 0,
                "the guard sees the mount")  # fmt: skip
            assert not opens(host, name, "/vol/old/disk")
    finally:
        host.run("umount", "-l", folder)
    root.docker("rm", "-f", "nodes-roots", "nodes-waits", "nodes-shut", "nodes-read")
    host.run("rm", f"{top}/old/disk")
    pat.docker("run", "--rm", "-v", "nodes-there:/vol", BUSYBOX, "true")
