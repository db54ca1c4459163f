"""The Compose reader: what reaches out of a service: mounts, ports, namespaces, networks, devices."""

from __future__ import annotations

import pytest

from dockworthy.model.workload import Mount, MountKind
from readers.compose_service import container, read, value, web


def mount(line: str, *others: str) -> Mount:
    (found,) = container("volumes:", f"  - {line}", *others).mounts
    return found


@pytest.mark.parametrize(
    ("written", "source", "kind", "read_only"),
    [
        ("./data:/data", "/srv/shop/data", MountKind.BIND, False),
        ("../data:/data/:ro", "/srv/data", MountKind.BIND, True),
        ("~/data:/data", "/home/ann/data", MountKind.BIND, False),
        ("/etc:/data:ro,z", "/etc", MountKind.BIND, True),
        ("data:/data:rw", "data", MountKind.VOLUME, False),
        ("/data", "", MountKind.VOLUME, False),
        ("{type: bind, source: ./data, target: /data, read_only: true}", "/srv/shop/data", MountKind.BIND, True),
        ("{type: volume, source: data, target: /data}", "data", MountKind.VOLUME, False),
        ("{type: tmpfs, target: /data}", "", MountKind.TMPFS, False),
    ],
)
def test_mounts(written: str, source: str, kind: MountKind, read_only: bool) -> None:
    found = mount(written)
    assert (found.source, found.target, found.kind, found.read_only) == (source, "/data", kind, read_only)
    assert found.anonymous == (kind is MountKind.VOLUME and not source)
    assert found.declared_at.line == 4


def test_propagation_short_and_long() -> None:
    assert mount("/srv:/srv:rshared").propagation == "rshared"
    assert mount("{type: bind, source: /srv, target: /srv, bind: {propagation: shared}}").propagation == "shared"


def test_a_volume_that_stands_for_a_path_of_the_host() -> None:
    (unit,) = read(
        "services: {web: {image: shop, volumes: ['data:/data']}}\n"
        "volumes: {data: {driver_opts: {type: none, o: 'bind,ro', device: /etc}}}"
    )
    assert unit.containers[0].mounts[0].host_path == "/etc"


def test_files_of_secrets_the_api_socket_and_other_services_are_mounts_too() -> None:
    web, job = read(
        """
services:
  web: {image: shop, secrets: [key], use_api_socket: true}
  job: {image: shop, volumes_from: ["web:ro"], tmpfs: /tmp}
secrets: {key: {file: ./key.pem}}
"""
    )
    sources = [mount.source for mount in web.containers[0].mounts]
    assert sources == ["/srv/shop/key.pem", "/var/run/docker.sock"]
    assert [mount.source for mount in job.containers[0].mounts] == ["", *sources]
    assert all(mount.read_only for mount in job.containers[0].mounts[1:])
    assert value(web.containers[0].secrets) == ("key",)


@pytest.mark.parametrize(
    ("written", "ports"),
    [
        ("'8080:80'", [(8080, 80, "", "tcp")]),
        ("127.0.0.1:8080:80/udp", [(8080, 80, "127.0.0.1", "udp")]),
        ("'[::1]:8080:80'", [(8080, 80, "::1", "tcp")]),
        ("22:22", [(22, 22, "", "tcp")]),
        ("9000-9001:80-81", [(9000, 80, "", "tcp"), (9001, 81, "", "tcp")]),
        ("{target: 80, published: 8080, host_ip: 127.0.0.1}", [(8080, 80, "127.0.0.1", "tcp")]),
        ("{target: 80, published: '8080', protocol: udp}", [(8080, 80, "", "udp")]),
    ],
)
def test_ports(written: str, ports: list[tuple[int, int, str, str]]) -> None:
    found = container(f"ports: [{written}]").ports
    assert [(port.host_port, port.container_port, port.host_ip, port.protocol) for port in found] == ports
    assert not any(port.picked for port in found)


@pytest.mark.parametrize("written", ["80", "'127.0.0.1::80'", "{target: 80}"])
def test_a_port_that_the_engine_picks(written: str) -> None:
    (port,) = container(f"ports: [{written}]").ports
    assert (port.container_port, port.host_port, port.picked) == (80, 0, True)


def test_an_exposed_port_is_not_published() -> None:
    (port,) = container("expose: ['80']").ports
    assert (port.container_port, port.host_port, port.picked) == (80, 0, False)


def test_namespaces_of_the_host_and_of_others() -> None:
    web, side, last, lonely = read(
        """
services:
  web: {image: shop, network_mode: host, pid: host, ipc: shareable}
  side: {image: shop, network_mode: "service:web", ipc: "service:web"}
  last: {image: shop, network_mode: "service:side"}
  lonely: {image: shop, network_mode: none, pid: "service:lonely"}
"""
    )
    assert value(web.namespaces.network) == value(side.namespaces.network) == value(last.namespaces.network) == "host"
    assert value(side.namespaces.ipc) == "shareable"
    assert value(lonely.namespaces.network) == "none"
    assert value(lonely.namespaces.pid) == "container:lonely"


def test_a_network_that_is_the_hosts_own_under_another_name() -> None:
    (unit,) = read("services: {web: {image: s, networks: [front]}}\nnetworks: {front: {name: host, external: true}}")
    assert value(unit.namespaces.network) == "host"


def test_devices_rules_sysctls_labels_replicas() -> None:
    unit = web(
        "devices: ['/dev/sda:/dev/xvda:r', '/dev/kvm']",
        "device_cgroup_rules: ['c 1:1 rwm']",
        "sysctls: [net.core.somaxconn=1024]",
        "labels: {team: shop}",
        "deploy: {replicas: 3, update_config: {order: start-first, monitor: 30s}}",
    )
    found = unit.containers[0]
    assert [(d.host_path, d.target, d.permissions) for d in found.devices] == [
        ("/dev/sda", "/dev/xvda", "r"),
        ("/dev/kvm", "/dev/kvm", "rwm"),
    ]
    assert value(found.device_rules) == ("c 1:1 rwm",)
    assert [(sysctl.name, sysctl.value) for sysctl in value(unit.sysctls)] == [("net.core.somaxconn", "1024")]
    assert (unit.labels, value(unit.replicas), value(unit.update).monitor) == ({"team": "shop"}, 3, 30)
