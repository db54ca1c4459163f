"""Folders that a policy lists to be read, and paths that no policy opens; without an engine."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import structs

from dockworthy.errors import UsageError
from dockworthy.guard.observing.needs import needs_of
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.model.dialect import Version
from dockworthy.model.guard_policy import GuardPolicy
from dockworthy.readers.engine_context import EngineContext
from dockworthy.readers.project_file import parse_project_file
from guard.test_judging import ask
from guard.test_replaceable_binds import A, Host, bind, listed

READ = PolicyInForce(guard=GuardPolicy(binds=("/srv/x", "/srv/x/conf:ro", "/var/log:ro", "/var/log/shop")))
DISK = Host(mounts=[("/var/log/disk", "/logs")])


async def create(*binds: str, world: Host | None = None, policy: PolicyInForce = READ, **host: Any) -> str:
    body = {"Image": "x", "HostConfig": {"Binds": list(binds), **host}}
    return (await ask("POST /containers/create", body, world=world or Host(), policy=policy)).message()


@pytest.mark.parametrize(
    "text",
    ["/var/log:/l:ro", "/var/log/x/y:/l:ro", "/var/log:/l:ro,rprivate", "/var/log/shop:/l", "/var/log/shop/x:/l:rw",
     "/srv/x/conf:/c:ro", "/srv/x/data:/d"],
)  # fmt: skip
async def test_what_may_be_read_and_written(text: str) -> None:
    assert await create(text) == ""


@pytest.mark.parametrize(
    "text",
    ["/var/log:/l", "/var/log:/l:rw", "/var/log/x:/l", "/var/log:/l:ro,rslave", "/var/log:/l:slave,ro",
     "/var/log:/l:ro,Z", "/var/log:/l:z,ro", "/var/log:/l:RO", "/srv/x/conf:/c", "/srv/x/conf/d:/c"],
)  # fmt: skip
async def test_what_may_only_be_read(text: str) -> None:
    said = await create(text)
    assert "guard/binds" in said and ":ro" in said


async def test_a_folder_that_holds_one_to_read_is_not_written() -> None:
    assert "/srv/x would be writable, and the policy lists /srv/x/conf:ro" in await create("/srv/x:/x")
    assert await create("/srv/x:/x:ro") == ""


@pytest.mark.parametrize(
    ("more", "allowed"),
    [
        ({"ReadOnly": True}, True),
        ({"ReadOnly": True, "BindOptions": {"Propagation": "rprivate", "NonRecursive": True}}, True),
        ({"ReadOnly": True, "BindOptions": {"ReadOnlyForceRecursive": True, "Propagation": "rprivate"}}, True),
        ({}, False),
        ({"ReadOnly": False}, False),
        ({"ReadOnly": None}, False),
        ({"ReadOnly": True, "BindOptions": {"Propagation": "rslave"}}, False),
        ({"ReadOnly": True, "BindOptions": {"ReadOnlyNonRecursive": True}}, False),
    ],
)
async def test_mounts(more: dict[str, Any], allowed: bool) -> None:
    mount = bind("/var/log", **more)
    assert (await create(Mounts=[mount]) == "") is allowed
    spec = {"Name": "s", "TaskTemplate": {"ContainerSpec": {"Image": "x", "Mounts": [mount]}}}
    decision = await ask("POST /services/create", spec, policy=READ)
    assert ("guard/binds" not in decision.message()) is allowed


async def test_a_volume_of_a_folder_to_read() -> None:
    """The engine writes an image's files into an empty one."""
    volume = {"Name": "v", "DriverOpts": {"type": "none", "o": "bind", "device": "/var/log"}}
    assert "/var/log:ro" in (await ask("POST /volumes/create", volume, policy=READ)).message()
    assert "/var/log:ro" in await create("v:/l:ro", world=Host(volumes={"v": "/var/log"}))


async def test_a_disk_below_a_folder_to_read() -> None:
    """Engines before API 1.44, and kernels before 5.12, leave it writable."""
    old = Host(mounts=[("/var/log/disk", "/logs")], recursive=False)
    assert "/var/log/disk is mounted below it" in await create("/var/log:/l:ro", world=old)
    assert await create("/var/log/other:/l:ro", world=old) == ""
    older = await ask(
        "POST /containers/create", {"Image": "x", "HostConfig": {"Binds": ["/var/log:/l:ro"]}}, world=DISK, policy=READ
    )
    assert "/var/log/disk is mounted below it" in older.message(), "this world's API is an old one"


class NewEngine(Host):
    async def context(self) -> EngineContext:
        return structs.replace(await super().context(), api_version=Version(1, 45))


@pytest.mark.parametrize(("version", "allowed"), [("", True), ("/v1.45", True), ("/v1.44", True), ("/v1.43", False)])
async def test_who_speaks_an_older_api_gets_the_binds_of_then(version: str, allowed: bool) -> None:
    """For them the engine makes read-only what is named alone, not what is mounted below it."""
    body = {"Image": "x", "HostConfig": {"Binds": ["/var/log:/l:ro"]}}
    world = NewEngine(mounts=[("/var/log/disk", "/logs")])
    said = (await ask(f"POST {version}/containers/create", body, world=world, policy=READ)).message()
    assert ("/var/log/disk is mounted below it" not in said) is allowed, said


EVERYTHING = PolicyInForce(guard=GuardPolicy(binds=("/",)))
LIKE_ANY = ("/srv/shop", "/run/shop", "/opt/shop", "/var/lib/shop", "/var/log/shop")


@pytest.mark.parametrize(
    "path",
    (
        "/ /var/log /var/log/dockworthy /var/log/dockworthy/guard.jsonl /var/lib/dockworthy /var/lib/dockworthy/guard"
        " /var/lib/dockworthy/guard/grants /opt /opt/dockworthy/current /etc/dockworthy /etc/docker/daemon.json /run"
        " /run/docker/plugins /run/dockworthy-engine /run/dockworthy-guard.pid /run/containerd/containerd.sock"
        " /run/docker.sock /var/lib/docker/volumes/shop/_data /etc/init.d /etc/init.d/dockworthy-guard"
        " /etc/systemd/system/docker.service.d /usr/local/sbin"
    ).split(),
)
async def test_own_paths_are_written_by_no_container(path: str) -> None:
    assert "guard/own-paths" in await create(f"{path}:/x", policy=EVERYTHING)


@pytest.mark.parametrize(
    "path",
    (
        "/ /run /run/docker /run/docker.sock /run/docker/plugins/dockworthy.sock /run/dockworthy-engine /var/lib"
        " /var/lib/docker/containers /var/lib/dockworthy/guard /etc/dockworthy/guard.yaml /etc/docker"
        " /run/dockworthy-guard.key /var/lib/dockworthy/guard-authority/authority/ca-key.pem"
        " /var/lib/dockworthy/remote-access /var/lib/dockworthy/versions.key /var/lib/dockworthy/harden/x"
    ).split(),
)
async def test_sockets_and_secrets_are_read_by_no_container(path: str) -> None:
    assert "guard/own-paths" in await create(f"{path}:/x:ro", policy=EVERYTHING)


@pytest.mark.parametrize("path", LIKE_ANY)
async def test_paths_beside_them(path: str) -> None:
    assert await create(f"{path}:/x", policy=EVERYTHING) == ""
    assert await create("/var/log:/x:ro", policy=EVERYTHING) == "", "who ships logs reads them all"


async def test_own_paths_by_another_way() -> None:
    """The folder with the engine's data is also mounted elsewhere."""
    world = Host(mounts=[("/mnt/data", "/var/lib")])
    assert "guard/own-paths" in await create("/mnt/data:/x:ro", world=world, policy=EVERYTHING)
    assert "guard/own-paths" in await create("/mnt/data/docker/x:/x:ro", world=world, policy=EVERYTHING)
    assert "guard/own-paths" in await create("/mnt:/x", world=world, policy=EVERYTHING)
    assert await create("/mnt/data/shop:/x", world=world, policy=EVERYTHING) == ""


@pytest.mark.parametrize(
    ("entry", "says"),
    [("srv/x", "whole paths"), ("/srv/../x", "whole paths"), ("//srv", "whole paths"), ("/srv/x:rw", "whole paths"),
     ("/srv/x:ro:ro", "whole paths"), ("", "whole paths")],
)  # fmt: skip
def test_folders_that_a_policy_can_not_list(entry: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse_project_file(f"guard: {{binds: ['{entry}']}}", "dockworthy.yaml")


def test_a_folder_is_listed_once() -> None:
    with pytest.raises(UsageError, match="lists /srv/x twice"):
        parse_project_file("guard: {binds: [/srv/x/, '/srv/x:ro']}", "dockworthy.yaml")


@pytest.mark.parametrize(
    ("host", "needs"),
    [
        ({"Binds": ["/srv/a:/a:ro", "/srv/b:/b", "name:/c"]}, ["/srv/a:ro", "/srv/b"]),
        ({"Mounts": [bind("/srv/a", ReadOnly=True), bind("/srv/b")]}, ["/srv/a:ro", "/srv/b"]),
        ({"Binds": ["/var/log:/l:ro"]}, ["/var/log:ro"]),
        ({"Binds": ["/var/log:/l"]}, None),
        ({"Binds": ["/srv/a:/a:ro,rslave"]}, None),
        ({"Mounts": [bind("/srv/a", ReadOnly=True, BindOptions={"Propagation": "rslave"})]}, None),
        ({"Binds": ["/run/docker.sock:/s:ro"]}, None),
    ],
)
def test_what_is_drafted_of_what_was_seen(host: dict[str, Any], needs: list[str] | None) -> None:
    found = needs_of({"HostConfig": host}, frozenset({"guard/binds"}), Host())
    assert found == (None if needs is None else {"binds": needs})


@pytest.mark.parametrize(
    ("path", "allowed", "starts"),
    [
        ("/var/log", False, True),
        ("/opt/dockworthy", False, False),
        ("/etc/dockworthy", False, False),
        ("/var/log:ro", True, True),
        ("/opt/shop", True, True),
    ],
)
@pytest.mark.parametrize(
    ("line", "body"),
    [("POST /containers/{}/exec", {"Cmd": ["sh"]}), ("GET /containers/{}/archive?path=/x", None),
     ("POST /containers/create", {"Image": "x", "HostConfig": {"PidMode": "container:{}"}})],
)  # fmt: skip
async def test_who_writes_own_paths_is_entered_by_nobody(
    path: str, allowed: bool, starts: bool, line: str, body: Any
) -> None:
    """A container of the time before the guard goes on, unless what it writes is the host's (workload/host-mounts)."""
    text = json.dumps(body).replace("{}", A)
    world = Host(listed(A, path))
    decision = await ask(line.replace("{}", A), json.loads(text), world=world)
    assert ("guard/own-paths" not in decision.message()) is allowed, decision.message()
    started = await ask(f"POST /containers/{A}/start", world=world)
    assert started.allowed is starts and ("workload/host-mounts" in started.message()) is not starts
