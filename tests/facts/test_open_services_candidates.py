"""Which services of a host are asked: those that others reach."""

from __future__ import annotations

import pytest

from dockworthy.facts.open_services import read_open_services
from dockworthy.facts.open_services.candidates import candidates_of
from dockworthy.model.field import Set, Source, Unknown
from dockworthy.model.host import Host, Listener
from dockworthy.model.snapshot import ContainerFacts, EngineFacts

HERE = Source("test")


def listener(program: str, port: int, address: str = "0.0.0.0", protocol: str = "tcp") -> Listener:
    return Listener(protocol, address, port, 7, program)


def host(*listeners: Listener) -> Host:
    return Host(listeners=Set(listeners, HERE))


def engine(image: str, ports: dict[str, object], *, running: bool = True) -> EngineFacts:
    inspect = {"Config": {"Image": image}, "State": {"Running": running}, "NetworkSettings": {"Ports": ports}}
    container = ContainerFacts(id="a", name="box", inspect=Set(inspect, HERE))
    return EngineFacts(containers=Set((container,), HERE))


OWN = "192.0.2.7"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (listener("redis-server", 6380), ("Redis", OWN, 6380)),
        (listener("redis-server", 6379, "127.0.0.1"), None),
        (listener("redis-server", 6379, "::1", "tcp6"), None),
        (listener("redis-server", 6379, "192.0.2.9"), ("Redis", "192.0.2.9", 6379)),
        (listener("memcached", 11211, "0.0.0.0", "udp"), None),
        (listener("java", 9200, "::", "tcp6"), ("Elasticsearch", OWN, 9200)),
        (listener("java", 8080), None),
        (listener("", 5432), ("PostgreSQL", OWN, 5432)),
        (listener("sshd", 6379), None),
        (listener("etcd", 2380), None),
        (listener("dockerd", 2375), ("Docker API", OWN, 2375)),
        (listener("dockerd", 2376), None),
        (listener("docker-proxy", 6379), None),
    ],
)
def test_which_listeners_are_asked(given: Listener, expected: tuple[str, str, int] | None) -> None:
    found = [(each.service, each.address, each.port) for each in candidates_of(host(given), EngineFacts(), OWN)]
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("image", "ports", "expected"),
    [
        ("redis:7", {"6379/tcp": [{"HostIp": "0.0.0.0", "HostPort": "16379"}]}, [("Redis", OWN, 16379)]),
        ("redis:7", {"6379/tcp": [{"HostIp": "127.0.0.1", "HostPort": "6379"}]}, []),
        ("redis:7", {"6379/tcp": None}, []),
        ("registry:2", {"5000/tcp": [{"HostIp": "", "HostPort": "5000"}]}, [("registry", OWN, 5000)]),
        ("shop:1", {"5000/tcp": [{"HostIp": "", "HostPort": "5000"}]}, []),
        ("shop:1", {"9200/tcp": [{"HostIp": "", "HostPort": "x"}, "odd"]}, []),
        (
            "mongo:7",
            {"27017/tcp": [{"HostIp": "0.0.0.0", "HostPort": "27017"}, {"HostIp": "::", "HostPort": "27017"}]},
            [("MongoDB", OWN, 27017)],
        ),
    ],
)
def test_which_published_ports_are_asked(
    image: str, ports: dict[str, object], expected: list[tuple[str, str, int]]
) -> None:
    found = candidates_of(Host(), engine(image, ports), OWN)
    assert [(each.service, each.address, each.port) for each in found] == expected
    assert candidates_of(Host(), engine(image, ports, running=False), OWN) == []


def test_a_host_without_an_address_is_reached_by_nobody() -> None:
    assert candidates_of(host(listener("redis-server", 6379)), EngineFacts(), "") == []


async def test_another_machine_is_not_asked() -> None:
    field = await read_open_services(host(listener("redis-server", 6379)), EngineFacts(), here=False)
    assert isinstance(field, Unknown) and "another machine" in field.reason
    field = await read_open_services(Host(), EngineFacts(), here=True, wanted=False)
    assert isinstance(field, Unknown) and "switched off" in field.reason
