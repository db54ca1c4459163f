"""The create request: what it says, and what it leaves to the engine."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy.errors import UnreadableInput
from dockworthy.model.dialect import Version
from dockworthy.model.field import Origin, Set, Unknown, Unset
from dockworthy.model.workload import Container, Mount, MountKind, Unit
from dockworthy.readers.engine_context import EngineContext
from readers.request_read import ENGINE, read, value


def unit(engine: EngineContext = ENGINE, **host: Any) -> Unit:
    return read({"Image": "shop:1", "HostConfig": host}, engine).unit


def container(engine: EngineContext = ENGINE, **host: Any) -> Container:
    return unit(engine, **host).containers[0]


def test_unknown_keys_are_named_by_their_paths() -> None:
    request = read({"Image": "a", "Frob": 1, "HostConfig": {"Twist": {}, "Mounts": [{"Target": "/x", "Odd": 1}]}})
    assert request.unknown_keys == ("Frob", "HostConfig.Twist", "HostConfig.Mounts[0].Odd")


def test_a_persons_own_keys_may_differ_by_case_and_null_is_as_good_as_absent() -> None:
    request = read({"Labels": {"A": "1", "a": "2"}, "Env": None, "HostConfig": {"CapAdd": None, "Memory": None}})
    assert request.unit.labels == {"A": "1", "a": "2"}
    assert request.unknown_keys == ()
    assert isinstance(request.unit.containers[0].capabilities_add, Unset)
    assert isinstance(request.unit.containers[0].limits.memory, Unset)


@pytest.mark.parametrize(
    "body",
    [
        {"Labels": {"a": None}},
        {"HostConfig": {"Sysctls": {"kernel.core_pattern": None}}},
        {"HostConfig": {"Tmpfs": {"/x": None}}},
        {"HostConfig": {"LogConfig": {"Config": {"tag": None}}}},
        {"HostConfig": {"Mounts": [{"Type": "volume", "Target": "/x", "VolumeOptions": {"Labels": {"a": None}}}]}},
        {"NetworkingConfig": {"EndpointsConfig": {"x": {"DriverOpts": {"a": None}}}}},
    ],
)
def test_null_among_a_persons_own_keys_has_two_readings(body: dict[str, Any]) -> None:
    """The engine keeps the key, with an empty text; who passes over it does not see the key."""
    with pytest.raises(UnreadableInput, match="null"):
        read({"Image": "a", **body})


def test_brackets_in_texts_are_no_nesting() -> None:
    assert value(read({"Image": "[" * 200 + '"' + "{" * 100}).unit.containers[0].image).startswith("[[")


def test_silence_is_unset_or_the_engines_default() -> None:
    silent = unit()
    box = silent.containers[0]
    unset: tuple[Any, ...] = (box.privileged, box.read_only_root, box.capabilities_add, box.init, box.limits.memory)
    for field in unset:
        assert isinstance(field, Unset)
    by_image: tuple[Any, ...] = (box.context.user, box.health, box.command)
    for field in by_image:
        assert isinstance(field, Unknown) and "image" in field.reason
    spaces = silent.namespaces
    assert [value(f) for f in (spaces.network, spaces.pid, spaces.ipc, spaces.uts, spaces.cgroup, spaces.user)] == [
        *("bridge", "private", "private", "private", "host", "host")
    ]
    assert isinstance(spaces.ipc, Set) and spaces.ipc.origin is Origin.PLATFORM
    assert value(box.restart).name == "no" and value(box.logging).driver == "local"
    assert value(box.context.seccomp).type == "RuntimeDefault"


def test_an_engine_that_was_not_asked_leaves_gaps() -> None:
    unseen = unit(EngineContext())
    assert isinstance(unseen.namespaces.cgroup, Unknown)
    assert isinstance(unseen.containers[0].logging, Unknown)
    assert isinstance(unseen.containers[0].context.seccomp, Unknown)


def test_the_options_of_the_default_log_driver_are_not_visible() -> None:
    by_default = container(EngineContext(log_driver="json-file")).logging
    assert isinstance(by_default, Unknown) and by_default.tell
    written = container(LogConfig={"Type": "json-file", "Config": {"max-size": "1m"}}).logging
    assert value(written).options == {"max-size": "1m"}


def test_old_clients_share_their_ipc_and_can_write_no_annotations() -> None:
    body = {"HostConfig": {"Annotations": {"a": "b"}}}
    old, new = read(body, api_version=Version(1, 39)).unit, read(body, api_version=Version(1, 45)).unit
    assert (value(old.namespaces.ipc), value(new.namespaces.ipc)) == ("shareable", "private")
    assert (set(old.annotations), set(new.annotations)) == (set(), {"a"})


def test_swap_is_twice_the_memory_where_nobody_speaks_of_it() -> None:
    assert value(container(Memory=100).limits.memory_swap) == 200
    assert value(container(Memory=100, MemorySwap=100).limits.memory_swap) == 100
    assert value(container(Memory=100, MemorySwap=-1).limits.memory_swap) == -1


def _told(mounts: tuple[Mount, ...]) -> list[tuple[MountKind, str, str, bool, bool]]:
    return [(m.kind, m.source, m.target, m.read_only, m.anonymous) for m in mounts]


def test_mounts_of_every_kind() -> None:
    body = {
        "Volumes": {"/cache": {}, "/data/": {}},
        "HostConfig": {
            "Binds": ["/srv:/srv:ro,rslave", "data:/data", "/nameless"],
            "Mounts": [{"Type": "bind", "Source": "/etc", "Target": "/e", "ReadOnly": True}],
            "Tmpfs": {"/run": "rw,size=1m", "/ro": "ro"},
        },
    }
    assert _told(read(body).unit.containers[0].mounts) == [
        (MountKind.BIND, "/etc", "/e", True, False),
        (MountKind.BIND, "/srv", "/srv", True, False),
        (MountKind.VOLUME, "data", "/data", False, False),
        (MountKind.VOLUME, "", "/nameless", False, True),
        (MountKind.TMPFS, "", "/run", False, False),
        (MountKind.TMPFS, "", "/ro", True, False),
        (MountKind.VOLUME, "", "/cache", False, True),
    ]


def test_a_volume_leads_where_its_options_lead_and_new_options_change_nothing() -> None:
    there = {"sly": {"Name": "sly", "Options": {"type": "none", "o": "bind", "device": "/etc"}}}
    engine = EngineContext(volumes=there)
    harmless = {"DriverConfig": {"Name": "local", "Options": {"type": "tmpfs", "device": "tmpfs"}}}
    mounts = container(
        engine,
        Binds=["sly:/a"],
        Mounts=[
            {"Type": "volume", "Source": "sly", "Target": "/b", "VolumeOptions": harmless},
            {
                "Type": "volume",
                "Target": "/c",
                "VolumeOptions": {"DriverConfig": {"Options": {"o": "rw,rbind", "device": "/var/run"}}},
            },
        ],
    ).mounts
    assert {mount.target: mount.host_path for mount in mounts} == {"/a": "/etc", "/b": "/etc", "/c": "/var/run"}


def test_mounts_of_other_containers_are_named() -> None:
    box = container(VolumesFrom=["db:ro"])
    assert value(box.mounts_from) == ("db:ro",)
    assert box.unclear["mounts"].tell == "docker inspect db"
    assert not container(VolumesFrom=[], DeviceRequests=None, PublishAllPorts=False).unclear


def test_ports_published_exposed_and_picked_by_the_engine() -> None:
    body: dict[str, Any] = {
        "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
        "HostConfig": {
            "PortBindings": {
                "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}],
                "81": [{"HostPort": ""}, {"HostPort": "0"}],
                "82/tcp": [{"HostPort": "8000-8010"}],
                "83/tcp": [],
            }
        },
    }
    ports = read(body).unit.containers[0].ports
    assert [(p.container_port, p.protocol, p.host_ip, p.host_port, p.picked) for p in ports] == [
        (80, "tcp", "127.0.0.1", 8080, False),
        (81, "tcp", "", 0, True),
        (81, "tcp", "", 0, True),
        (82, "tcp", "", 8000, False),
        (53, "udp", "", 0, False),
    ]
    body["HostConfig"]["PublishAllPorts"] = True
    assert read(body).unit.containers[0].ports[-1].picked


def test_a_network_by_mode_and_by_endpoint() -> None:
    body = {"HostConfig": {"NetworkMode": "shop"}, "NetworkingConfig": {"EndpointsConfig": {"shop": {}, "edge": {}}}}
    assert value(read(body).unit.networks) == ("shop", "edge")
    joined = unit(NetworkMode="container:db")
    assert (value(joined.namespaces.network), value(joined.networks)) == ("container:db", ())
    assert value(read({"NetworkDisabled": True}).unit.namespaces.network) == "none"
