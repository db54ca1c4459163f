"""Nobody of the host opens a device by a node that a container made or its image brought."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from dockworthy.errors import UnreadableInput
from dockworthy.guard import image_nodes
from dockworthy.guard.image_nodes import Stream, is_harmful, is_remapped, layers_of, node_in_archive, node_in_layers
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.guard.request import GuardRequest, NotThere
from dockworthy.guard.rights.device_nodes import can_make_nodes, refused_with_mknod, without_mknod
from dockworthy.guard.rights.pinned_names import with_pinned_path
from dockworthy.guard.routes import Call, find_call
from dockworthy.readers.create_request.strict_json import parse
from dockworthy.readers.engine_context import EngineContext
from guard.guarded import PLUGIN
from guard.sockets import Reached, start_socket
from guard.test_judging import World, ask
from guard.worlds import FEATURES
from machines.images import BUSYBOX, busybox_root
from machines.own_host import OwnHost, start_host
from patience import Limit

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="makes device nodes")
ID = "a" * 64


def call_of(line: str, body: Any = None) -> Call:
    method, target = line.split(" ", 1)
    content = b"" if body is None else json.dumps(body).encode()
    headers = {"content-length": str(len(content))} | ({"content-type": "application/json"} if content else {})
    return find_call(GuardRequest(method=method, target=target, headers=headers, body=content))


def sent(line: str, body: Any, *, is_admin: bool = False) -> Any:
    return json.loads(without_mknod(call_of(line, body), is_admin=is_admin).body)


CREATE = "POST /containers/create"


@pytest.mark.parametrize("is_admin", [False, True])
@pytest.mark.parametrize(
    ("host", "dropped"),
    [
        (None, ["MKNOD"]),
        ({}, ["MKNOD"]),
        ({"CapDrop": None}, ["MKNOD"]),
        ({"CapDrop": ["NET_RAW"]}, ["NET_RAW", "MKNOD"]),
        ({"CapDrop": ["cap_mknod"]}, ["cap_mknod"]),
        ({"CapDrop": ["all"]}, ["all"]),
        ({"CapDrop": ["ALL"], "CapAdd": ["CHOWN"]}, ["ALL"]),
        ({"CapAdd": ["CHOWN"], "Memory": 7}, ["MKNOD"]),
        ({"CapAdd": ["CAP_MKNOD"]}, None),
        ({"CapAdd": ["ALL"]}, None),
        ({"Privileged": True}, None),
    ],
)
def test_what_is_made_at_the_guards_socket_makes_no_nodes(
    host: Mapping[str, Any] | None, dropped: list[str] | None, is_admin: bool
) -> None:
    """Who asks for the capability by name is an admin, or is refused."""
    made = sent(CREATE, {"Image": "x", "HostConfig": host}, is_admin=is_admin)
    assert (made["HostConfig"] or {}).get("CapDrop") == dropped
    if dropped is not None:
        assert made["HostConfig"] == {**(host or {}), "CapDrop": dropped}
        assert not can_make_nodes(made)


def test_a_service_of_somebody_who_is_no_admin() -> None:
    spec = {"Name": "s", "TaskTemplate": {"ContainerSpec": {"Image": "x"}}}
    for line in ("POST /services/create", "POST /services/s/update?version=7"):
        assert sent(line, spec)["TaskTemplate"]["ContainerSpec"] == {"Image": "x", "CapabilityDrop": ["MKNOD"]}
        assert sent(line, spec, is_admin=True) == spec, "what compares it finds what it sent"


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"a":1,"a":2}', b'{"HostConfig":[]}', b"\xff"])
def test_a_body_that_is_none_is_left_to_the_others(body: bytes) -> None:
    call = structs.replace(call_of(CREATE, {}), body=body)
    assert without_mknod(call, is_admin=False).body == body


def test_the_rest_of_a_body_stays_what_it_is() -> None:
    body = {
        "Image": "bücher",
        "Env": ["A=\u2028", "B=\\u0000"],
        "Labels": {"n": "1e400"},
        "HostConfig": {"Memory": 2**53},
    }
    made = parse(without_mknod(call_of(CREATE, body), is_admin=False).body, "x")
    del made["HostConfig"]["CapDrop"]
    assert made == body
    with pytest.raises(UnreadableInput):
        parse(b'{"a": NaN}', "x")


class Engine:
    def __init__(self, *, host: Mapping[str, Any], remaps: bool = False) -> None:
        self._host, self._remaps = host, remaps

    async def context(self) -> EngineContext:
        return EngineContext(features=FEATURES | ({"userns"} if self._remaps else set()), log_driver="json-file")

    async def container(self, reference: str) -> Mapping[str, Any] | None:
        return {"Id": ID, "Name": "/old", "HostConfig": self._host} if reference in (ID, "old") else None

    async def execution(self, id: str) -> Mapping[str, Any] | None:
        return {"ContainerID": ID}

    async def found(self, kind: str, reference: str) -> Mapping[str, Any] | None:
        assert kind == "container"
        return await self.container(reference)


async def pinned(call: Call) -> Call:
    """Of somebody whose roles have no limits, so that nothing was looked up for it before."""
    return await with_pinned_path(call, (), Engine(host={}))  # type: ignore[arg-type]


async def refusals(line: str, body: Any = None, *, host: Mapping[str, Any], remaps: bool = False) -> list[str]:
    engine = Engine(host=host, remaps=remaps)
    return [each.says async for each in refused_with_mknod(call_of(line, body), engine)]


ENTERED = (
    ("POST /containers/old/exec", {"Cmd": ["sh"]}),
    (f"POST /exec/{'b' * 64}/start", {}),
    ("POST /containers/old/attach?stdin=1&stream=1", None),
    ("GET /containers/old/attach/ws?stream=1", None),
)


@pytest.mark.parametrize(("line", "body"), ENTERED)
async def test_nobody_enters_what_can_make_nodes(line: str, body: Any) -> None:
    for host in ({}, {"CapAdd": ["cap_mknod"], "CapDrop": ["ALL"]}, {"Privileged": True, "CapDrop": ["MKNOD"]}):
        (says,) = await refusals(line, body, host=host)
        assert "container old has the capability MKNOD" in says
    for host in ({"CapDrop": ["MKNOD"]}, {"CapDrop": ["ALL"]}, {"CapAdd": ["ALL"], "CapDrop": ["MKNOD"]}):
        assert not await refusals(line, body, host=host)
    assert not await refusals(line, body, host={}, remaps=True)
    assert await refusals(line, body, host={"UsernsMode": "host"}, remaps=True)


async def test_who_shares_the_processes_of_a_container_is_in_it() -> None:
    body = {"Image": "x", "HostConfig": {"PidMode": "container:old"}}
    (says,) = await refusals(CREATE, body, host={})
    assert "who shares its processes" in says
    assert not await refusals(CREATE, body, host={"CapDrop": ["MKNOD"]})
    assert not await refusals(CREATE, {"Image": "x", "HostConfig": {"NetworkMode": "container:old"}}, host={})


async def test_what_is_entered_is_what_was_looked_at() -> None:
    """A name may be another container's a moment later."""
    for line, body in ENTERED:
        call = await pinned(call_of(line, body))
        assert call.names.get("container", ID) == ID
        assert "/old/" not in call.target
    for line in ("POST /containers/old/start", "GET /containers/old/archive?path=/x", "GET /containers/old/export"):
        assert (await pinned(call_of(line, None))).names == {"container": ID}
    looked = call_of("GET /containers/old/json", None)
    assert await pinned(looked) == looked


@pytest.mark.parametrize("line", ["exec", "attach?stdin=1", "start", "archive?path=/x", "rename?name=x"])
async def test_what_is_not_there_is_not_entered_when_it_comes(line: str) -> None:
    """Asked for again and again it would be met at that moment: an admin's, that nobody enters."""
    method = "GET" if "archive" in line else "POST"
    call = call_of(f"{method} /containers/gone/{line}", {"Cmd": ["sh"]} if line == "exec" else None)
    with pytest.raises(NotThere, match="No such container: gone"):
        await pinned(call)


async def test_looking_is_not_entering() -> None:
    for line in (
        "POST /containers/old/attach?stdout=1&stream=1",
        "POST /containers/old/start",
        "GET /containers/old/json",
    ):
        assert not await refusals(line, host={})
    assert not await refusals("POST /containers/gone/exec", {"Cmd": ["sh"]}, host={})


async def test_nobody_but_an_admin_asks_for_it() -> None:
    for added in ("MKNOD", "cap_mknod", "ALL"):
        assert await refusals(CREATE, {"Image": "x", "HostConfig": {"CapAdd": [added]}}, host={})
        run = {"Image": "x", "CapabilityAdd": [added]}
        assert await refusals("POST /services/create", {"TaskTemplate": {"ContainerSpec": run}}, host={})
    assert not await refusals(CREATE, {"Image": "x", "HostConfig": {"CapAdd": ["CHOWN"]}}, host={})
    assert not await refusals(CREATE, {"Image": "x", "HostConfig": {"CapAdd": ["MKNOD"]}}, host={}, remaps=True)


def test_engines_whose_containers_have_nobodys_user_id() -> None:
    assert is_remapped({"userns"}, "") and is_remapped({"rootless"}, "host")
    assert not is_remapped({"userns"}, "host") and not is_remapped({"seccomp"}, "") and not is_remapped(None, "")


def test_devices_that_every_container_has() -> None:
    for major, minor in ((1, 3), (1, 5), (1, 9), (5, 0), (5, 2), (136, 4), (0, 0)):
        assert not is_harmful(block=False, major=major, minor=minor)
        assert is_harmful(block=True, major=major, minor=minor)
    for major, minor in ((1, 1), (1, 4), (4, 64), (10, 232), (21, 0)):
        assert is_harmful(block=False, major=major, minor=minor)


@needs_root
def test_layers_are_looked_through_once(tmp_path: Path) -> None:
    clean, bad = tmp_path / "clean", tmp_path / "bad"
    for layer in (clean, bad):
        (layer / "deep" / "deeper").mkdir(parents=True)
        (layer / "deep" / "file").write_text("x")
        (layer / "deep" / "loop").symlink_to(layer)
        (layer / "deep" / "link").symlink_to("/dev/vda")
        os.mkfifo(layer / "pipe")
        os.mknod(layer / "gone", 0o666 | stat.S_IFCHR, os.makedev(0, 0))
        os.mknod(layer / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    os.mknod(bad / "deep" / "deeper" / "disk", 0o600 | stat.S_IFBLK, os.makedev(8, 1))
    image_nodes._KNOWN.clear()
    assert node_in_layers((str(clean),)) == ""
    assert node_in_layers((str(clean), str(bad))) == "/deep/deeper/disk (block device 8:1)"
    (bad / "deep" / "deeper" / "disk").unlink()
    assert node_in_layers((str(bad),)), "it is remembered"
    with pytest.raises(OSError):
        node_in_layers((str(tmp_path / "nothing"),))


def test_what_the_container_wrote_itself_is_not_the_images() -> None:
    data = {"UpperDir": "/d/own/diff", "LowerDir": "/d/own-init/diff:/d/two/diff:/d/one/diff"}
    container = {"Id": ID, "HostConfig": {}, "GraphDriver": {"Data": data}}
    assert layers_of(container) == ("/d/own-init/diff", "/d/two/diff", "/d/one/diff")
    image = {"RootFS": {}, "GraphDriver": {"Data": {"UpperDir": "/d/one/diff"}}}
    assert layers_of(image) == ("/d/one/diff",)
    for driver in ({"Data": None, "Name": "overlayfs"}, {"Data": {"Dataset": "x"}, "Name": "zfs"}, None):
        assert layers_of({"RootFS": {}, "GraphDriver": driver}) is None


def archive(*nodes: tuple[str, bytes, int, int]) -> bytes:
    made = io.BytesIO(busybox_root())
    with tarfile.open(fileobj=made, mode="a") as tar:
        for name, kind, major, minor in nodes:
            node = tarfile.TarInfo(name)
            node.type, node.devmajor, node.devminor, node.mode = kind, major, minor, 0o666
            tar.addfile(node)
    return made.getvalue()


@pytest.mark.skipif(shutil.which("busybox") is None, reason="busybox is not installed (sudo ./test installs it)")
def test_an_archive_is_looked_through_as_it_comes() -> None:
    long = f"opt/{'x' * 300}/disk"
    for content, found in (
        (archive(("dev/null", tarfile.CHRTYPE, 1, 3)), ""),
        (archive(("dev/sda", tarfile.BLKTYPE, 8, 0)), "/dev/sda (block device 8:0)"),
        (archive((long, tarfile.CHRTYPE, 1, 1)), f"/{long} (character device 1:1)"),
    ):
        pieces = iter([content[at : at + 1000] for at in range(0, len(content), 1000)])
        assert node_in_archive(Stream(lambda left=pieces: next(left, b""))) == found  # type: ignore[misc]
    with pytest.raises(ValueError, match="can't be read"):
        node_in_archive(Stream(lambda: b""))


BAD_ID = f"sha256:{'b' * 64}"


class WithNodes(World):
    features = FEATURES

    async def context(self) -> EngineContext:
        return EngineContext(features=self.features, log_driver="json-file")

    async def image(self, reference: str) -> Mapping[str, Any] | None:
        return {"Id": BAD_ID, "RootFS": {}} if reference in ("bad", BAD_ID) else None

    async def device_node(self, found: Mapping[str, Any]) -> str:
        return "/disk (block device 8:0)"

    async def execution(self, id: str) -> Mapping[str, Any] | None:
        return {"ContainerID": ID, "ProcessConfig": {"privileged": False}}


class Remapped(WithNodes):
    features = FEATURES | {"userns"}


OLD = {
    "Id": ID, "Name": "/old", "Config": {"Image": "bad"}, "State": {"Status": "running", "Running": True},
    "HostConfig": {"MaskedPaths": ["/proc/kcore"] * 9, "ReadonlyPaths": ["/proc/bus"] * 9}, "Mounts": [],
}  # fmt: skip
BROUGHT = (
    (CREATE, {"Image": "bad"}),
    ("POST /services/create", {"Name": "s", "TaskTemplate": {"ContainerSpec": {"Image": BAD_ID}}}),
    ("POST /containers/old/start", None),
    ("POST /containers/old/restart", None),
    ("POST /containers/old/update", {"RestartPolicy": {"Name": "always"}}),
    *ENTERED,
)


@pytest.mark.parametrize(("line", "body"), BROUGHT)
async def test_what_an_image_brings(line: str, body: Any) -> None:
    known = {"old": OLD, ID: OLD}
    decision = await ask(line, body, world=WithNodes(**known), policy=PolicyInForce())
    assert {refusal.rule for refusal in decision.refusals} == {"guard/device-nodes"}, decision.message()
    assert "/disk (block device 8:0)" in decision.message()
    assert (await ask(line, body, world=Remapped(**known), policy=PolicyInForce())).allowed


PEOPLE = "/run/people.sock"
POLICY = 'guard: {roles: [{who: "user:pat", role: deployer}, {who: "user:pat", role: operator}]}'
DISK = "7 0"
"""A loop device: what a machine lets nobody open proves nothing, and such a one harms nobody."""
MAKE = f"busybox mknod /tmp/disk b {DISK} && busybox chmod 666 /tmp/disk; exec sleep 3600"
BAD = "dockworthy-test-nodes:1"


@pytest.fixture(scope="module")
def host(engines_folder: Path) -> Iterator[OwnHost]:
    host = start_host(engines_folder / "guard-device-nodes")
    try:
        host.run("sh", "-c", "echo pat:x:7007:7007::/tmp/pat:/bin/sh >>/etc/passwd; echo pat:x:7007: >>/etc/group")
        host.write("/etc/guard.yaml", POLICY)
        start_socket(host, PEOPLE, "--socket", PLUGIN, "--people", PEOPLE, "--policy", "/etc/guard.yaml",
                     "--level", "baseline", command="serve")  # fmt: skip
        host.start_engine({"authorization-plugins": ["dockworthy"]})
        host.load_busybox()
        bad = archive(("imgdisk", tarfile.BLKTYPE, 7, 0), ("vol/imgdisk", tarfile.BLKTYPE, 7, 0))
        host.run("docker", "import", "--change", "ENV PATH=/bin", "-", BAD, input=bad)
        node = "mknod /var/log/disk b 7 0 && head -c1 /var/log/disk"
        if host.run("sh", "-c", node, check=False).returncode:
            pytest.skip("this machine lets nobody open a loop device")
        yield host
    finally:
        print(host.run("sh", "-c", "cat /var/log/guard", check=False).stdout.decode()[-3000:])
        host.stop()


def opens(host: OwnHost, container: str, path: str) -> bool:
    """Does pat, who has an account on the host, open it by a process that has pat's number?"""
    engine = ("docker", "-H", f"unix://{PEOPLE}")
    pids = host.run(*engine, "top", container, "-o", "pid,user,cmd").stdout.decode().splitlines()
    mine = [line.split()[0] for line in pids if line.split()[1:2] in (["7007"], ["pat"])]
    assert mine, pids
    person = ("setpriv", "--reuid", "7007", "--regid", "7007", "--clear-groups")
    assert host.run(*person, "ls", f"/proc/{mine[0]}/root/bin", check=False).returncode == 0, "pat gets in, there"
    return host.run(*person, "head", "-c1", f"/proc/{mine[0]}/root{path}", check=False).returncode == 0


@pytest.mark.engine
def test_a_person_opens_no_disk_by_a_node_that_a_container_made(host: OwnHost) -> None:
    pat = Reached(host, PEOPLE, "pat")
    pat.docker("run", "-d", "--name", "nodes-new", BUSYBOX, "sh", "-c", MAKE)
    pat.docker("exec", "-d", "-u", "7007:7007", "nodes-new", "sleep", "3600")
    assert not opens(host, "nodes-new", "/tmp/disk")
    said = pat.docker("exec", "-u", "0", "nodes-new", "busybox", "mknod", "/tmp/disk", "b", "7", "0", check=False)
    assert b"Operation not permitted" in said.stderr
    # Made where the guard's socket is not, as before the guard came.
    host.docker("run", "-di", "--name", "nodes-old", BUSYBOX, "sh", "-c", MAKE)
    host.docker("exec", "-d", "-u", "7007:7007", "nodes-old", "sleep", "3600")
    assert opens(host, "nodes-old", "/tmp/disk"), "else this proves nothing"
    refused = pat.docker("exec", "nodes-old", "id", check=False)
    assert b"guard/device-nodes" in refused.stderr and b"--force-recreate" in refused.stderr
    assert pat.docker("attach", "nodes-old", check=False, input=b"x").returncode, "the client hides why"
    joined = pat.docker("run", "--rm", "--pid", "container:nodes-old", BUSYBOX, "true", check=False)
    assert b"guard/device-nodes" in joined.stderr
    asked = pat.docker("run", "--rm", "--cap-add", "MKNOD", BUSYBOX, "true", check=False)
    assert b"guard/device-nodes" in asked.stderr
    # An operator enters what root made at the guard's socket. An admin who wants the capability names it.
    root = Reached(host, PEOPLE)
    root.docker("run", "-d", "--name", "nodes-root", BUSYBOX, "sleep", "3600")
    assert pat.docker("exec", "nodes-root", "id").stdout
    assert b"[MKNOD]" in root.docker("inspect", "-f", "{{.HostConfig.CapDrop}}", "nodes-root").stdout
    root.docker("run", "--rm", "--cap-add", "MKNOD", BUSYBOX, "busybox", "mknod", "/tmp/disk", "b", "7", "0")


@pytest.mark.engine
def test_pipes_files_and_whiteouts_are_made_as_before(host: OwnHost) -> None:
    make = (
        "busybox mkfifo /tmp/p && busybox mknod /tmp/q p && busybox mknod /dev/shm/w c 0 0 && : >/tmp/file &&"
        " busybox chown 7:7 /tmp/file && busybox ls -l /tmp /dev/shm"
    )
    listed = Reached(host, PEOPLE, "pat").docker("run", "--rm", BUSYBOX, "sh", "-c", make).stdout
    assert {line[:1] for line in listed.decode().splitlines() if "rw" in line} == {"p", "c", "-"}


@pytest.mark.engine
def test_a_person_opens_no_disk_by_a_node_that_an_image_brought(host: OwnHost) -> None:
    """No capability is needed for that, so none that is dropped keeps it away."""
    pat, root = Reached(host, PEOPLE, "pat"), Reached(host, PEOPLE)
    weak = ("--cap-drop", "ALL", "--user", "7007:7007", "-v", "nodes-volume:/vol")
    for refused in (
        pat.docker("run", "-d", *weak, BAD, "sleep", "3600", check=False),
        host.docker("create", "--name", "nodes-never", BAD, "true", check=False),
    ):
        assert b"guard/device-nodes" in refused.stderr and b"/imgdisk (block device 7:0)" in refused.stderr
    assert not host.docker("volume", "ls", "-q", "--filter", "name=nodes-volume").stdout
    root.docker("run", "-d", "--name", "nodes-image", *weak, BAD, "sleep", "3600")
    assert opens(host, "nodes-image", "/imgdisk") and opens(host, "nodes-image", "/vol/imgdisk"), "this proves nothing"
    for command in (("exec", "nodes-image", "id"), ("restart", "-t", "0", "nodes-image")):
        assert b"guard/device-nodes" in pat.docker(*command, check=False).stderr, command
    root.docker("rm", "-f", "nodes-image")
    root.docker("create", "--name", "nodes-later", *weak, BAD, "sleep", "3600")
    assert b"guard/device-nodes" in pat.docker("start", "nodes-later", check=False).stderr


@pytest.mark.engine
def test_a_setuid_program_in_a_containers_own_files_is_worth_nothing_there(host: OwnHost) -> None:
    """The kernel takes mounts of another mount namespace for nosuid, so that nodes are all that there is to close."""
    pat = Reached(host, PEOPLE, "pat")
    host.run("sh", "-c", "cp /usr/bin/id /var/log/id && chmod 4755 /var/log/id")
    person = ("setpriv", "--reuid", "7007", "--regid", "7007", "--clear-groups")
    assert host.run(*person, "/var/log/id", "-u").stdout == b"0\n", "else this proves nothing"
    made = io.BytesIO(busybox_root())
    with tarfile.open(fileobj=made, mode="a") as tar:
        entry = tarfile.TarInfo("bin/hosts-id")
        content = Path("/usr/bin/id").read_bytes()
        entry.size, entry.mode = len(content), 0o4755
        tar.addfile(entry, io.BytesIO(content))
    image = "dockworthy-test-setuid:1"
    host.run("docker", "import", "--change", "ENV PATH=/bin", "-", image, input=made.getvalue())
    pat.docker("run", "-d", "--name", "nodes-setuid", "--user", "7007:7007", image, "sleep", "3600")
    pid = host.docker("inspect", "-f", "{{.State.Pid}}", "nodes-setuid").stdout.decode().strip()
    program_there = f"/proc/{pid}/root/bin/hosts-id"
    assert b"rws" in host.run("ls", "-l", program_there).stdout
    assert host.run(*person, program_there, "-u").stdout == b"7007\n"


@pytest.mark.engine
def test_a_persons_service_makes_no_nodes_and_brings_none(host: OwnHost) -> None:
    pat, root = Reached(host, PEOPLE, "pat"), Reached(host, PEOPLE)
    root.docker("swarm", "init", "--advertise-addr", "127.0.0.1")
    create = ("service", "create", "--detach", "--no-resolve-image", "--name")
    good, bad = (
        host.docker("image", "inspect", "-f", "{{.Id}}", name).stdout.decode().strip() for name in (BUSYBOX, BAD)
    )
    pat.docker(*create, "nodes-service", good, "sleep", "3600")
    spec = json.loads(root.docker("service", "inspect", "nodes-service").stdout)[0]["Spec"]
    assert spec["TaskTemplate"]["ContainerSpec"]["CapabilityDrop"] in (["MKNOD"], ["CAP_MKNOD"])
    pat.docker("service", "scale", "--detach", "nodes-service=2")
    for asked in (pat, host):
        refused = asked.docker(*create, "nodes-bad", bad, check=False)
        assert b"guard/device-nodes" in refused.stderr and b"/imgdisk (block device 7:0)" in refused.stderr
    root.docker("service", "rm", "nodes-service")


_FLIPS = """
import http.client, socket, sys
class Engine(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/var/run/docker.sock")
engine = Engine("docker")
while True:
    for image in sys.argv[1:]:
        engine.request("POST", f"/images/{image}/tag?repo=dockworthy-test-moving&tag=1")
        engine.getresponse().read()
"""


@pytest.mark.engine
def test_a_tag_that_moves_while_a_volume_is_filled(host: OwnHost) -> None:
    """Half of the volumes were there before, as Compose makes them."""
    flips = subprocess.Popen(
        [*host.inside, "setpriv", "--pdeathsig", "KILL", "/usr/bin/python3", "-c", _FLIPS, BUSYBOX, BAD]
    )
    host.started.append(flips)
    host.wait(lambda: host.docker("image", "inspect", "dockworthy-test-moving:1", check=False).returncode == 0, "it is")
    pat = Reached(host, PEOPLE, "pat")
    bad = host.docker("image", "inspect", "-f", "{{.Id}}", BAD).stdout.decode().strip()
    moved = number = 0
    try:
        limit = Limit(60.0)
        while moved < 4 and limit.left > 0:
            name = f"nodes-moving-{number}"
            number += 1
            if number % 2:
                pat.docker("volume", "create", name)
            done = pat.docker(
                "create", "--name", name, "-v", f"{name}:/vol", "dockworthy-test-moving:1", "true", check=False
            )
            moved += b"guard/image-moved" in done.stderr
            if b"guard/image-moved" in done.stderr and not number % 2:
                assert pat.docker("volume", "inspect", name, check=False).returncode, "what it made went with it"
    finally:
        flips.kill()
    assert moved, "else this proves nothing"
    for name in host.docker("ps", "-aq", "--filter", "name=nodes-moving").stdout.decode().split():
        assert host.docker("inspect", "-f", "{{.Image}}", name).stdout.decode().strip() != bad
    nodes = "cd $(docker info -f {{.DockerRootDir}})/volumes && find . -path '*nodes-moving*' -type b"
    assert host.run("sh", "-c", nodes).stdout == b""
