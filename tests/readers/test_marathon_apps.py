"""What apps and pods of Marathon say, and what is the agents' matter."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy.errors import UnreadableInput
from dockworthy.model.dialect import Platform
from dockworthy.model.field import Origin, Set, Unknown, Unset
from dockworthy.model.workload import MountKind, Unit
from dockworthy.readers.marathon import is_marathon
from dockworthy.readers.marathon.definitions import read_marathon
from dockworthy.readers.yaml_source import documents


def read(text: str) -> list[Unit]:
    (document,) = documents(text, "app.json")
    assert is_marathon(document)
    return read_marathon(document)


def app(more: str, kind: str = "DOCKER") -> Unit:
    (unit,) = read(f"{{id: /shop, container: {{type: {kind}, docker: {{image: shop}}}}, {more}}}")
    return unit


def value(field: Any) -> Any:
    assert isinstance(field, Set), field
    return field.value


def test_parameters_count_as_flags_of_docker_run_each_with_its_line() -> None:
    text = """{"id": "/shop", "container": {"type": "DOCKER", "docker": {"image": "shop",
  "parameters": [
    {"key": "cap-add", "value": "SYS_ADMIN"},
    {"key": "read-only",
     "value": "true"},
    {"key": "lxc-conf", "value": "x"}]}}}"""
    (unit,) = read(text)
    box = unit.containers[0]
    assert unit.dialect.platform is Platform.MARATHON
    assert value(box.capabilities_add) == ("SYS_ADMIN",)
    assert (box.capabilities_add.source.where, box.capabilities_add.source.line) == ("app.json", 3)  # type: ignore[union-attr]
    assert box.read_only_root.source.line == 5  # type: ignore[union-attr]
    assert [note.split(": ", 1)[1] for note in unit.notes] == ["docker run has no flag --lxc-conf"]


def test_a_parameter_that_docker_refuses_is_said_without_its_value() -> None:
    parameter = "{key: mount, value: 'type=volume,volume-opt=o=password=not-so-secret'}"
    with pytest.raises(UnreadableInput) as error:
        read(f"{{id: /shop, container: {{docker: {{image: shop, parameters: [\n{parameter}]}}}}}}")
    assert "app.json:2" in error.value.says
    assert "not-so-secret" not in error.value.says + error.value.hint


def test_the_user_of_an_app_does_not_reach_a_container_of_docker() -> None:
    assert isinstance(app("user: nobody").containers[0].context.user, Unknown)
    assert value(app("user: nobody", "MESOS").containers[0].context.user).name == "nobody"


def test_silence_is_the_hosts_network_and_a_share_of_memory() -> None:
    for kind in ("DOCKER", "MESOS"):
        unit = app("", kind)
        assert value(unit.namespaces.network) == "host"
        limits = unit.containers[0].limits
        assert (value(limits.memory), value(limits.cpus)) == (128 * 1024**2, 1.0)
        written = (unit.namespaces.network, limits.memory, limits.cpus)
        assert {field.origin for field in written if isinstance(field, Set)} == {Origin.PLATFORM}


def test_seccomp_of_mesos_is_silent_and_of_docker_the_default_one() -> None:
    assert value(app("").containers[0].context.seccomp).type == "RuntimeDefault"
    assert isinstance(app("", "MESOS").containers[0].context.seccomp, Unset)
    for field in (app("", "MESOS").containers[0].capabilities_add, app("", "MESOS").namespaces.pid):
        assert isinstance(field, Unknown)


@pytest.mark.parametrize(
    ("more", "network"),
    [
        ("networks: [{mode: container/bridge}]", "bridge"),
        ("networks: [{name: dcos}]", "dcos"),
        ("networks: [{mode: container, name: dcos}]", "dcos"),
        ("ipAddress: {networkName: dcos}", "dcos"),
    ],
)
def test_networks_of_today_and_of_older_files(more: str, network: str) -> None:
    assert value(app(more).namespaces.network) == network
    assert value(app(more, "MESOS").namespaces.network) == network


def test_limits_can_be_raised_and_lifted() -> None:
    limits = app("mem: 64, cpus: 0.5, resourceLimits: {mem: unlimited, cpus: 2}").containers[0].limits
    assert isinstance(limits.memory, Unset)
    assert value(limits.cpus) == 2.0


def test_a_secrets_name_is_no_value() -> None:
    text = "env: {A: b, TOKEN: {secret: token}}, secrets: {token: {source: shop/token}}"
    for kind in ("DOCKER", "MESOS"):
        box = app(text, kind).containers[0]
        assert value(box.environment) == {"A": "b"}
        assert value(box.secrets) == ("token",)


def test_ports_that_mesos_picks_are_open_and_unmapped_ones_are_not() -> None:
    (bridged,) = app("networks: [{mode: container/bridge}], portDefinitions: []").containers
    assert bridged.ports == ()
    text = (
        "{id: /shop, networks: [{mode: %s}], container: {docker: {image: shop}, "
        "portMappings: [{containerPort: 80, protocol: 'udp,tcp'}]}}"
    )
    for mode, picked in (("container/bridge", True), ("container", False)):
        ports = read(text % mode)[0].containers[0].ports
        assert [(port.container_port, port.protocol, port.picked) for port in ports] == [
            (80, "udp", picked),
            (80, "tcp", picked),
        ]


def test_volumes_of_every_kind() -> None:
    volumes = (
        "container: {type: MESOS, volumes: [{containerPath: data, persistent: {size: 10}, mode: RW}, "
        "{containerPath: key, secret: key}, {containerPath: /x, hostPath: /srv, mode: RO}, "
        "{containerPath: /y, external: {name: disk, provider: dvdi}}]}"
    )
    (unit,) = read(f"{{id: /shop, {volumes}}}")
    assert [(m.kind, m.source, m.read_only) for m in unit.containers[0].mounts] == [
        (MountKind.VOLUME, "data", False),
        (MountKind.BIND, "/srv", True),
        (MountKind.VOLUME, "disk", False),
    ]


def test_what_a_pod_says_counts_for_its_containers() -> None:
    (unit,) = read(
        """
id: /pair
user: nobody
environment: {A: b}
linuxInfo: {seccomp: {profileName: shop.json}}
scaling: {kind: fixed, instances: 2}
scheduling: {upgrade: {minimumHealthCapacity: 0.5}, placement: {constraints: [{fieldName: hostname, operator: UNIQUE}]}}
containers:
- {name: a, resources: {cpus: 1, mem: 32}, image: {kind: DOCKER, id: shop}, environment: {C: d},
   volumeMounts: [{name: v, mountPath: /x}],
   healthCheck: {exec: {command: {argv: [/shop, --health]}}, intervalSeconds: 5}}
- {name: b, resources: {cpus: 1, mem: 32}, user: root, exec: {command: {shell: sleep 1}}}
volumes: [{name: v, host: /srv/shop}]
"""
    )
    first, second = unit.containers
    assert (value(first.context.user).name, value(second.context.user).name) == ("nobody", "root")
    assert value(first.environment) == {"A": "b", "C": "d"}
    assert value(first.context.seccomp).name == "shop.json"
    assert value(first.health).test == ("CMD", "/shop", "--health")
    assert first.mounts[0].host_path == "/srv/shop"
    assert value(second.command) == ("/bin/sh", "-c", "sleep 1")
    assert value(unit.orchestrated.placement) == ("hostname UNIQUE",)
    assert value(unit.replicas) == 2


def test_an_address_that_is_fetched_keeps_no_password() -> None:
    (artifact,) = app("fetch: [{uri: 'https://ann:not-so-secret@files.example.com/a'}]").orchestrated.artifacts
    assert artifact.address == "https://files.example.com/a"
