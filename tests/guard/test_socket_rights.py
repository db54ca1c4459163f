"""Roles, limits, tickets and grants, without an engine."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dockworthy.errors import UsageError
from dockworthy.guard.bounds import MOST_OF_PROJECT
from dockworthy.guard.decision import Refusal
from dockworthy.guard.identity.identify import certificate, identity_of
from dockworthy.guard.identity.identity import Identity
from dockworthy.guard.identity.peer import Peer, peer_of
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.guard.request import GuardRequest, NotThere, TooMuch
from dockworthy.guard.rights.deciding import Allowed, Denied, decide
from dockworthy.guard.rights.grantees import group_number, user_number
from dockworthy.guard.rights.grants import Grants, Roles
from dockworthy.guard.rights.people_world import PeopleWorld
from dockworthy.guard.routes import Call, find_call
from dockworthy.guard.socket.tickets import GOOD_FOR, HEADER, Tickets
from dockworthy.guard.socket_access import unknown_names
from dockworthy.model.guard_policy import Binding, Role
from patience import meanwhile

LABEL, STACK_LABEL = "com.docker.compose.project", "com.docker.stack.namespace"
ID = "a" * 64
SHIPPED, TAGGED = f"sha256:{'5' * 64}", f"sha256:{'6' * 64}"
"""Digests, and in containerd's store ids: of an image that its registry has, and of one that was only tagged."""


def container(name: str, project: str, image: str = "registry.example.com/shop/web:1") -> dict[str, Any]:
    id = ID if name == "shop" else hashlib.sha256(name.encode()).hexdigest()
    return {"Id": id, "Name": f"/{name}", "Config": {"Image": image, "Labels": {LABEL: project}}}


def task(digit: str, project: str) -> dict[str, Any]:
    """One that outlives its service."""
    return {"ID": digit * 25, "ServiceID": "gone", "Spec": {"ContainerSpec": {"Labels": {LABEL: project}}}}


def linked(network: str) -> dict[str, Any]:
    """As the engine shows it after a start of its own: with what has the name now."""
    return {**container("linked", "shop"), "HostConfig": {"NetworkMode": network, "Links": ["/bank:/linked/db"]}}


ON_SHOP_NET = {
    **container("bank-db", "bank"),
    "Id": "e" * 64,
    "NetworkSettings": {
        "Networks": {
            "shop_net": {
                "NetworkID": "d" * 64,
                "Aliases": ["db", "e" * 12, "tasks.bank-jobs"],
                "IPAMConfig": {
                    "IPv4Address": "10.1.0.9",
                    "IPv6Address": "fd00::9",
                    "LinkLocalIPs": ["169.254.9.9"],
                },
                "MacAddress": "02:42:0a:01:00:09",
            }
        }
    },
}
"""A container of the bank's that somebody let onto the shop's network."""

AT_HOME = {
    **container("vault", "bank"),
    "Id": "9" * 64,
    "NetworkSettings": {"Networks": {"bank_net": {"NetworkID": "b" * 64, "Aliases": ["vault"]}}},
}


BRIDGE = {"Id": "b0" * 32, "Name": "bridge", "Scope": "local"}
ON_BRIDGE = {
    **container("bank-api", "bank"),
    "Id": "8" * 64,
    "NetworkSettings": {"Networks": {"bridge": {"NetworkID": "b0" * 32, "MacAddress": "02:42:ac:11:00:03"}}},
}


def on_network(name: str, id: str) -> dict[str, Any]:
    """Of the shop."""
    settings = {"Networks": {name: {"NetworkID": id}}}
    return {**container("late", "shop"), "HostConfig": {"NetworkMode": name}, "NetworkSettings": settings}


class Known:
    """Objects that an engine would have."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], Mapping[str, Any]] = {
            ("container", "shop"): container("shop", "shop"),
            ("container", "bank"): container("bank", "bank", "other/bank:2"),
            ("container", "watcher"): container("watcher", "shop"),
            ("execution", "e" * 64): {"ContainerID": "bank"},
            ("volume", "shop_data"): {"Name": "shop_data", "Labels": {LABEL: "shop"}},
            ("volume", "bank_data"): {"Name": "bank_data", "Labels": {LABEL: "bank"}},
            ("network", "bank_net"): {"Id": "b" * 64, "Name": "bank_net", "Labels": {LABEL: "bank"}},
            ("container", "9" * 64): AT_HOME,
            ("service", "bank_web"): {"Spec": {"Name": "bank_web", "Labels": {"com.docker.stack.namespace": "bank"}}},
            ("task", "t1"): {"ServiceID": "bank_web"},
            ("task", "t2"): task("2", "bank"),
            ("task", "t3"): {"ID": "3" * 25, "Spec": {"NetworkAttachmentSpec": {"ContainerID": ID}}},
            ("task", "t4"): task("4", "shop"),
            ("task", "t5"): {"ID": "5" * 25, "ServiceID": "shop_web", "Spec": {}},
            ("container", "linked"): linked("bridge"),
            ("container", "elsewhere"): linked("shop_net"),
            ("secret", "bank_key"): {"Spec": {"Name": "bank_key", "Labels": {"com.docker.stack.namespace": "bank"}}},
            ("secret", "shop_key"): {"ID": "k" * 25, "Spec": {"Name": "shop_key", "Labels": {STACK_LABEL: "shop"}}},
            ("config", "bank_conf"): {"Spec": {"Name": "bank_conf", "Labels": {"com.docker.stack.namespace": "bank"}}},
            ("network", "shop_net"): {"Id": "d" * 64, "Name": "shop_net", "Labels": {LABEL: "shop"}},
            ("image", "bank-saved"): {"Id": "sha256:1", "Config": {"Labels": {LABEL: "bank"}}, "RepoDigests": []},
            ("image", "pulled"): {"Config": {"Labels": {LABEL: "ci"}}, "RepoDigests": ["x/pulled@sha256:0"]},
            ("image", "shop-made"): {"Config": {"Labels": {LABEL: "shop"}}, "RepoDigests": []},
            ("image", "made-here"): {"Config": {"Labels": None}, "RepoDigests": []},
            ("volume", "ledger-of-theirs"): {"Name": "ledger-of-theirs", "Labels": {LABEL: "bank"}},
            ("service", "two"): {"Spec": {"Name": "two", "Labels": {STACK_LABEL: "shop"},
             "TaskTemplate": {"ContainerSpec": {"Labels": {STACK_LABEL: "bank"}}}}},
            ("container", "abc"): container("abc", "shop"),
            ("container", f"abc{'0' * 61}"): {**container("bank-two", "bank"), "Id": f"abc{'0' * 61}"},
            ("container", "e" * 64): ON_SHOP_NET,
            ("network", "eee"): {"Id": "4" * 64, "Name": "eee", "Labels": {LABEL: "shop"}},
            ("network", "bridge"): BRIDGE,
            ("network", "b0" * 32): BRIDGE,
            ("container", "8" * 64): ON_BRIDGE,
            ("network", "bbb"): {"Id": "b" * 64, "Name": "bank_net", "Labels": {LABEL: "bank"}},
            ("network", "e" * 64): {"Id": "e" * 64, "Name": "bank_back", "Labels": {LABEL: "bank"}},
            ("container", "late"): on_network("eee", ""),
            ("container", "moved"): on_network("bank_net", "5" * 64),
            ("container", "kept"): on_network("bank_net", "b" * 64),
            ("container", "again"): on_network("shop_net", "5" * 64),
            ("volume", "f" * 64): {"Name": "f" * 64, "Labels": {"com.docker.volume.anonymous": ""}},
            ("service", "shop_web"): {
                "ID": "w" * 25,
                "Spec": {"Name": "shop_web", "Labels": {"com.docker.stack.namespace": "shop"}},
                "PreviousSpec": {
                    "Name": "shop_web",
                    "Labels": {"com.docker.stack.namespace": "shop"},
                    "TaskTemplate": {"ContainerSpec": {"Secrets": [{"SecretID": "bank_key", "SecretName": "k"}]}},
                },
            },
        }  # fmt: skip

    async def found(self, kind: str, reference: str) -> Mapping[str, Any] | None:
        """By name, or by its whole id."""
        by_id = (each for (one, _), each in self.objects.items() if one == kind and each.get("Id") == reference)
        return self.objects.get((kind, reference)) or next(by_id, None)

    async def containers_beginning(self, beginning: str) -> tuple[str, ...]:
        return tuple(
            id for kind, id in self.objects if kind == "container" and len(id) == 64 and id.startswith(beginning)
        )

    async def ids_beginning(self, kind: str, beginning: str) -> tuple[str, ...]:
        ids = (str(each.get("Id") or each.get("ID")) for (one, _), each in self.objects.items() if one == kind)
        return tuple(id for id in ids if id.startswith(beginning))

    async def containers_with(self, **filters: str) -> list[Mapping[str, Any]]:
        if filters == {"network": "d" * 64}:
            return [{"Id": "e" * 64, "Names": ["/bank-db"], "Labels": {LABEL: "bank"}}]
        if filters == {"network": "b0" * 32}:
            return [{"Id": "8" * 64, "Names": ["/bank-api"], "Labels": {LABEL: "bank"}}]
        if filters == {"network": "b" * 64}:
            return [{"Id": "9" * 64, "Names": ["/vault"], "Labels": {LABEL: "bank"}}]
        if filters == {"volume": "f" * 64}:
            return [{"Id": ID, "Names": ["/shop"], "Labels": {LABEL: "shop"}}]
        return []

    async def number_of(self, kind: str, project: str) -> int:
        return 0

    async def is_at_registry(self, reference: str) -> bool:
        return reference == f"registry.example.com/shop/web@{SHIPPED}"

    async def networks(self) -> list[Mapping[str, Any]]:
        return [value for (kind, _), value in self.objects.items() if kind == "network"]

    async def projects(self) -> frozenset[str]:
        return frozenset({"shop", "shop-admin", "bank", "later"})

    async def nodes(self) -> list[str]:
        return ["host-1", "db"] if ("node", "db") in self.objects else ["host-1"]

    async def services(self) -> list[Mapping[str, Any]]:
        return [{"ID": "s1", "Spec": {"Name": "bank_api", "Labels": {"com.docker.stack.namespace": "bank"},
                 "TaskTemplate": {"Networks": [{"Target": "d" * 64, "Aliases": ["api"]}]}}}]  # fmt: skip


def call_of(line: str, body: Any) -> Call:
    method, target = line.split(" ", 1)
    content = b"" if body is None else json.dumps(body).encode()
    headers = {"content-length": str(len(content))} | ({"content-type": "application/json"} if content else {})
    return find_call(GuardRequest(method=method, target=target, headers=headers, body=content))


async def asks(
    line: str, *held: Binding, body: Any = None, reserved: frozenset[str] = frozenset()
) -> Allowed | Refusal:
    call = call_of(line, body)
    answer = await decide(call, Identity(name="user x"), held, Known(), lambda: reserved)
    return answer.reasons[0] if isinstance(answer, Denied) else answer


def bound(role: Role, *projects: str, images: tuple[str, ...] = ()) -> Binding:
    return Binding(who="user:x", role=role, projects=projects, images=images)


BUILDER = "POST /images/create?fromImage=moby/buildkit&tag=buildx-stable-1"
OF_SHOP = bound(Role.DEPLOYER, "shop"), bound(Role.OPERATOR, "shop")
MINE = {"Image": "x", "Labels": {LABEL: "shop"}}
STACK = {"Name": "s", "Labels": {"com.docker.stack.namespace": "shop"}}


class Full(Known):
    """A project that has all that it may."""

    async def number_of(self, kind: str, project: str) -> int:
        return MOST_OF_PROJECT if (kind, project) in (("container", "shop"), ("volume", "shop")) else 0


async def test_a_project_has_as_many_objects_as_an_engine_can_keep() -> None:
    identity, free = Identity(name="user x"), bound(Role.DEPLOYER)
    for line, body, refused in (
        ("POST /containers/create", MINE, True),
        ("POST /volumes/create", {"Name": "shop_v", "Labels": {LABEL: "shop"}}, True),
        ("POST /networks/create", {"Name": "shop_n", "Labels": {LABEL: "shop"}}, False),
        ("POST /containers/shop/restart", None, False),
    ):
        answer = await decide(call_of(line, body), identity, OF_SHOP, Full())
        assert isinstance(answer, Denied) is refused, answer
        if isinstance(answer, Denied):
            assert "project shop has 500" in answer.reasons[0].says and answer.reasons[0].rule == "guard/size"
        assert isinstance(await decide(call_of(line, body), identity, (free,), Full()), Allowed)


def host(**settings: Any) -> tuple[str, Any]:
    return "POST /containers/create", {**MINE, "HostConfig": settings}


def endpoint(network: str = "shop_net", **settings: Any) -> tuple[str, Any]:
    return "POST /containers/create", {**MINE, "NetworkingConfig": {"EndpointsConfig": {network: settings}}}


def nameless(labels: dict[str, str]) -> tuple[str, Any]:
    return host(Mounts=[{"Type": "volume", "Source": "", "Target": "/x", "VolumeOptions": {"Labels": labels}}])


def hostname(text: str, **labels: str) -> tuple[str, Any]:
    """Of the tasks of a service on the shop's network."""
    task = {"ContainerSpec": {"Image": "x", "Hostname": text}, "Networks": [{"Target": "shop_net"}]}
    return "POST /services/create", {
        **STACK,
        "Labels": {**STACK["Labels"], "name": "db", **labels},
        "TaskTemplate": task,
    }


ELSEWHERE: dict[str, tuple[str, Any]] = {
    "a container": ("POST /containers/bank/stop", None),
    "a command that was prepared": (f"POST /exec/{'e' * 64}/start", {"Detach": False}),
    "a volume": ("DELETE /volumes/bank_data", None),
    "a network": ("DELETE /networks/bank_net", None),
    "a service": ("DELETE /services/bank_web", None),
    "a task": ("GET /tasks/t1/logs?stdout=1", None),
    "a container without the label": ("POST /containers/create", {"Image": "x"}),
    "a label of another": ("POST /containers/create", {"Image": "x", "Labels": {LABEL: "bank"}}),
    "two labels": (
        "POST /containers/create",
        {"Image": "x", "Labels": {LABEL: "shop", "com.docker.stack.namespace": "bank"}},
    ),
    "another's volume": ("POST /containers/create", {**MINE, "HostConfig": {"Binds": ["bank_data:/x"]}}),
    "another's volume by mounts": (
        "POST /containers/create",
        {**MINE, "HostConfig": {"Mounts": [{"Type": "volume", "Source": "bank_data", "Target": "/x"}]}},
    ),
    "another's volumes": ("POST /containers/create", {**MINE, "HostConfig": {"VolumesFrom": ["bank:ro"]}}),
    "another's processes": ("POST /containers/create", {**MINE, "HostConfig": {"PidMode": "container:bank"}}),
    "another's network": ("POST /containers/create", {**MINE, "HostConfig": {"NetworkMode": "bank_net"}}),
    "another's network by endpoints": (
        "POST /containers/create",
        {**MINE, "NetworkingConfig": {"EndpointsConfig": {"bank_net": {}}}},
    ),
    "another's secret": (
        "POST /services/create",
        {"Name": "s", "Labels": {"com.docker.stack.namespace": "shop"},
         "TaskTemplate": {"ContainerSpec": {"Secrets": [{"SecretID": "bank_key", "SecretName": "k"}]}}},
    ),
    "another's environment by a link": host(Links=["bank:db"]),
    "another's environment by a link without an alias": host(Links=["bank"]),
    "another's environment by a link with a slash": host(Links=["/bank:/x/db"]),
    "another's name by a link of an endpoint": endpoint(Links=["bank:db"]),
    "another's environment by a link, by its id": host(Links=[f"abc{'0' * 61}:db"]),
    "a start with a link to what has the name now": ("POST /containers/linked/start", None),
    "a restart with it": ("POST /containers/linked/restart", None),
    "a task of another whose service is gone": ("GET /tasks/t2/logs?stdout=1", None),
    "a look at it": ("GET /tasks/t2", None),
    "a task of no service": ("GET /tasks/t3", None),
    "another's processes by the old word": host(Cgroup="container:bank"),
    "another's volume in other letters": host(Mounts=[{"Type": "Volume", "Source": "bank_data", "Target": "/x"}]),
    "a volume without a name with another's label": nameless({LABEL: "bank"}),
    "the same in a service": (
        "POST /services/create",
        {**STACK, "TaskTemplate": {"ContainerSpec": {"Image": "x", "Mounts": [
            {"Type": "VOLUME", "Target": "/x", "VolumeOptions": {"Labels": {STACK_LABEL: "bank"}}}]}}},
    ),
    "one with two labels": nameless({LABEL: "shop", STACK_LABEL: "bank"}),
    "another's volume as a new one": host(Binds=["bank_new:/x"]),
    "another's volume as a new one by mounts": host(Mounts=[{"Type": "volume", "Source": "new", "Target": "/x"}]),
    "another's network by its id": endpoint(NetworkID="bank_net"),
    "another's alias": endpoint(Aliases=["x", "DB"]),
    "another's alias as a host name": (
        "POST /containers/create",
        {**MINE, "Hostname": "db", "HostConfig": {"NetworkMode": "shop_net"}},
    ),
    "another's name as an alias": endpoint(Aliases=["bank-db."]),
    "another's DNS name": endpoint(DNSNames=["bank-db"]),
    "another's alias as a name": ("POST /containers/create?name=db", endpoint()[1]),
    "another's service's name": endpoint(Aliases=["bank_api"]),
    "another's service's alias": endpoint(Aliases=["api"]),
    "another's address": endpoint(IPAMConfig={"IPv4Address": "10.1.0.9"}),
    "another's address mapped to IPv6": endpoint(IPAMConfig={"IPv4Address": "::ffff:10.1.0.9"}),
    "another's address mapped to IPv6 in hexadecimal": endpoint(IPAMConfig={"IPv6Address": "0:0::FFFF:a01:9"}),
    "another's IPv6 address": endpoint(IPAMConfig={"IPv6Address": "FD00:0:0:0::0009"}),
    "another's address as a link-local one": endpoint(IPAMConfig={"LinkLocalIPs": ["10.1.0.9"]}),
    "another's link-local address": endpoint(IPAMConfig={"LinkLocalIPs": ["169.254.1.1", "::ffff:a9fe:909"]}),
    "another's hardware address": endpoint(MacAddress="02:42:0A:01:00:09"),
    "another's hardware address with dashes": endpoint(MacAddress="02-42-0a-01-00-09"),
    "another's hardware address with dots": endpoint(MacAddress="0242.0A01.0009"),
    "another's name with the network's": endpoint(Aliases=["DB.shop_net."]),
    "another's name with the network's of a network that it does not join": endpoint(Aliases=["vault.bank_net"]),
    "another's name with the network's as a host name": (
        "POST /containers/create",
        {**MINE, "Hostname": "bank-db.Shop_Net", "HostConfig": {"NetworkMode": "shop_net"}},
    ),
    "another's tasks": endpoint(Aliases=["tasks.bank_api"]),
    "another's tasks by the service's alias, with the network's name": endpoint(Aliases=["Tasks.api.shop_net"]),
    "another's alias as a host name of tasks": hostname("db"),
    "it in quotes": hostname("{{`db`}}"),
    "it in parts": hostname('{{ "bank" }}-{{- `d`}} b'),
    "it by a label": hostname('{{index .Service.Labels "name"}}'),
    "it by the short form of a label": hostname("{{.Service.Labels.name}}"),
    "what it may be for a task": hostname("{{.Service.Labels.letter}}{{.Task.Slot}}", letter="d"),
    "another's name with the network's in quotes": hostname("{{`vault.bank_net`}}"),
    "the same by a task": hostname("vaul{{.Task.Slot}}.bank_net"),
    "another's alias as a service's tasks": (
        "POST /services/create",
        {**STACK, "Name": "bank-jobs", "TaskTemplate": {"ContainerSpec": {"Image": "x"},
         "Networks": [{"Target": "shop_net"}]}},
    ),
    "another's alias when it joins": (
        "POST /networks/shop_net/connect",
        {"Container": "shop", "EndpointConfig": {"Aliases": ["db"]}},
    ),
    "another's container at a network": ("POST /networks/shop_net/connect", {"Container": "bank"}),
    "a link when it joins": (
        "POST /networks/shop_net/connect",
        {"Container": "shop", "EndpointConfig": {"Links": ["bank:db"]}},
    ),
    "an image that was made of another": ("POST /containers/create", {**MINE, "Image": "bank-saved"}),
    "an image of another in a service": (
        "POST /services/create",
        {**STACK, "TaskTemplate": {"ContainerSpec": {"Image": "bank-saved"}}},
    ),
    "another's config": (
        "POST /services/create",
        {**STACK, "TaskTemplate": {"ContainerSpec": {"Configs": [{"ConfigID": "x", "ConfigName": "bank_conf"}]}}},
    ),
    "another's config as credentials": (
        "POST /services/create",
        {**STACK, "TaskTemplate": {"ContainerSpec": {"Privileges": {"CredentialSpec": {"Config": "bank_conf"}}}}},
    ),
    "its own secret with another's label": (
        "POST /secrets/shop_key/update?version=1",
        {"Name": "shop_key", "Labels": {STACK_LABEL: "bank"}},
    ),
    "its own secret without a label": ("POST /secrets/shop_key/update?version=1", {"Name": "shop_key"}),
    "what a service had before": (
        "POST /services/shop_web/update?version=1&rollback=previous",
        {**STACK, "Name": "shop_web"},
    ),
    "settings of another's network": (
        "POST /networks/create",
        {"Name": "n", "Labels": {LABEL: "shop"}, "ConfigFrom": {"Network": "bank_net"}},
    ),
    "a network that begins another's id": host(NetworkMode="bbb"),
    "its own network's name, which begins another's id": host(NetworkMode="eee"),
    "an endpoint by such a name": (
        "POST /containers/create",
        {**MINE, "NetworkingConfig": {"EndpointsConfig": {"eee": {}}}},
    ),
    "another's address on everybody's network": (
        "POST /containers/create",
        {**MINE, "MacAddress": "02-42-ac-11-00-03"},
    ),
    "the same for an endpoint": (
        "POST /containers/create",
        {
            **MINE,
            "HostConfig": {"NetworkMode": "shop_net"},
            "NetworkingConfig": {"EndpointsConfig": {"bridge": {"MacAddress": "02:42:AC:11:00:03"}}},
        },
    ),
    "a start on another's network": ("POST /containers/late/start", None),
    "a restart on another's network": ("POST /containers/late/restart", None),
    "a start on the network that has the name now": ("POST /containers/moved/start", None),
    "joining a network": ("POST /networks/shop_net/connect", {"Container": "bank"}),
    "all of them": ("POST /containers/prune", None),
    "images of all": ("DELETE /images/shop", None),
    "an image's files by its name in a query": ("GET /images/get?names=bank-saved", None),
    "several images' files": ("GET /images/get?names=x&names=bank-saved", None),
    "an image's files": ("GET /images/bank-saved/get", None),
}  # fmt: skip


@pytest.mark.parametrize("name", ELSEWHERE)
async def test_who_is_limited_to_a_project_touches_no_other(name: str) -> None:
    line, body = ELSEWHERE[name]
    assert isinstance(await asks(line, *OF_SHOP, body=body), Refusal)
    everywhere = bound(Role.DEPLOYER), bound(Role.OPERATOR)
    assert isinstance(await asks(line, *everywhere, body=body), Allowed)


@pytest.mark.parametrize(
    "line",
    [
        *("GET /containers/later/json", "GET /containers/later/archive?path=/", "DELETE /containers/later?force=1"),
        *("POST /containers/later/attach?stdin=1", "POST /containers/later/stop", "POST /containers/later/start"),
        *("GET /volumes/later", "DELETE /volumes/later", "GET /networks/later", "DELETE /networks/later"),
        *("GET /services/later", "GET /tasks/later/logs?stdout=1", "DELETE /secrets/later", "GET /configs/later"),
        f"GET /exec/{'0' * 64}/json",
    ],
)
async def test_what_is_not_there_is_not_asked_of_the_engine(line: str) -> None:
    """It may be there a moment later, and another project's: whoever asks again and again hits that moment."""
    with pytest.raises(NotThere, match=r"later|No such exec instance"):
        await asks(line, *OF_SHOP)


@pytest.mark.parametrize(
    "settings",
    [
        *({"Links": ["later:db"]}, {"Links": ["later"], "NetworkMode": "bridge"}, {"VolumesFrom": ["later:ro"]}),
        *({"PidMode": "container:later"}, {"IpcMode": "container:later"}, {"NetworkMode": "container:later"}),
    ],
)
async def test_nor_is_it_joined(settings: dict[str, Any]) -> None:
    with pytest.raises(NotThere, match="No such container: later") as raised:
        await asks("POST /containers/create", *OF_SHOP, body={**MINE, "HostConfig": settings})
    assert raised.value.status == 400, "docker pulls the image at 404"


@pytest.mark.parametrize(("query", "status"), [("", 404), ("?force=0", 404), ("?force=1", 204)])
async def test_a_volume_that_is_not_there_need_not_be_removed(query: str, status: int) -> None:
    with pytest.raises(NotThere) as raised:
        await asks(f"DELETE /volumes/later{query}", *OF_SHOP)
    assert raised.value.status == status


async def test_nor_does_a_service_join_it() -> None:
    body = {**STACK, "TaskTemplate": {"ContainerSpec": {"Image": "x"}, "Networks": [{"Target": "later"}]}}
    with pytest.raises(NotThere, match="network later not found"):
        await asks("POST /services/create", *OF_SHOP, body=body)


async def test_a_container_is_linked_and_joined_by_ids() -> None:
    """The engine looks up links once more when it restarts, by the words of the request."""
    settings = {
        "Links": ["shop:db", "shop", "/shop:/other/db"],
        "VolumesFrom": ["shop", "/shop:ro"],
        "PidMode": "container:shop",
        "IpcMode": "container:/shop",
        "NetworkMode": "default",
    }
    answer = await asks("POST /containers/create", *OF_SHOP, body={**MINE, "HostConfig": settings})
    assert isinstance(answer, Allowed)
    assert json.loads(answer.call.body) == {
        **MINE,
        "HostConfig": {
            "Links": [f"{ID}:db", f"{ID}:shop", f"{ID}:db"],
            "VolumesFrom": [ID, f"{ID}:ro"],
            "PidMode": f"container:{ID}",
            "IpcMode": f"container:{ID}",
            "NetworkMode": "default",
        },
    }
    named = {"NetworkMode": "shop_net", "Links": ["shop:db"]}
    answer = await asks("POST /containers/create", *OF_SHOP, body={**MINE, "HostConfig": named})
    assert isinstance(answer, Allowed) and json.loads(answer.call.body)["HostConfig"] == named


@pytest.mark.parametrize("what", ["connect", "disconnect"])
@pytest.mark.parametrize("roles", [OF_SHOP, (bound(Role.DEPLOYER),)])
async def test_a_container_joins_and_leaves_networks_by_its_id(what: str, roles: tuple[Binding, ...]) -> None:
    line = f"POST /networks/shop_net/{what}"
    answer = await asks(line, *roles, body={"Container": "shop"})
    assert isinstance(answer, Allowed) and json.loads(answer.call.body)["Container"] == ID
    if what == "connect":
        with pytest.raises(NotThere, match="No such container: later"):
            await asks(line, *roles, body={"Container": "later"})
    else:  # what is left there of one that is gone
        answer = await asks(line, *roles, body={"Container": "later", "Force": True})
        assert isinstance(answer, Allowed) and json.loads(answer.call.body)["Container"] == "later"


async def test_no_host_name_of_a_task_is_taken_that_a_node_brings() -> None:
    called = Known()
    called.objects[("node", "db")] = {}
    line, body = hostname("{{.Node.Hostname}}")
    answer = await decide(call_of(line, body), Identity(name="user x"), OF_SHOP, called)
    assert isinstance(answer, Denied) and "bank-db is of project bank" in answer.reasons[0].says


@pytest.mark.timeout(20)
@pytest.mark.parametrize("template", ["{{.Task.ID}}", "{{.Task.Slot}}x"])
async def test_host_names_of_many_templates_take_no_time(template: str) -> None:
    """As one regular expression they are tried in all combinations: nobody else's request is answered meanwhile."""
    called = Known()
    called.objects["container", "e" * 64] = {**ON_SHOP_NET, "Name": f"/{'x' * 63}"}
    line, body = hostname(template * 30 + "-")
    assert isinstance(await decide(call_of(line, body), Identity(name="user x"), OF_SHOP, called), Allowed)
    line, body = hostname(template * 65)
    with pytest.raises(TooMuch):
        await decide(call_of(line, body), Identity(name="user x"), OF_SHOP, called)


async def test_in_their_project_they_work_and_the_name_is_pinned_to_its_id() -> None:
    answer = await asks("POST /containers/shop/stop", *OF_SHOP)
    assert isinstance(answer, Allowed) and answer.call.names == {"container": ID}
    for line in ("DELETE /networks/shop_net", "POST /networks/shop_net/disconnect"):
        answer = await asks(line, *OF_SHOP, body={"Container": "shop"} if "POST" in line else None)
        assert isinstance(answer, Allowed) and answer.call.names == {"network": "d" * 64}
    answer = await asks("DELETE /services/shop_web", *OF_SHOP)
    assert isinstance(answer, Allowed) and answer.call.names == {"object": "w" * 25}
    for task in ("4", "5"):
        answer = await asks(f"GET /tasks/t{task}/logs?stdout=1", *OF_SHOP)
        assert isinstance(answer, Allowed) and answer.call.names == {"object": task * 25}
    mine = {**MINE, "HostConfig": {"Binds": ["shop_data:/x", "/srv/x:/y"], "NetworkMode": "default"}}
    assert isinstance(await asks("POST /containers/create?name=n", *OF_SHOP, body=mine), Allowed)


GOOD: dict[str, tuple[str, Any]] = {
    "a link to one's own": host(Links=["shop:db"]),
    "one's own network with other names": endpoint(
        Aliases=["web", "vault", "shop-web-1", "web.shop_net", "db.bank_net", "db.example.com", "tasks.web"],
        IPAMConfig={"IPv4Address": "10.1.0.8", "IPv6Address": "fd00::90"}, MacAddress="02-42-0a-01-00-08",
    ),
    "a volume that it makes with the label": host(
        Mounts=[{"Type": "volume", "Source": "new", "Target": "/x", "VolumeOptions": {"Labels": {LABEL: "shop"}}}]
    ),
    "a nameless volume of the container that it replaces": host(
        Mounts=[{"Type": "volume", "Source": "f" * 64, "Target": "/x"}]
    ),
    "an image that was built elsewhere by Compose": ("POST /containers/create", {**MINE, "Image": "pulled"}),
    "an update of its service": ("POST /services/shop_web/update?version=1", {**STACK, "Name": "shop_web"}),
    "its own address on everybody's network": (
        "POST /containers/create",
        {**MINE, "MacAddress": "02:42:ac:11:00:04", "Hostname": "bank-api"},
    ),
    "that address on its own network": (
        "POST /containers/create",
        {**MINE, "MacAddress": "02:42:ac:11:00:03", "HostConfig": {"NetworkMode": "shop_net"}},
    ),
    "a volume without a name": nameless({"x": "y"}),
    "one with its label": nameless({LABEL: "shop"}),
    "host names of its own": hostname("{{.Service.Name}}-{{.Task.Slot}}"),
    "names of nodes": hostname("{{.Node.Hostname}}"),
    "names of nodes with a network's": hostname("{{.Node.Hostname}}.{{.Service.Name}}.bank_net"),
    "one with an id": hostname("x-{{.Task.ID}}{{`-db`}}"),
    "a start with a link on a network of its own": ("POST /containers/elsewhere/start", None),
    "a link on it to what is not there yet": host(NetworkMode="shop_net", Links=["later:db"]),
    "a container of its own by what may begin another's id": host(PidMode="container:abc"),
    "a start on its own network": ("POST /containers/again/start", None),
    "a start where an admin connected it": ("POST /containers/kept/restart", None),
    "more labels of its secret": (
        "POST /secrets/shop_key/update?version=1",
        {"Name": "shop_key", "Labels": {STACK_LABEL: "shop", "owner": "dora"}},
    ),
    "limits of its container": ("POST /containers/shop/update", {"Memory": 1 << 30}),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
async def test_what_is_done_within_a_project_passes(name: str) -> None:
    line, body = GOOD[name]
    answer = await asks(line, *OF_SHOP, body=body)
    assert isinstance(answer, Allowed), answer


async def test_images_limit_what_is_made_and_touched() -> None:
    own = bound(Role.DEPLOYER, images=("registry.example.com/shop/*",))
    for image, kind in (("registry.example.com/shop/web:1", Allowed), ("evil/shop/web", Refusal)):
        assert isinstance(await asks("POST /containers/create", own, body={"Image": image}), kind)
        assert isinstance(await asks(f"POST /images/create?fromImage={image}&tag=1", own), kind)
    assert isinstance(await asks("POST /containers/bank/stop", own), Refusal)


async def test_who_is_limited_to_images_names_none_of_them() -> None:
    own = bound(Role.DEPLOYER, images=("registry.example.com/shop/*",))
    for held in (own, bound(Role.DEPLOYER), *OF_SHOP):
        for line in (
            "POST /images/create?fromSrc=-&repo=registry.example.com/shop/web", "POST /images/load",
            "POST /images/create?repo=registry.example.com/shop/web&tag=1",
            "POST /build?t=registry.example.com/shop/web",
            "POST /images/create?fromImage=&fromSrc=-&repo=registry.example.com/shop/web",
            "POST /images/x/tag?repo=registry.example.com/shop/web", "POST /commit?container=shop&repo=a",
        ):  # fmt: skip
            assert isinstance(await asks(line, held), Refusal), line
    assert isinstance(await asks("POST /images/create?fromImage=registry.example.com/shop/web&fromSrc=-", own), Allowed)
    for image in ("docker.io/library/db", "index.docker.io/db", "db"):
        assert isinstance(
            await asks("POST /containers/create", bound(Role.DEPLOYER, images=("db",)), body={"Image": image}), Allowed
        )
    for image in ("sha256:1", "db:1", "evil/db", "docker.io/evil/db"):
        assert isinstance(
            await asks("POST /containers/create", bound(Role.DEPLOYER, images=("db",)), body={"Image": image}), Refusal
        )


async def test_an_image_that_must_be_signed_came_from_its_registry() -> None:
    """Its name was given by somebody; the digest is its registry's."""
    own = bound(Role.DEPLOYER, images=("registry.example.com/shop/*", "pulled"))
    for image, kind in (
        ("registry.example.com/shop/tagged:1", Denied), ("registry.example.com/shop/pulled:1", Allowed),
        ("registry.example.com/shop/elsewhere:1", Denied), ("registry.example.com/shop/unknown:1", Allowed),
        ("registry.example.com/shop/web:1", Allowed), ("registry.example.com/shop/web:tagged", Denied),
    ):  # fmt: skip
        content = json.dumps({"Image": image}).encode()
        headers = {"content-type": "application/json", "content-length": str(len(content))}
        call = find_call(GuardRequest(method="POST", target="/containers/create", headers=headers, body=content))
        known, who = Known(), Identity(name="user x")
        for name, digests in (
            ("tagged", []),
            ("pulled", ["registry.example.com/shop/pulled@sha256:0"]),
            ("elsewhere", ["evil/x@sha256:0"]),
        ):  # fmt: skip
            known.objects["image", f"registry.example.com/shop/{name}:1"] = {"RepoDigests": digests}
        for tag, digest in (("1", SHIPPED), ("tagged", TAGGED)):  # in containerd's store every name has the digest
            names = [f"registry.example.com/shop/web@{digest}", f"web@{digest}"]
            known.objects["image", f"registry.example.com/shop/web:{tag}"] = {"Id": digest, "RepoDigests": names}
        assert isinstance(await decide(call, who, [own], known, signed=lambda image: True), kind), image
        assert isinstance(await decide(call, who, [own], known), Allowed)
        assert isinstance(
            await decide(call, who, [own, bound(Role.DEPLOYER)], known, signed=lambda image: True), Allowed
        )


async def test_secrets_are_seen_where_a_role_that_sees_them_reaches() -> None:
    held = bound(Role.VIEWER), bound(Role.OPERATOR, "shop")
    for line, sees in (
        ("GET /containers/shop/json", True), ("GET /containers/bank/json", False), ("GET /services", False),
    ):  # fmt: skip
        answer = await asks(line, *held)
        assert isinstance(answer, Allowed) and answer.sees_secrets is sees, line


@pytest.mark.parametrize(
    "line, body",
    [
        ("POST /containers/watcher/exec", {"Cmd": ["id"]}),
        ("POST /containers/watcher/attach?stream=1&stdin=1", None),
        ("POST /containers/create?name=watcher", MINE),
        ("POST /containers/shop/rename?name=watcher", None),
        ("POST /containers/create", {**MINE, "HostConfig": {"PidMode": "container:watcher"}}),
    ],
)
async def test_nobody_gets_the_role_of_a_container(line: str, body: Any) -> None:
    held = bound(Role.DEPLOYER), bound(Role.OPERATOR)
    assert isinstance(await asks(line, *held, body=body, reserved=frozenset({"watcher"})), Refusal)
    assert isinstance(await asks(line, *held, body=body), Allowed)


async def test_to_attach_without_input_is_to_look() -> None:
    viewer = bound(Role.VIEWER, "shop")
    for query, kind in (
        ("stream=1&stdout=1&stderr=1", Allowed), ("stream=1&stdout=1&stdin=0", Allowed), ("stdin=False", Allowed),
        ("stream=1&stdout=1&stdin=1", Refusal), ("stdin=y", Refusal), ("stdin=off", Refusal),
    ):  # fmt: skip
        assert isinstance(await asks(f"POST /containers/shop/attach?{query}", viewer), kind), query
    assert isinstance(await asks("POST /containers/bank/attach?stream=1&stdout=1", viewer), Refusal)


@pytest.mark.parametrize(
    ("line", "body", "held", "remedy"),
    [
        ("POST /containers/shop/exec", {}, [bound(Role.DEPLOYER, "shop")], "grant x operator --project shop --for 1h"),
        ("POST /containers/shop/exec", {}, [bound(Role.VIEWER)], "grant x operator --project shop --for 1h"),
        ("POST /containers/bank/exec", {}, [bound(Role.DEPLOYER, "shop")], "grant x operator --project bank --for 1h"),
        ("POST /containers/bank/exec", {}, [bound(Role.OPERATOR, "shop")], "grant x operator --project bank --for 1h"),
        ("POST /containers/shop/exec", {}, [], "grant x operator --project NAME --for 1h"),
        ("GET /containers/json", None, [], "grant x viewer --for 1h"),
        ("POST /containers/none/exec", {}, [bound(Role.VIEWER, "shop")], "grant x operator --project shop --for 1h"),
        ("POST /containers/create", {"Image": "x"}, [bound(Role.VIEWER, "shop")], "x deployer --image x --for 1h"),
        (
            "POST /containers/create", {**MINE, "HostConfig": {"Binds": ["bank_data:/x"]}},
            [bound(Role.DEPLOYER, "shop")],
            "grant x deployer --project shop --project bank --for 1h",
        ),
        (
            "POST /containers/create", {**MINE, "AttachStdin": True}, [bound(Role.DEPLOYER, "shop")],
            "grant x operator --project shop --for 1h",
        ),
        (
            "POST /containers/create", {"Image": "x"}, [bound(Role.DEPLOYER, "shop", "blog")],
            "make it your project's: --label com.docker.compose.project=shop",
        ),
        (
            "POST /volumes/create", {"Name": "x"}, [bound(Role.DEPLOYER, "shop")],
            "make it your project's: --label com.docker.compose.project=shop",
        ),
        ("POST /build", None, [bound(Role.VIEWER)], "let root do it"),
        (BUILDER, None, [bound(Role.VIEWER)], "let root do it"),
        ("GET /swarm/unlockkey", None, [bound(Role.DEPLOYER, "shop")], "let root do it"),
    ],
)  # fmt: skip
async def test_the_grant_that_a_refusal_names_gives_what_was_asked_and_no_more(
    line: str, body: Any, held: list[Binding], remedy: str
) -> None:
    """And, once given, it lets the request pass."""
    who = Identity(name="user x", names=frozenset({"user:x"}))
    call = call_of(line, body)
    answer = await decide(call, who, held, Known())
    assert isinstance(answer, Denied)
    told = [reason.remedy for reason in answer.reasons if reason.remedy]
    assert told and remedy in told[-1], answer.reasons
    assert all("admin --for" not in each and "grant x admin" not in each for each in told)
    given = re.search(r"grant x (\w+)((?: --\w+ \S+)*) --for", told[-1])
    if given and "NAME" not in remedy and "/none/" not in line:
        options = [part.split() for part in given[2].split(" --") if part]
        projects = tuple(value for name, value in options if name == "project")
        images = tuple(value for name, value in options if name == "image")
        grant = Binding(who="user:x", role=Role(given[1]), projects=projects, images=images)
        assert isinstance(await decide(call, who, [*held, grant], Known()), Allowed) or "AttachStdin" in str(body)


async def test_a_role_that_may_not_and_a_project_of_others_are_both_told() -> None:
    refusal = await asks("POST /containers/bank/exec", bound(Role.DEPLOYER, "shop"), body={})
    assert isinstance(refusal, Refusal)
    assert "deployer of shop" in refusal.says and "needs operator or admin" in refusal.says, refusal
    assert "container bank is of project bank" in refusal.says
    pulls = await asks(BUILDER, bound(Role.VIEWER))
    assert isinstance(pulls, Refusal) and "building images needs admin" in pulls.says, pulls


async def test_who_may_not_attach_input_makes_no_container_that_waits_for_it() -> None:
    """`docker run -i` would leave one behind that never starts."""
    deployer, operator = bound(Role.DEPLOYER, "shop"), bound(Role.OPERATOR, "shop")
    interactive = {**MINE, "OpenStdin": True, "StdinOnce": True, "AttachStdin": True}
    for held, body, kind in (
        ((deployer,), interactive, Refusal), ((deployer, operator), interactive, Allowed),
        ((deployer, bound(Role.OPERATOR, "bank")), interactive, Refusal),
        ((bound(Role.DEPLOYER),), interactive, Refusal),
        ((deployer,), {**MINE, "OpenStdin": True, "Tty": True}, Allowed),
        ((deployer,), {**MINE, "AttachStdin": False}, Allowed),
    ):  # fmt: skip
        assert isinstance(await asks("POST /containers/create", *held, body=body), kind), (held, body)
    refusal = await asks("POST /containers/create", deployer, body=interactive)
    assert isinstance(refusal, Refusal) and "(AttachStdin) needs operator or admin" in refusal.says
    spelt = json.dumps(interactive).replace("AttachStdin", "Attach\\u0053tdin").encode()
    headers = {"content-type": "application/json", "content-length": str(len(spelt))}
    call = find_call(GuardRequest(method="POST", target="/containers/create", headers=headers, body=spelt))
    assert isinstance(await decide(call, Identity(name="user x"), [deployer], Known()), Denied)


async def test_every_reason_is_told_at_once_and_nothing_of_others() -> None:
    held = bound(Role.DEPLOYER, "shop", images=("web",))
    body = {"Image": "evil", "AttachStdin": True, "HostConfig": {"Links": ["bank:db"], "Binds": ["bank_data:/x"]}}
    content = json.dumps(body).encode()
    headers = {"content-type": "application/json", "content-length": str(len(content))}
    call = find_call(
        GuardRequest(method="POST", target="/containers/create?name=watcher", headers=headers, body=content)
    )
    answer = await decide(call, Identity(name="user x"), [held], Known(), lambda: frozenset({"watcher"}))
    assert isinstance(answer, Denied) and not answer.within
    says = " / ".join(reason.says for reason in answer.reasons)
    for part in (
        "watcher has a role of its own",
        "of no project and image evil",
        "container bank is of project bank",
        "volume bank_data is of project bank",
        "AttachStdin",
    ):
        assert part in says, part
    mine = {"Image": "x", "AttachStdin": True}  # without the label, and of nobody else's
    content = json.dumps(mine).encode()
    headers["content-length"] = str(len(content))
    call = find_call(GuardRequest(method="POST", target="/containers/create", headers=headers, body=content))
    answer = await decide(call, Identity(name="user x"), [bound(Role.DEPLOYER, "shop")], Known())
    assert isinstance(answer, Denied) and answer.within and len(answer.reasons) == 2


def test_an_admin_has_no_limits() -> None:
    with pytest.raises(msgspec.ValidationError, match="no limits"):
        msgspec.convert({"who": "user:x", "role": "admin", "projects": ["a"]}, Binding)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"who": "alice", "role": "viewer"}, Binding)


def test_a_ticket_is_for_one_request_once_and_for_a_while() -> None:
    now = [0.0]
    tickets = Tickets(lambda: now[0])
    good = {"method": "POST", "target": "/containers/create", "body": b"{}"}

    def asked(token: str, **other: Any) -> GuardRequest:
        return GuardRequest(**{**good, **other}, headers={HEADER.lower(): token})

    def token() -> str:
        return tickets.stamp("POST", "/containers/create", b"{}", is_admin=True, who="user x")[1]

    for other in ({"method": "GET"}, {"target": "/containers/create?name=x"}, {"body": b'{"a":1}'}, {"body": b""}):
        assert tickets.redeem(asked(token(), **other)) is None
    first = token()
    vouched = tickets.redeem(asked(first))
    assert vouched is not None and vouched.is_admin and vouched.who == "user x"
    assert tickets.redeem(asked(first)) is None
    late = token()
    now[0] += GOOD_FOR + 1
    assert tickets.redeem(asked(late)) is None
    assert tickets.redeem(asked("")) is None


def test_grants_end_by_themselves_and_belong_to_their_folders_owner(tmp_path: Path) -> None:
    grants = Grants(tmp_path / "grants")
    assert grants.now() == []
    given = grants.give(bound(Role.OPERATOR), 3600, "why", "root")
    assert [grant.id for grant in Grants(tmp_path / "grants").now()] == [given.id]
    over = grants.give(bound(Role.ADMIN), -1, "over", "root")
    assert over not in grants.now()
    file = tmp_path / "grants" / f"{given.id}.json"
    assert file.stat().st_mode & 0o777 == 0o600
    (tmp_path / "grants" / "odd.json").write_text("{}")
    (tmp_path / "grants" / "open.json").write_bytes(file.read_bytes())
    os.chmod(tmp_path / "grants" / "open.json", 0o666)
    assert grants.now() == [given]
    assert grants.revoke(given.id) == [given]
    assert grants.now() == []
    with pytest.raises(UsageError):
        grants.revoke(given.id)


def test_a_grant_does_not_pass_to_a_later_user_of_the_same_name(tmp_path: Path) -> None:
    grants = Grants(tmp_path / "grants")
    grants.give(bound(Role.OPERATOR), 3600, "why", "root", uid=7001)
    roles = Roles(PolicyInForce, grants)
    first, later = (Identity(name="user x", names=frozenset({"user:x", f"user:{uid}"})) for uid in (7001, 7002))
    assert [binding.role for binding in roles.held(first)] == [Role.OPERATOR]
    assert roles.held(later) == []


def test_nor_to_a_later_group(tmp_path: Path) -> None:
    """Made anew under the name, it has another number, and other members."""
    grants = Grants(tmp_path / "grants")
    given = grants.give(Binding(who="group:ops", role=Role.OPERATOR), 3600, "why", "root", gid=8001)
    roles = Roles(PolicyInForce, grants)
    first, later = (
        Identity(name="user x", names=frozenset({"user:x", "user:7001", "group:ops", f"group:{gid}"}))
        for gid in (8001, 8002)
    )
    assert [binding.role for binding in roles.held(first)] == [Role.OPERATOR]
    assert roles.held(later) == []
    assert Grants(tmp_path / "grants").now() == [given]


def test_a_grant_holds_the_number_of_who_has_the_name_now() -> None:
    assert (user_number("user:nobody"), group_number("group:nogroup")) == (65534, 65534)
    assert (user_number("group:nogroup"), group_number("user:nobody")) == (None, None)
    assert (user_number("user:no-such-user"), group_number("group:no-such-group")) == (None, None)


def test_names_in_the_policy_that_nobody_has_are_told() -> None:
    names = ("user:root", "user:0", "user:roto", "group:nogroup", "group:ops-x", "container:web", "container:wbe",
             "certificate:ci", "user:roto")  # fmt: skip
    told = unknown_names([Binding(who=who, role=Role.VIEWER) for who in names], frozenset({"web"}))
    assert [each.split(" a role")[0].rpartition(" ")[2] for each in told] == [
        "user:roto",
        "group:ops-x",
        "container:wbe",
    ]


def test_each_grant_that_has_ended_is_told_once(tmp_path: Path) -> None:
    grants, other = Grants(tmp_path / "grants"), Grants(tmp_path / "grants")
    grants.give(bound(Role.OPERATOR), 3600, "why", "root")
    over = grants.give(bound(Role.VIEWER), -1, "over", "root")
    assert other.take_ended() == [over]
    assert grants.take_ended() == other.take_ended() == []
    assert len(grants.now()) == 1


class Engine:
    def __init__(self, known: dict[str, str]) -> None:
        self.known = known

    async def container(self, reference: str) -> Mapping[str, Any] | None:
        name = self.known.get(reference)
        return None if name is None else {"Id": reference, "Name": f"/{name}"}

    async def running(self) -> Mapping[str, Mapping[str, Any]]:
        return {}


async def test_a_user_of_this_host_is_known_by_name_and_number() -> None:
    here, there = socket.socketpair()
    with here, there:
        peer = peer_of(here)
    assert (peer.pid, peer.uid, peer.foreign) == (os.getpid(), os.getuid(), "")
    identity = await identity_of(Peer(pid=1, uid=0, groups=(0,)), Engine({}))
    assert identity.is_root and {"user:root", "user:0", "group:root"} <= identity.names


@pytest.mark.parametrize(
    "peer, name",
    [
        (Peer(pid=1, uid=0, containers=(ID,)), "can't be identified"),
        (Peer(pid=1, uid=0, containers=("b" * 64,)), "can't be identified"),
        (Peer(pid=1, uid=0, foreign="it runs in a process namespace of its own"), "can't be identified"),
        (Peer(pid=0, uid=0, foreign="gone"), "can't be identified"),
    ],
)
async def test_what_may_be_a_container_is_never_the_hosts_root(peer: Peer, name: str) -> None:
    identity = await identity_of(peer, Engine({ID: "web"}))
    assert name in identity.name
    assert not identity.is_root


def test_a_certificate_is_known_by_its_one_common_name() -> None:
    end = {"notAfter": "Jun  1 12:00:00 2100 GMT"}
    assert certificate({"subject": ((("commonName", "ci"),),), **end}).names == {"certificate:ci"}
    twice = ((("commonName", "a"),), (("commonName", "b"),))
    for bad in (twice, (), ((("commonName", ""),),), ((("commonName", "ci "),),), ((("commonName", "c\0i"),),)):
        assert certificate({"subject": bad, **end}).names == frozenset()
    assert certificate(None).names == certificate({}).names == frozenset()


def test_a_certificate_that_ends_while_its_holder_is_connected_has_no_role_any_more() -> None:
    over = certificate({"subject": ((("commonName", "ci"),),), "notAfter": "Jun  1 12:00:00 2020 GMT"})
    assert over.names and not over.now.names
    assert "which has ended" in over.now.name and over.now.now == over.now
    assert over.now.has_ended and not certificate(None).has_ended


async def test_many_who_come_at_a_time_cost_two_looks_at_the_engine_and_none_is_older_than_who_asks() -> None:
    class Counting(PeopleWorld):
        looks = 0

        async def _get(self, path: str) -> Any:
            Counting.looks += path == "/containers/json"
            await meanwhile(0.01)
            return [{"Id": ID}] if path == "/containers/json" else {"Id": ID, "State": {"Pid": Counting.looks}}

    def pids(found: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
        return {id: each["State"]["Pid"] for id, each in found.items()}

    world = Counting("unix:///none")
    first = asyncio.ensure_future(world.running())
    while not Counting.looks:
        await asyncio.sleep(0)
    others = await asyncio.gather(*(world.running() for _ in range(50)))
    assert pids(await first) == {ID: 1}
    assert [pids(each) for each in others] == [{ID: 2}] * 50
    assert pids(await world.running()) == {ID: 3}
