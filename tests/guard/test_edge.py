"""Nobody but `dockworthy deploy` brings a container to the edge: by no name of its networks, and not into the edge."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from dockworthy.deploy.edge.compose_file import compose_file
from dockworthy.guard import edge_record
from dockworthy.guard.edge_record import EDGE_FOLDER
from dockworthy.guard.path_lookups import LookedUpFiles
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.model.guard_policy import GuardPolicy
from guard.guarded import Guarded, start_guarded
from guard.test_judging import World, ask
from machines.images import BUSYBOX, busybox_root
from machines.own_host import start_host

ALIAS = "0123456789abcdef0123456789abcdef"
OURS = {"com.docker.compose.project": "dockworthy-edge"}
_EDGE = {"Name": "dockworthy-edge", "Id": "d" * 64, "Driver": "bridge"}
_FRONT = {"Name": "dockworthy-edge-front", "Id": "f" * 64, "Driver": "bridge"}
_FOUND = {
    **dict.fromkeys(("network_dockworthy-edge", f"network_{'d' * 64}", "network_ddd"), _EDGE),
    **dict.fromkeys(("network_dockworthy-edge-front", "network_fff"), _FRONT),
    "network_shop": {"Name": "shop", "Id": "5" * 64, "Driver": "bridge"},
    "dockworthy-edge-proxy-1": {"Id": "e" * 64, "Config": {"Labels": OURS}, "HostConfig": {}, "State": {}},
}


def _service(target: str, *aliases: str) -> dict[str, Any]:
    networks = [{"Target": target, "Aliases": list(aliases)}]
    return {"Name": "x_web", "TaskTemplate": {"ContainerSpec": {"Image": "x"}, "Networks": networks}}


def _connect(*aliases: str) -> dict[str, Any]:
    return {"Container": "c" * 64, "EndpointConfig": {"Aliases": list(aliases)}}


_CREATE = "POST /v1.45/containers/create"
_NAMED: dict[str, Any] = {"Image": "x", "NetworkingConfig": {"EndpointsConfig": {"shop": {"NetworkID": "ddd"}}}}
ATTACKS: dict[str, tuple[str, Any]] = {
    "its mode": (_CREATE, {"Image": "x", "HostConfig": {"NetworkMode": "dockworthy-edge"}}),
    "its mode by id": (_CREATE, {"Image": "x", "HostConfig": {"NetworkMode": "ddd"}}),
    "an endpoint": (_CREATE, {"Image": "x", "NetworkingConfig": {"EndpointsConfig": {"dockworthy-edge": {}}}}),
    "an endpoint by the id of another name": (_CREATE, _NAMED),
    "a secret name at its making": (
        _CREATE,
        {"Image": "x", "NetworkingConfig": {"EndpointsConfig": {"dockworthy-edge": {"Aliases": [ALIAS]}}}},
    ),
    "a container called so": (f"{_CREATE}?name=web.shop", {"Image": "x", "HostConfig": {"NetworkMode": "ddd"}}),
    "the front": (_CREATE, {"Image": "x", "HostConfig": {"NetworkMode": "dockworthy-edge-front"}}),
    "the edge's own namespace": (
        _CREATE,
        {"Image": "x", "HostConfig": {"NetworkMode": "container:dockworthy-edge-proxy-1"}},
    ),
    "the edge's own processes": (
        _CREATE,
        {"Image": "x", "HostConfig": {"PidMode": "container:dockworthy-edge-proxy-1"}},
    ),
    "the edge's own folders": (_CREATE, {"Image": "x", "HostConfig": {"VolumesFrom": ["dockworthy-edge-proxy-1:rw"]}}),
    "connect": ("POST /v1.45/networks/dockworthy-edge/connect", {"Container": "c" * 64}),
    "connect by a name": ("POST /v1.45/networks/dockworthy-edge/connect", _connect("web.shop")),
    "connect by id": ("POST /v1.45/networks/ddd/connect", _connect("web.shop")),
    "connect by what is nearly secret": ("POST /v1.45/networks/ddd/connect", _connect(ALIAS[1:], ALIAS.upper())),
    "connect to the front": ("POST /v1.45/networks/fff/connect", _connect(ALIAS)),
    "a service": ("POST /v1.45/services/create", _service("dockworthy-edge", "web.shop")),
    "connect by a name that looks secret": ("POST /v1.45/networks/ddd/connect", _connect("f" * 32)),
    "a service by a name that looks secret": ("POST /v1.45/services/create", _service("ddd", "f" * 32)),
    "a service by id": ("POST /v1.45/services/create", _service("d" * 64, "web")),
}


@pytest.mark.parametrize("how", ATTACKS)
async def test_who_joins_the_edge_by_another_way_is_refused(how: str) -> None:
    line, body = ATTACKS[how]
    decision = await ask(line, body, world=Recorded(**_FOUND))
    assert "guard/edge" in {refusal.rule for refusal in decision.refusals}


SPEC = compose_file("sha256:" + "1" * 64, EDGE_FOLDER, (80, 443), cpus=2, has_shell=True).to_json()["services"]["proxy"]
EDGE: dict[str, Any] = {
    "Image": SPEC["image"],
    "Labels": OURS,
    "User": SPEC["user"],
    "Entrypoint": SPEC["entrypoint"],
    "Cmd": SPEC["command"],
    "Healthcheck": {"Test": [word.replace("$$", "$") for word in SPEC["healthcheck"]["test"]], "Interval": 10**10},
    "HostConfig": {
        "NetworkMode": "dockworthy-edge",
        "Dns": ["127.0.0.1"],
        "Mounts": [
            {
                "Type": "bind",
                "Source": each["source"],
                "Target": each["target"],
                "ReadOnly": each.get("read_only", False),
            }
            for each in SPEC["volumes"]
        ],
    },
}
LIKE_IT: dict[str, dict[str, Any]] = {
    "a label alone": {"Image": "x", "Labels": OURS, "HostConfig": {"NetworkMode": "dockworthy-edge"}},
    "the front by a label": {"Image": "x", "Labels": OURS, "HostConfig": {"NetworkMode": "dockworthy-edge-front"}},
    "another image": {**EDGE, "Image": "x"},
    "another program": {**EDGE, "Entrypoint": ["sh"]},
    "another command": {**EDGE, "Cmd": ["-W", "-f", "/x"]},
    "another health check": {**EDGE, "Healthcheck": {"Test": ["CMD", "sh"]}},
    "the image's health check": {key: value for key, value in EDGE.items() if key != "Healthcheck"},
    "another user": {**EDGE, "User": "0"},
    "variables": {**EDGE, "Env": ["LD_PRELOAD=/x"]},
    "a folder more": {**EDGE, "HostConfig": {**EDGE["HostConfig"], "Binds": ["v:/usr"]}},
    "no folder": {**EDGE, "HostConfig": {"NetworkMode": "dockworthy-edge"}},
    "settings to be written": {
        **EDGE,
        "HostConfig": {
            **EDGE["HostConfig"],
            "Mounts": [{**each, "ReadOnly": False} for each in EDGE["HostConfig"]["Mounts"]],
        },
    },
    "a folder in which more may come": {
        **EDGE,
        "HostConfig": {
            **EDGE["HostConfig"],
            "Mounts": [{**each, "BindOptions": {"Propagation": "rslave"}} for each in EDGE["HostConfig"]["Mounts"]],
        },
    },
    "somebody else's processes": {**EDGE, "HostConfig": {**EDGE["HostConfig"], "PidMode": "container:x"}},
    "somebody else's memory": {**EDGE, "HostConfig": {**EDGE["HostConfig"], "IpcMode": "container:x"}},
    "another name server": {**EDGE, "HostConfig": {**EDGE["HostConfig"], "Dns": ["10.0.0.2"]}},
    "names of its own": {**EDGE, "HostConfig": {**EDGE["HostConfig"], "ExtraHosts": [f"{ALIAS}:10.0.0.2"]}},
    "a network of another": {**EDGE, "NetworkingConfig": {"EndpointsConfig": {"dockworthy-edge": {}, "shop": {}}}},
    "a name on its network": {
        **EDGE,
        "NetworkingConfig": {"EndpointsConfig": {"dockworthy-edge": {"Links": [f"x:{ALIAS}"]}}},
    },
    "folders of another": {**EDGE, "HostConfig": {**EDGE["HostConfig"], "VolumesFrom": ["x"]}},
}


class Recorded(World):
    async def edge_names(self) -> frozenset[str]:
        return frozenset((ALIAS,))

    async def edge_specs(self) -> Sequence[Mapping[str, Any]]:
        return (SPEC,)


@pytest.mark.parametrize("how", LIKE_IT)
async def test_who_only_says_that_it_is_the_edge_is_refused(how: str) -> None:
    decision = await ask(_CREATE, LIKE_IT[how], world=Recorded(**_FOUND))
    assert "guard/edge" in {refusal.rule for refusal in decision.refusals}


async def test_the_edge_as_root_wrote_it() -> None:
    decision = await ask(_CREATE, EDGE, world=Recorded(**_FOUND))
    assert not {"guard/edge", "guard/binds"} & {refusal.rule for refusal in decision.refusals}, decision.message()
    decision = await ask(_CREATE, EDGE, world=World(**_FOUND))
    assert "guard/edge" in {refusal.rule for refusal in decision.refusals}, "root wrote nothing"


CHECK: dict[str, Any] = {
    "Image": SPEC["image"],
    "User": SPEC["user"],
    "Entrypoint": ["haproxy"],
    "Cmd": ["-c", "-f", f"/etc/edge/{'0a' * 8}/haproxy.cfg"],
    "HostConfig": {
        "NetworkMode": "none",
        "Mounts": [{"Type": "bind", "Source": f"{EDGE_FOLDER}/settings", "Target": "/etc/edge", "ReadOnly": True}],
    },
    "NetworkingConfig": {"EndpointsConfig": {}},
}
"""As `dockworthy deploy` has HAProxy read new settings."""
_MOUNT = CHECK["HostConfig"]["Mounts"][0]
LIKE_A_CHECK: dict[str, dict[str, Any]] = {
    "another image": {**CHECK, "Image": "x"},
    "another program": {**CHECK, "Entrypoint": ["sh"]},
    "settings of its own": {**CHECK, "Cmd": ["-c", "-f", "/etc/x.cfg"]},
    "settings elsewhere": {**CHECK, "Cmd": ["-c", "-f", "/etc/edge/../haproxy.cfg"]},
    "one that serves": {**CHECK, "Cmd": ["-W", *CHECK["Cmd"][1:]]},
    "more settings": {**CHECK, "Cmd": [*CHECK["Cmd"], "-f", "/etc/x.cfg"]},
    "another user": {**CHECK, "User": "0"},
    "variables": {**CHECK, "Env": ["LD_PRELOAD=/x"]},
    "a health check": {**CHECK, "Healthcheck": {"Test": ["CMD", "cat", "/etc/edge/x/key.pem"]}},
    **{
        how: {**CHECK, "HostConfig": {**CHECK["HostConfig"], **more}}
        for how, more in {
            "a network": {"NetworkMode": "shop"},
            "somebody else's processes": {"PidMode": "container:x"},
            "settings to be written": {"Mounts": [{**_MOUNT, "ReadOnly": False}]},
            "routes": {"Mounts": [{**_MOUNT, "Source": f"{EDGE_FOLDER}/routes"}]},
            "a folder more": {"Binds": ["v:/usr"]},
            "folders of another": {"VolumesFrom": ["x"]},
        }.items()
    },
}


async def test_new_settings_are_read_before_they_count() -> None:
    decision = await ask(_CREATE, CHECK, world=Recorded(**_FOUND))
    assert not {"guard/own-paths", "guard/binds"} & {each.rule for each in decision.refusals}, decision.message()


@pytest.mark.parametrize("how", LIKE_A_CHECK)
async def test_nobody_else_reads_the_settings(how: str) -> None:
    decision = await ask(_CREATE, LIKE_A_CHECK[how], world=Recorded(**_FOUND), policy=LISTED)
    assert "guard/own-paths" in {each.rule for each in decision.refusals}, decision.message()


LISTED = PolicyInForce(guard=GuardPolicy(binds=(EDGE_FOLDER, "/srv")))


@pytest.mark.parametrize("path", ["settings", "settings/current", "run", "routes", "", "../edge"])
@pytest.mark.parametrize("mode", ["", ":ro"])
async def test_nobody_else_mounts_its_folder_whatever_is_listed(path: str, mode: str) -> None:
    body = {"Image": "x", "HostConfig": {"Binds": [f"{EDGE_FOLDER}/{path}:/x{mode}"]}}
    decision = await ask(_CREATE, body, world=Recorded(**_FOUND), policy=LISTED)
    assert {"guard/own-paths", "guard/binds"} & {refusal.rule for refusal in decision.refusals}, decision.message()


def _container(source: str, *, writable: bool) -> dict[str, Any]:
    mount = {"Type": "bind", "Source": source, "Destination": "/x", "RW": writable, "Propagation": "rprivate"}
    return {
        "Id": "c" * 64, "Name": "/copy", "Config": {"Image": "x"}, "Mounts": [mount], "State": {"Status": "running"},
        "HostConfig": {"MaskedPaths": ["/proc/kcore"] * 9, "ReadonlyPaths": ["/proc/bus"] * 9},
    }  # fmt: skip


ENTERED = (
    ("POST /v1.45/containers/copy/exec", {"Cmd": ["sh"]}),
    ("POST /v1.45/containers/copy/attach?stdin=1&stream=1", None),
    ("GET /v1.45/containers/copy/archive?path=/x", None),
    ("GET /v1.45/containers/copy/export", None),
    (_CREATE, {"Image": "x", "HostConfig": {"VolumesFrom": ["copy"]}}),
)


@pytest.mark.parametrize(("line", "body"), ENTERED)
@pytest.mark.parametrize("writable", [True, False])
async def test_nobody_enters_what_has_its_folder(line: str, body: Any, writable: bool) -> None:
    """A copy has no need to say that it is one."""
    world = Recorded(copy=_container(f"{EDGE_FOLDER}/settings", writable=writable))
    decision = await ask(line, body, world=world, policy=LISTED)
    assert "guard/edge" in {refusal.rule for refusal in decision.refusals}, decision.message()
    world = Recorded(copy=_container("/srv/shop", writable=False))
    decision = await ask(line, body, world=world, policy=LISTED)
    assert "guard/edge" not in {refusal.rule for refusal in decision.refusals}, decision.message()


@pytest.mark.parametrize("called", ["copy", "cc", "c" * 64])
async def test_the_edge_joins_no_network_of_others(called: str) -> None:
    """The engine's name server asks every network that a container is on."""
    container = _container(f"{EDGE_FOLDER}/run", writable=True)
    world = Recorded(**_FOUND, copy=container, **{"c" * 64: container, "cc": container})
    decision = await ask("POST /v1.45/networks/shop/connect", {"Container": called}, world=world)
    assert "guard/edge" in {refusal.rule for refusal in decision.refusals}, decision.message()
    world = Recorded(**_FOUND, copy=_container("/srv/shop", writable=False))
    decision = await ask("POST /v1.45/networks/shop/connect", {"Container": "copy"}, world=world, policy=LISTED)
    assert decision.allowed, decision.message()


async def test_what_it_says_is_seen_as_in_its_logs() -> None:
    """`docker run` attaches the output of what reads new settings."""
    world = Recorded(copy=_container(f"{EDGE_FOLDER}/settings", writable=False))
    for line in ("attach?stream=1&stdout=1&stderr=1", "attach?stream=1&stdin=0&stdout=1"):
        decision = await ask(f"POST /v1.45/containers/copy/{line}", world=world)
        assert decision.allowed, decision.message()
    decision = await ask("GET /v1.45/containers/copy/attach/ws?stream=1&stdout=1", world=world)
    assert "guard/edge" in {each.rule for each in decision.refusals}


async def test_the_edge_itself_starts_again() -> None:
    world = Recorded(copy=_container(f"{EDGE_FOLDER}/run", writable=True))
    decision = await ask("POST /v1.45/containers/copy/restart", world=world)
    assert decision.allowed, decision.message()


def test_only_what_is_roots_alone_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("files of root's are made")
    folder = Path(tempfile.mkdtemp(dir="/var/lib", prefix="dockworthy-test-"))
    try:
        monkeypatch.setattr(edge_record, "EDGE_FOLDER", str(folder))
        (folder / "coming.json").write_text(json.dumps({"services": {"proxy": SPEC}}))
        (folder / "compose.json").write_text("")
        assert edge_record.edge_specs(LookedUpFiles()) == (SPEC,)
        (folder / "routes").mkdir()
        (folder / "joining").mkdir()
        (folder / "routes" / "shop.json").write_text(json.dumps({"aliases": {"web": ALIAS}}))
        (folder / "joining" / "wiki.json").write_text(json.dumps(["e" * 32]))
        (folder / "joining" / "evil.json").write_text(json.dumps(["f" * 32]))
        os.chown(folder / "joining" / "evil.json", 1000, 0)
        (folder / "joining" / "odd.json").write_text("{")
        assert edge_record.edge_names(LookedUpFiles()) == {ALIAS, "e" * 32}
        os.chown(folder / "coming.json", 1000, 0)
        assert edge_record.edge_specs(LookedUpFiles()) == ()
        os.chown(folder / "coming.json", 0, 0)
        folder.chmod(0o777)
        assert edge_record.edge_specs(LookedUpFiles()) == ()
        folder.chmod(0o700)
        (folder / "coming.json").unlink()
        os.mkfifo(folder / "coming.json")
        assert edge_record.edge_specs(LookedUpFiles()) == ()
    finally:
        shutil.rmtree(folder)


POLICY = f"guard: {{binds: [{EDGE_FOLDER}]}}"


@pytest.fixture
def guarded(engines_folder: Path) -> Iterator[Guarded]:
    host = start_host(engines_folder / "guard-edge-record")
    try:
        host.write("/etc/guard.yaml", POLICY)
        host.run("mkdir", "-p", f"{EDGE_FOLDER}/settings", f"{EDGE_FOLDER}/run")
        host.run("chmod", "700", EDGE_FOLDER)
        yield start_guarded(host, "--policy", "/etc/guard.yaml")
    finally:
        host.stop()


@pytest.mark.engine
def test_compose_makes_what_root_wrote(guarded: Guarded) -> None:
    image = guarded.docker("image", "inspect", "--format", "{{.Id}}", BUSYBOX).stdout.decode().strip()
    spec = compose_file(image, EDGE_FOLDER, (8080, None), cpus=1, has_shell=True).to_json()
    up = ("compose", "-f", f"{EDGE_FOLDER}/coming.json", "create")
    guarded.host.write(f"{EDGE_FOLDER}/coming.json", json.dumps(spec))
    made = guarded.docker(*up, check=False)
    assert made.returncode == 0, made.stderr.decode()
    guarded.docker("compose", "-f", f"{EDGE_FOLDER}/coming.json", "rm", "-f")
    spec["services"]["proxy"]["command"] = ["-c", "evil"]
    guarded.host.write("/etc/evil.json", json.dumps(spec))
    refused = guarded.docker("compose", "-f", "/etc/evil.json", "create", check=False)
    assert refused.returncode and b"guard/edge" in refused.stderr


@pytest.mark.engine
def test_nobody_enters_a_copy_of_the_edge_or_mounts_its_folder(guarded: Guarded) -> None:
    """Whoever makes what root wrote gets the edge: with its keys, and beside everybody's containers."""
    made = io.BytesIO(busybox_root())
    with tarfile.open(fileobj=made, mode="a") as tar:
        program = b"#!/bin/sh\nexec sleep 3600\n"
        entry = tarfile.TarInfo("bin/haproxy")
        entry.size, entry.mode = len(program), 0o755
        tar.addfile(entry, io.BytesIO(program))
    host, name = guarded.host, "dockworthy-test-edge:1"
    image = host.run("docker", "import", "--change", "ENV PATH=/bin", "-", name, input=made.getvalue())
    spec = compose_file(image.stdout.decode().strip(), EDGE_FOLDER, (8080, None), cpus=1, has_shell=False).to_json()
    host.write(f"{EDGE_FOLDER}/coming.json", json.dumps(spec))
    host.write(f"{EDGE_FOLDER}/settings/current/key.pem", "the key of every site")
    up = ("compose", "-f", f"{EDGE_FOLDER}/coming.json", "up", "-d")
    assert guarded.docker(*up, check=False).returncode == 0, "the edge itself is made"
    edge, key = "dockworthy-edge-proxy-1", "/etc/edge/current/key.pem"
    for command in (
        ("exec", edge, "cat", key),
        ("cp", f"{edge}:{key}", "-"),
        ("export", edge),
        ("run", "--rm", "-v", f"{EDGE_FOLDER}/settings:/x:ro", BUSYBOX, "cat", "/x/current/key.pem"),
        ("run", "--rm", "-v", f"{EDGE_FOLDER}/run:/x", BUSYBOX, "true"),
        ("run", "--rm", "-v", f"{EDGE_FOLDER}/routes:/x:ro", BUSYBOX, "true"),
        ("volume", "create", "-o", "type=none", "-o", "o=bind", "-o", f"device={EDGE_FOLDER}/settings", "edges"),
    ):
        refused = guarded.docker(*command, check=False)
        assert b"the key of every site" not in refused.stdout, command
        assert b"denied by plugin" in refused.stderr, (command, refused)
    for command in (("restart", "-t", "0", edge), ("logs", edge), ("stop", "-t", "0", edge), ("start", edge)):
        guarded.docker(*command)
    guarded.docker("compose", "-f", f"{EDGE_FOLDER}/coming.json", "down", "-t", "0")


_LABELS = {"com.docker.compose.project": "dockworthy-edge", "com.docker.compose.network": "edge"}
_FRONT_LABELS = {**_LABELS, "com.docker.compose.network": "front"}
NETWORK = {"Name": "dockworthy-edge", "Driver": "bridge", "Internal": True, "Labels": _LABELS}
FRONT = {"Name": "dockworthy-edge-front", "Driver": "bridge", "Labels": _FRONT_LABELS}


@pytest.mark.parametrize(
    "differs",
    [
        {"Internal": False}, {"Internal": None}, {"Labels": {}}, {"Labels": None}, {"Labels": _FRONT_LABELS},
        {"Labels": {"com.docker.compose.project": "shop", "com.docker.compose.network": "edge"}},
        {"IPAM": {"Config": [{"Subnet": "10.7.0.0/16"}]}}, {"EnableIPv6": True}, {"ConfigOnly": True},
        {"Options": {"com.docker.network.bridge.enable_icc": "true"}}, {"ConfigFrom": {"Network": "x"}},
        {"Driver": "macvlan"}, {"Driver": "overlay", "Internal": False}, {"Driver": "overlay", "Ingress": True},
    ],
)  # fmt: skip
async def test_nobody_makes_a_network_of_the_edge_otherwise_than_a_deploy(differs: dict[str, Any]) -> None:
    """Compose would use it as the edge's own."""
    for network in (NETWORK, FRONT):
        if network is FRONT and ("Internal" in differs or differs.get("Labels") is _FRONT_LABELS):
            continue
        policy = PolicyInForce(guard=GuardPolicy(network_drivers=("macvlan",)))
        decision = await ask("POST /v1.45/networks/create", {**network, **differs}, policy=policy)
        assert "guard/edge" in {refusal.rule for refusal in decision.refusals}, (network, decision)


async def test_a_deploy_makes_the_networks_of_the_edge() -> None:
    """As Compose asks, and dockworthy itself on a swarm."""
    swarms = {"Name": "dockworthy-edge", "Driver": "overlay", "Attachable": True, "Internal": True, "EnableIPv6": False}
    more = {"IPAM": {"Driver": "", "Options": None, "Config": []}, "ConfigFrom": None, "Options": {}}
    for network in (NETWORK, FRONT, {**NETWORK, **more}, {**FRONT, **more}, {**swarms, "Options": {}, "Labels": {}}):
        assert (await ask("POST /v1.45/networks/create", network)).allowed, network


GOOD: dict[str, tuple[str, Any]] = {
    "another network": (_CREATE, {"Image": "x", "HostConfig": {"NetworkMode": "shop"}}),
    "what a deploy asks": ("POST /v1.45/networks/dockworthy-edge/connect", _connect(ALIAS)),
    "what a deploy to a swarm asks": ("POST /v1.45/services/create", _service("ddd", "web", "web.shop", ALIAS)),
}


@pytest.mark.parametrize("how", GOOD)
async def test_a_deploy_and_other_networks_are_not_held_up(how: str) -> None:
    line, body = GOOD[how]
    decision = await ask(line, body, world=Recorded(**_FOUND))
    assert "guard/edge" not in {refusal.rule for refusal in decision.refusals}
