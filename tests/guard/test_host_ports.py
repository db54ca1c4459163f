"""Nobody publishes a port of the host's own programs, of the edge, or of the swarm."""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from dockworthy.errors import EngineError, UnreadableInput
from dockworthy.facts.host.sockets import listening_here
from dockworthy.guard.engine_world import heard, published_now, with_owners
from dockworthy.guard.explaining import explain, request_of_run
from dockworthy.guard.floor.host_ports import Listening, SwarmPorts
from dockworthy.guard.policy_in_force import PolicyInForce
from dockworthy.model.guard_policy import GuardPolicy
from dockworthy.model.ports import Ports
from dockworthy.readers.project_file import parse_project_file
from guard.test_edge import EDGE, SPEC
from guard.test_edge import Recorded as EdgeWorld
from guard.test_judging import World, ask
from guard.worlds import LOOKED_AT

RULE = "guard/host-ports"
CREATE, SERVICE, UPDATE = "POST /containers/create", "POST /services/create", "POST /services/web/update?version=1"


def at(address: str, port: int, *, protocol: str = "tcp", by: str = "") -> Listening:
    return Listening(protocol, ipaddress.ip_address(address), port, by)


class Host(World):
    """`asked`: how often somebody looked who listens."""

    def __init__(
        self, *listening: Listening, nodes: int = 0, data_path: int = 4789, **found: Mapping[str, Any]
    ) -> None:
        super().__init__(**found)
        self._listening, self._swarm, self.asked = listening, SwarmPorts(nodes, data_path), 0

    async def listening(self, ports: Sequence[Ports], *, published: bool = False) -> Sequence[Listening]:
        self.asked += 1
        found = [each for each in self._listening if any(one.holds(each.protocol, each.port) for one in ports)]
        return [each for each in found if published or each.by != "container"]

    async def swarm_ports(self) -> SwarmPorts:
        return self._swarm


class WithEdge(Host):
    async def edge_specs(self) -> Sequence[Mapping[str, Any]]:
        return ({**SPEC, "ports": [{"target": 8080, "published": "80"}, {"target": 8443, "published": 443}]},)


def container(port: str, address: str = "", protocol: str = "tcp") -> dict[str, Any]:
    return {
        "Image": "shop",
        "HostConfig": {"PortBindings": {f"80/{protocol}": [{"HostIp": address, "HostPort": port}]}},
    }


def service(port: int, protocol: str = "tcp", mode: str = "ingress") -> dict[str, Any]:
    published = {"Protocol": protocol, "TargetPort": 80, "PublishedPort": port, "PublishMode": mode}
    return {
        "Name": "web",
        "TaskTemplate": {"ContainerSpec": {"Image": LOOKED_AT}},
        "EndpointSpec": {"Ports": [published]},
    }


def listing(*ports: int | str) -> PolicyInForce:
    return PolicyInForce(guard=GuardPolicy(ports=ports))


SSHD = at("0.0.0.0", 22)


@pytest.mark.parametrize(
    ("body", "listener", "refuses"),
    [
        (container("22"), SSHD, True),
        (container("22", "0.0.0.0"), SSHD, True),
        (container("22", "127.0.0.1"), SSHD, True),
        (container("22", "::ffff:127.0.0.1"), SSHD, True),
        (container("22", "::"), SSHD, False),
        (container("22", "::1"), SSHD, False),
        (container("0022"), SSHD, True),
        (container("20-25"), SSHD, True),
        (container("23-25"), SSHD, False),
        (container("22", protocol="udp"), SSHD, False),
        (container("22", protocol="TCP"), SSHD, True),
        (container("53", protocol="udp"), at("127.0.0.53", 53, protocol="udp"), True),
        (container("22"), at("::", 22), True),
        (container("22", "10.0.0.1"), at("::", 22), True),
        (container("22", "10.0.0.1"), at("10.0.0.2", 22), False),
        (container("22", "10.0.0.2"), at("10.0.0.2", 22), True),
        (container("5432"), at("127.0.0.1", 5432), True),
        (container("5432", "0.0.0.0"), at("::1", 5432), False),
        (container("not an address", "22"), SSHD, False),
        (container("22", "nonsense"), SSHD, True),
        (container("22", "::1%lo"), SSHD, True),
        (container("22", "fe80::1%x"), SSHD, True),
        (container("22", "127.0.0.1%lo"), at("10.0.0.1", 22), True),
        (container("22", "[::1]"), SSHD, True),
        (container("22", "127.1"), at("10.0.0.1", 22), True),
        (container("22", "::ffff:10.0.0.1%x"), at("10.0.0.2", 22), True),
        (container(""), at("0.0.0.0", 32768), False),
        (container("0"), SSHD, False),
        (container("80"), SSHD, False),
        (container("8080"), at("0.0.0.0", 8080, by="container"), False),
    ],
)
async def test_a_container_has_no_port_of_a_program_of_the_host(
    body: dict[str, Any], listener: Listening, refuses: bool
) -> None:
    message = (await ask(CREATE, body, world=Host(listener))).message()
    assert (RULE in message) is refuses, message


@pytest.mark.parametrize(
    "port", ["not a port", "70000", "25-20", "0-70000", "+22", " 22", "22 ", "٢٢", "22-23-24", "-"]
)
async def test_a_port_that_can_be_read_in_two_ways_is_none(port: str) -> None:
    assert "guard/canonical" in (await ask(CREATE, container(port))).message()


@pytest.mark.parametrize("action", ["start", "restart"])
async def test_a_container_that_was_there_does_not_start_where_a_program_listens(action: str) -> None:
    made = {
        "Id": "b" * 64,
        "Name": "/shop",
        "Config": {"Image": "shop"},
        "HostConfig": container("22")["HostConfig"] | {"MaskedPaths": ["/x"] * 9, "ReadonlyPaths": ["/x"] * 9},
        "Mounts": [],
        "State": {"Status": "exited"},
    }
    for listener, refuses in ((SSHD, True), (at("0.0.0.0", 22, by="container"), False), (at("0.0.0.0", 23), False)):
        message = (await ask(f"POST /containers/shop/{action}", world=Host(listener, shop=made))).message()
        assert (RULE in message) is refuses, message


async def test_nobody_looks_for_who_publishes_nothing() -> None:
    world = Host(SSHD)
    await ask(CREATE, {"Image": "shop"}, world=world)
    await ask(CREATE, container(""), world=world)
    await ask(SERVICE, service(0), world=world)
    assert not world.asked


@pytest.mark.parametrize("mode", ["ingress", "host", ""])
@pytest.mark.parametrize(
    ("port", "protocol"), [(22, "tcp"), (2377, "tcp"), (7946, "tcp"), (7946, "udp"), (4789, "udp"), (5789, "udp")]
)
async def test_no_service_has_a_port_of_the_nodes_whatever_is_listed(port: int, protocol: str, mode: str) -> None:
    for policy in (PolicyInForce(), listing("1-65535/tcp", "1-65535/udp")):
        world = Host(nodes=1, data_path=5789)
        message = (await ask(SERVICE, service(port, protocol, mode), world=world, policy=policy)).message()
        assert RULE in message, message


async def test_low_ports_of_services_are_listed_unless_the_swarm_has_one_node() -> None:
    for nodes, policy, refuses in (
        (0, PolicyInForce(), True),
        (3, PolicyInForce(), True),
        (3, listing(443), False),
        (3, listing("400-500/tcp"), False),
        (3, listing("443/udp"), True),
        (1, PolicyInForce(), False),
    ):
        message = (await ask(SERVICE, service(443), world=Host(nodes=nodes), policy=policy)).message()
        assert (RULE in message) is refuses, (nodes, message)
    assert RULE not in (await ask(SERVICE, service(8080), world=Host(nodes=3))).message()
    assert RULE not in (await ask(SERVICE, service(0), world=Host(nodes=3))).message()


async def test_a_service_takes_no_port_of_a_program_or_container_of_this_node() -> None:
    for listener, mode, refuses in (
        (at("0.0.0.0", 8022), "ingress", True),
        (at("127.0.0.1", 8022), "ingress", True),
        (at("0.0.0.0", 8022), "host", True),
        (at("0.0.0.0", 8022, by="container"), "ingress", True),
        (at("0.0.0.0", 8022, by="container"), "host", False),
        (at("::", 8022, by="service"), "ingress", False),
    ):
        message = (await ask(SERVICE, service(8022, mode=mode), world=Host(listener))).message()
        assert (RULE in message) is refuses, (listener, mode, message)


async def test_a_service_keeps_the_ports_that_it_has_and_takes_no_more() -> None:
    there = {"Spec": service(443), "PreviousSpec": service(22)}
    world = Host(at("::", 443), nodes=3, service_web=there)
    assert RULE not in (await ask(UPDATE, service(443), world=world)).message()
    assert RULE in (await ask(UPDATE, service(444), world=world)).message()
    assert RULE in (await ask(UPDATE, service(443, mode="host"), world=world)).message()
    assert RULE in (await ask(f"{UPDATE}&rollback=previous", service(443), world=world)).message()


async def test_the_ports_of_the_edge_are_its_own() -> None:
    for body in (container("443"), container("80", "127.0.0.1"), container("400-500")):
        assert "is the edge's" in (await ask(CREATE, body, world=WithEdge())).message()
    assert "is the edge's" in (await ask(SERVICE, service(443), world=WithEdge(nodes=1))).message()
    assert RULE not in (await ask(CREATE, container("8443"), world=WithEdge())).message()


async def test_the_edge_itself_has_them_and_no_others() -> None:
    class Recorded(EdgeWorld):
        async def edge_specs(self) -> Sequence[Mapping[str, Any]]:
            return await WithEdge().edge_specs()

        async def listening(self, ports: Sequence[Ports], *, published: bool = False) -> Sequence[Listening]:
            return await Host(SSHD).listening(ports, published=published)

    for port, refuses in (("443", False), ("22", True)):
        host = {**EDGE["HostConfig"], **container(port)["HostConfig"]}
        message = (await ask(CREATE, {**EDGE, "HostConfig": host}, world=Recorded())).message()
        assert (RULE in message) is refuses, message


async def test_what_is_listed_is_all() -> None:
    policy = listing(443, "8000-8010", "53/udp")
    for port, protocol, allowed in (
        ("443", "tcp", True), ("443", "udp", False), ("8000-8010", "tcp", True), ("8010-8011", "tcp", False),
        ("53", "udp", True), ("80", "tcp", False), ("", "tcp", True),
    ):  # fmt: skip
        message = (await ask(CREATE, container(port, protocol=protocol), policy=policy)).message()
        assert (RULE not in message) is allowed, (port, message)
    assert RULE in (await ask(CREATE, container("443"), world=Host(at("::", 443)), policy=policy)).message()


@pytest.mark.parametrize("written", ["[]", "[0]", "[70000]", "[x]", '["80/icmp"]', '["9-8"]', "80", "[1.5]", "[-1]"])
def test_a_list_that_says_no_port_is_not_read(written: str, tmp_path: Any) -> None:
    file = tmp_path / "dockworthy.yaml"
    file.write_text(f"guard: {{ports: {written}}}\n")
    with pytest.raises(UnreadableInput):
        parse_project_file(file.read_text(), "x")
    file.write_text("guard: {ports: [80, 443/tcp, 8000-8010/udp]}\n")
    assert [str(each) for each in parse_project_file(file.read_text(), "x").guard.listed_ports()] == [
        "80/tcp",
        "443/tcp",
        "8000-8010/udp",
    ]


async def test_explain_says_what_it_could_not_see() -> None:
    line = ["docker", "run", "-p", "22:22", "busybox"]
    explained = await explain(request_of_run(line, "/"), PolicyInForce())
    assert any("who listens on the host" in each for each in explained.open)
    explained = await explain(request_of_run(line, "/"), PolicyInForce(), Host(SSHD))
    assert RULE in explained.decision.message() and "ss -tulpn" in explained.decision.message()


async def test_who_listens_and_cannot_be_told_is_no() -> None:
    class Silent(World):
        async def listening(self, ports: Sequence[Ports], *, published: bool = False) -> Sequence[Listening]:
            raise EngineError("who listens on this host can't be told")

    assert "guard/unknown" in (await ask(CREATE, container("80"), world=Silent())).message()


def _found(port: int, protocol: str, published: Iterable[Listening] = ()) -> list[Listening]:
    listening = (each for each in map(heard, listening_here()) if (each.protocol, each.port) == (protocol, port))
    return list(with_owners(listening, published))


def test_the_kernel_tells_who_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        assert _found(tcp.getsockname()[1], "tcp") == [at("127.0.0.1", tcp.getsockname()[1])]
        assert _found(udp.getsockname()[1], "udp") == [at("127.0.0.1", udp.getsockname()[1], protocol="udp")]


def test_a_listener_is_a_containers_only_at_the_address_that_it_publishes() -> None:
    containers = [
        {"Ports": [{"IP": "127.0.0.1", "PrivatePort": 1, "PublicPort": 22, "Type": "tcp"}, {"PrivatePort": 9}]}
    ]
    services = [{"Endpoint": {"Ports": [{"Protocol": "tcp", "TargetPort": 1, "PublishedPort": 90},
                                        {"Protocol": "tcp", "PublishedPort": 91, "PublishMode": "host"}]}}]  # fmt: skip
    found = with_owners(
        [at("127.0.0.1", 22), at("10.0.0.1", 22), at("::", 90), at("::1", 90), at("::", 91)],
        published_now(json.loads(json.dumps(containers)), services),
    )
    assert [each.by for each in found] == ["container", "", "service", "", ""]
