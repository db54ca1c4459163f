"""Secrets in which a swarm keeps the edge's keys: also behind the plugin alone, where nobody is known, they are used
by root's `dockworthy deploy` only."""

from __future__ import annotations

import base64
import json
import os
import stat
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dockworthy.engine.root_proof import HEADER, KEY_FILE, made_key, read_key, seal
from dockworthy.guard.decision import Decision
from dockworthy.guard.plugin import serving
from dockworthy.guard.plugin.moved_images import PendingCreates
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.guard.request import GuardRequest
from guard.guarded import Guarded, start_guard
from guard.test_judging import World, ask
from guard.worlds import LOOKED_AT
from machines.images import busybox_root
from machines.own_host import OwnHost, start_host

EDGES = "dockworthy-edge.0123456789abcdef.0123456789abcdef"
EDGES_ID, OTHER_ID = "m" * 25, "k" * 25
READER = {
    "Id": "e" * 64,
    "Name": "/dockworthy-edge-reader-0a.1.x",
    "Config": {"Labels": {"com.docker.swarm.service.name": "dockworthy-edge-reader-0a"}},
    "HostConfig": {},
    "State": {},
}


def of_secret(named: str, secret: str) -> dict[str, Any]:
    secrets = [{"SecretID": secret, "SecretName": named, "File": {"Name": "key", "UID": "0", "GID": "0", "Mode": 256}}]
    return {"Name": "s", "TaskTemplate": {"ContainerSpec": {"Image": LOOKED_AT, "Secrets": secrets}}}


def world() -> World:
    edges, other = {"ID": EDGES_ID, "Spec": {"Name": EDGES}}, {"ID": OTHER_ID, "Spec": {"Name": "shop_key"}}
    service = {"Spec": {"Name": "edges"}, "PreviousSpec": of_secret("shop_key", EDGES_ID)}
    secrets = {f"secret_{EDGES}": edges, f"secret_{EDGES_ID}": edges, f"secret_{OTHER_ID}": other}
    reading = {"Spec": {"Name": "dockworthy-edge-reader-0a"}}
    return World(
        **secrets,
        secret_shop_key=other,
        service_edges=service,
        service_reading=reading,
        service_shop=service,
        reader=READER,
    )


ATTACKS: dict[str, tuple[str, Any]] = {
    "by name and id": ("POST /v1.45/services/create", of_secret(EDGES, EDGES_ID)),
    "by its id under another name": ("POST /v1.45/services/create", of_secret("shop_key", EDGES_ID)),
    "by its name, which comes later": ("POST /v1.45/services/create", of_secret(EDGES, "gone")),
    "an update": ("POST /v1.45/services/shop_web/update?version=1", of_secret("shop_key", EDGES_ID)),
    "a way back": (
        "POST /v1.45/services/edges/update?version=1&rollback=previous",
        of_secret("shop_key", OTHER_ID),
    ),
    "a newer one": (
        "POST /v1.45/secrets/create",
        {"Name": EDGES, "Data": "eA==", "Labels": {"dockworthy.kind": "edge"}},
    ),
    "other labels": (f"POST /v1.45/secrets/{EDGES_ID}/update?version=1", {"Name": EDGES, "Labels": {}}),
    "none at all": (f"DELETE /v1.45/secrets/{EDGES_ID}", None),
    "its name in capitals": ("POST /v1.45/secrets/create", {"Name": EDGES.upper(), "Data": "eA=="}),
    "a service that is called as a reader": (
        "POST /v1.45/services/create",
        {**of_secret("shop_key", OTHER_ID), "Name": "Dockworthy-Edge-Reader-00"},
    ),
    "the reader's end": ("DELETE /v1.45/services/reading", None),
    "another reader": ("POST /v1.45/services/reading/update?version=1", of_secret("shop_key", OTHER_ID)),
    "a command where they are read": ("POST /v1.45/containers/reader/exec", {"Cmd": ["cat", "/run/secrets/part0"]}),
    "files where they are read": ("GET /v1.45/containers/reader/archive?path=/run/secrets", None),
    "all where they are read": ("GET /v1.45/containers/reader/export", None),
    "its input": ("POST /v1.45/containers/reader/attach?stdin=1&stream=1", None),
    "its processes": (
        "POST /v1.45/containers/create",
        {"Image": "x", "HostConfig": {"PidMode": "container:reader"}},
    ),
    "its volumes": ("POST /v1.45/containers/create", {"Image": "x", "HostConfig": {"VolumesFrom": ["reader"]}}),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_nobody_who_is_not_known_uses_them(attack: str) -> None:
    decision = await ask(*ATTACKS[attack], world=world())
    assert "guard/edge" in {each.rule for each in decision.refusals}, decision


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("POST /v1.45/services/create", of_secret("shop_key", OTHER_ID)),
        ("POST /v1.45/secrets/create", {"Name": "shop_other", "Data": "eA=="}),
        ("DELETE /v1.45/secrets/shop_key", None),
        ("DELETE /v1.45/secrets/nowhere", None),
        ("DELETE /v1.45/services/shop", None),
        ("DELETE /v1.45/services/nowhere", None),
        (f"GET /v1.45/secrets/{EDGES}", None),
    ],
)
async def test_others_stay_everybodys(line: str, body: Any) -> None:
    decision = await ask(line, body, world=world())
    assert decision.allowed, decision


async def answered(root_key: bytes | None, asked: GuardRequest) -> tuple[bool, list[str]]:
    """Does the plugin let it pass, and whom does the audit name?"""
    users: list[str] = []

    def told(asked: GuardRequest, decision: Decision) -> Decision:
        users.append(asked.user)
        return decision

    answer = partial(serving._answer, PolicyInForce, world(), PendingCreates(), told, lambda _: None, root_key)
    shown = {
        "RequestMethod": asked.method, "RequestUri": asked.target, "RequestHeaders": dict(asked.headers), "User": "",
        "RequestBody": base64.b64encode(asked.body).decode(),
    }  # fmt: skip
    said = answer("/AuthZPlugin.AuthZReq", json.dumps(shown).encode())
    _, content = said if isinstance(said, tuple) else await said
    return json.loads(content)["Allow"], users


def asked_for(attack: str, *, key: bytes | None = None, **other: Any) -> GuardRequest:
    line, body = ATTACKS[attack]
    method, _, target = line.partition(" ")
    content = b"" if body is None else json.dumps(body).encode()
    sealed = {"method": method, "target": target, "body": content, **other}
    headers = {} if key is None else {HEADER: seal(key, **sealed)}
    typed = {"Content-Type": "application/json"} if content else {"Content-Length": "0"}
    return GuardRequest(method=method, target=target, headers={**typed, **headers}, body=content)


KEY, ANOTHER = b"0" * 64, b"1" * 64


async def test_root_proves_each_request_by_itself() -> None:
    for attack in ("by name and id", "a newer one", "none at all", "a command where they are read"):
        assert await answered(KEY, asked_for(attack, key=KEY)) == (True, ["root"]), attack
        assert await answered(KEY, asked_for(attack)) == (False, [""]), attack
        assert await answered(KEY, asked_for(attack, key=ANOTHER)) == (False, [""]), attack
        assert await answered(None, asked_for(attack, key=KEY)) == (False, [""]), attack
    for other in ({"method": "GET"}, {"target": "/v1.45/secrets/x"}, {"body": b"{}"}):
        assert not (await answered(KEY, asked_for("by name and id", key=KEY, **other)))[0], other


async def test_root_has_the_edge_by_that_and_nothing_else() -> None:
    line = "POST /v1.45/containers/create"
    method, _, target = line.partition(" ")
    content = json.dumps({"Image": "x", "HostConfig": {"Privileged": True}}).encode()
    headers = {"Content-Type": "application/json", HEADER: seal(KEY, method, target, content)}
    assert not (await answered(KEY, GuardRequest(method=method, target=target, headers=headers, body=content)))[0]


def test_the_key_is_roots_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert read_key(path) is None
    made: list[bytes | None] = []
    threads = [threading.Thread(target=lambda: made.append(made_key(path))) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [*tmp_path.iterdir()] == [path] and stat.S_IMODE(path.stat().st_mode) == 0o600
    wanted = {read_key(path)} if path.stat().st_uid == 0 else {None}
    assert {*made} == wanted
    path.chmod(0o640)
    assert read_key(path) is None
    path.chmod(0o600)
    path.write_bytes(b"short")
    assert read_key(path) is None
    link = tmp_path / "link"
    link.symlink_to(path)
    assert read_key(link) is None and made_key(tmp_path / "nowhere" / "key") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="the key is root's")
def test_what_is_no_key_is_replaced_where_it_is_roots(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "key"
    for content, mode in ((b"", 0o600), (KEY[:9], 0o600), (KEY, 0o644)):
        path.write_bytes(content)
        path.chmod(mode)
        key = made_key(path)
        assert key is not None and key != KEY and read_key(path) == key and [*tmp_path.iterdir()] == [path]
    assert made_key(path) == key and capsys.readouterr().err == ""
    path.write_bytes(b"")
    os.chown(path, 7001, -1)
    assert made_key(path) is None and path.read_bytes() == b"" and [*tmp_path.iterdir()] == [path]
    assert f"{path} can't be used" in capsys.readouterr().err


BASH = "dockworthy-test-bash:1.0"
DEPLOY = """
import asyncio, sys
from dockworthy.deploy.edge.swarm_secrets import EdgePart
from dockworthy.deploy.edge.swarm_secrets import SwarmSecrets, read_secrets
from dockworthy.engine.site import reach
from dockworthy.errors import HostError

async def main():
    async with reach("unix:///var/run/docker.sock", command="deploy") as site:
        swarm = SwarmSecrets(site.engine)
        try:
            part = EdgePart({"internal/x.pem": "forged"})
            await swarm.keep({"shop": part})
            stored = await swarm.stored()
            await read_secrets(site, sys.argv[1], {"shop": stored["shop"].__class__(stored["shop"].object, "0" * 32)})
        except HostError as error:
            assert "not what the edge gave to the swarm" in error.says, error.says
        else:
            raise AssertionError("another digest")
        for content in ("one", "two"):
            await swarm.keep({"shop": EdgePart({"internal/x.pem": content * 20000})})
            stored = await swarm.stored()
            found = await read_secrets(site, sys.argv[1], stored)
            assert found == {"shop": EdgePart({"internal/x.pem": content * 20000})}, str(found)[:300]
        print(stored["shop"].object.id, len(await site.engine.get("/services")), len(await site.engine.get("/secrets")))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def swarm(engines_folder: Path) -> Iterator[Guarded]:
    """A swarm that was there before its guard, which is the plugin alone."""
    host = start_host(engines_folder / "edge-secrets")
    try:
        host.start_engine({})
        change = ("--change", "ENV PATH=/bin")
        host.run("docker", "import", *change, "-", BASH, input=busybox_root("bash"))
        host.docker("swarm", "init", "--advertise-addr", "127.0.0.1")
        guard = start_guard(host)
        host.write("/etc/docker/daemon.json", '{"authorization-plugins": ["dockworthy"]}')
        host.run("kill", "-HUP", host.read("/var/run/docker.pid").strip())
        host.wait(lambda: b"denied by plugin" in host.docker("swarm", "ca", check=False).stderr, "the guard is asked")
        yield Guarded(host, guard)
    finally:
        host.stop()


def deployed(host: OwnHost, *more: str) -> list[str]:
    image = host.docker("image", "inspect", "--format", "{{.Id}}", BASH).stdout.decode().strip()
    return host.run(*more, sys.executable, "-c", DEPLOY, image).stdout.decode().split()


@pytest.mark.engine
def test_roots_deploy_keeps_and_reads_them_behind_the_plugin_alone(swarm: Guarded) -> None:
    assert swarm.host.read(str(KEY_FILE)).isalnum()
    secret, services, secrets = deployed(swarm.host)
    assert (services, secrets) == ("0", "1")

    body = of_secret("shop_key", secret)
    body["TaskTemplate"]["ContainerSpec"]["Image"] = swarm.docker(
        "image", "inspect", "--format", "{{.Id}}", BASH
    ).stdout.decode().strip()  # fmt: skip
    name = swarm.docker("secret", "inspect", "--format", "{{.Spec.Name}}", secret).stdout.decode().strip()
    body["TaskTemplate"]["ContainerSpec"]["Secrets"][0]["SecretName"] = name
    forged = {HEADER: seal(KEY, "POST", "/v1.45/services/create", json.dumps(body).encode())}
    assert swarm.ask("POST", "/v1.45/services/create", body).refused
    assert swarm.ask("POST", "/v1.45/services/create", body, headers=forged).refused
    assert b"guard/edge" in swarm.ask("DELETE", f"/v1.45/secrets/{secret}").body
    newer = {"Name": f"{name[:-16]}{'f' * 16}", "Data": "eA==", "Labels": {"dockworthy.kind": "edge"}}
    assert swarm.ask("POST", "/v1.45/secrets/create", newer).refused

    key = swarm.host.read(str(KEY_FILE)).encode()
    body["Name"] = "dockworthy-edge-reader-0a"
    body["TaskTemplate"]["ContainerSpec"]["Command"] = ["/bin/sleep", "1000"]
    content = json.dumps(body).encode()
    proven = {HEADER: seal(key, "POST", "/v1.45/services/create", content)}
    assert swarm.ask("POST", "/v1.45/services/create", body, headers=proven).status == 201
    try:
        label = ("--filter", "label=com.docker.swarm.service.name=dockworthy-edge-reader-0a")
        listed = ("ps", "--quiet", "--no-trunc", *label)
        swarm.host.wait(lambda: swarm.docker(*listed).stdout.strip(), "the reader runs")
        reader = swarm.docker(*listed).stdout.decode().strip()
        shows = {"Cmd": ["/bin/cat", "/run/secrets/key"], "AttachStdout": True}
        assert swarm.ask("POST", f"/v1.45/containers/{reader}/exec", shows).refused
        seen = {HEADER: seal(key, "POST", f"/v1.45/containers/{reader}/exec", json.dumps(shows).encode())}
        made = swarm.ask("POST", f"/v1.45/containers/{reader}/exec", shows, headers=seen)
        assert made.status == 201
        assert swarm.ask("POST", f"/v1.45/exec/{made.json['Id']}/start", {"Detach": False, "Tty": False}).refused
        assert swarm.ask("GET", f"/v1.45/containers/{reader}/archive?path=/run/secrets/key").refused
        joins = {"Image": BASH, "HostConfig": {"PidMode": f"container:{reader}"}}
        assert swarm.ask("POST", "/v1.45/containers/create", joins).refused
        assert swarm.ask("DELETE", "/v1.45/services/dockworthy-edge-reader-0a").refused
    finally:
        target = "/v1.45/services/dockworthy-edge-reader-0a"
        assert swarm.ask("DELETE", target, headers={HEADER: seal(key, "DELETE", target, b"")}).status == 200


@pytest.mark.engine
def test_who_is_not_root_can_prove_nothing(swarm: Guarded) -> None:
    """A person who may use the engine's socket."""
    swarm.host.run("chmod", "0666", "/var/run/docker.sock")
    try:
        with pytest.raises(AssertionError, match="keys or routes of the edge"):
            deployed(
                swarm.host, "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "env", "HOME=/tmp"
            )
    finally:
        swarm.host.run("chmod", "0660", "/var/run/docker.sock")
