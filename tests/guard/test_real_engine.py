"""A guarded engine: what would make somebody root on the host is refused, what people do every day passes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guard.guarded import Guarded, start_guarded
from machines.images import BUSYBOX
from machines.own_host import start_host

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def guarded(engines_folder: Path) -> Iterator[Guarded]:
    host = start_host(engines_folder / "guard-real-engine")
    try:
        yield start_guarded(host)
    finally:
        host.stop()


def create(guarded: Guarded, host_config: dict[str, Any], **more: Any) -> Any:
    body = {"Image": BUSYBOX, "Cmd": ["true"], "HostConfig": host_config, **more}
    return guarded.ask("POST", "/v1.45/containers/create", body)


BOUND = {"type": "none", "o": "bind"}

ATTACKS: dict[str, dict[str, Any]] = {
    "privileged": {"Privileged": True},
    "bind of the root": {"Binds": ["/:/host"]},
    "bind of a folder": {"Binds": ["/srv:/x"]},
    "bind by mounts": {"Mounts": [{"Type": "bind", "Source": "/etc", "Target": "/x"}]},
    "volume that binds": {
        "Mounts": [
            {
                "Type": "volume",
                "Target": "/x",
                "VolumeOptions": {
                    "DriverConfig": {"Name": "local", "Options": {"type": "none", "o": "bind", "device": "/"}}
                },
            }
        ]
    },
    "socket of the engine": {"Binds": ["/var/run/docker.sock:/s"]},
    "host network": {"NetworkMode": "host"},
    "host processes": {"PidMode": "host"},
    "host IPC": {"IpcMode": "host"},
    "every capability": {"CapAdd": ["ALL"]},
    "SYS_ADMIN": {"CapAdd": ["SYS_ADMIN"]},
    "a disk": {"Devices": [{"PathOnHost": "/dev/vda", "PathInContainer": "/dev/x", "CgroupPermissions": "rwm"}]},
    "a device rule": {"DeviceCgroupRules": ["b *:* rwm"]},
    "no seccomp": {"SecurityOpt": ["seccomp=unconfined"]},
    "a seccomp profile of one's own": {"SecurityOpt": ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}']},
    "the last option wins": {"SecurityOpt": ["seccomp=builtin", "seccomp:unconfined"]},
    "no masks": {"MaskedPaths": []},
    "no read-only paths": {"ReadonlyPaths": []},
    "a runtime of one's own": {"Runtime": "/tmp/shim"},
    "cgroup elsewhere": {"CgroupParent": "/system.slice"},
    "log driver": {"LogConfig": {"Type": "syslog", "Config": {"syslog-address": "unix:///run/x"}}},
    "sysctl": {"Sysctls": {"kernel.core_pattern": "|/x"}},
    "annotation": {"Annotations": {"org.systemd.property.X": "1"}},
    "devices by kind": {"DeviceRequests": [{"Driver": "cdi", "DeviceIDs": ["x/y=z"]}]},
    "volume driver": {"VolumeDriver": "evil", "Binds": ["v:/x"]},
    "key in small letters": {"privileged": True},
}


@pytest.mark.parametrize("name", ATTACKS)
def test_no_container_that_is_root_on_the_host(guarded: Guarded, name: str) -> None:
    answer = create(guarded, ATTACKS[name])
    assert answer.refused, (answer.status, answer.body)


GOOD: dict[str, dict[str, Any]] = {
    "nothing": {},
    "what docker run sends": {
        "Binds": None, "ContainerIDFile": "", "LogConfig": {"Type": "", "Config": {}}, "NetworkMode": "default",
        "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": ""}]},
        "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
        "AutoRemove": False, "VolumeDriver": "", "VolumesFrom": None, "ConsoleSize": [24, 80], "CapAdd": None,
        "CapDrop": None, "CgroupnsMode": "", "Dns": [], "DnsOptions": [], "DnsSearch": [], "ExtraHosts": None,
        "GroupAdd": None, "IpcMode": "", "Cgroup": "", "Links": None, "OomScoreAdj": 0, "PidMode": "",
        "Privileged": False,
        "PublishAllPorts": False, "ReadonlyRootfs": False, "SecurityOpt": None, "UTSMode": "", "UsernsMode": "",
        "ShmSize": 0, "Isolation": "", "CpuShares": 0, "Memory": 0, "NanoCpus": 0, "CgroupParent": "", "BlkioWeight": 0,
        "BlkioWeightDevice": [], "BlkioDeviceReadBps": [], "Devices": [], "DeviceCgroupRules": None,
        "DeviceRequests": None, "MemoryReservation": 0, "MemorySwap": 0, "MemorySwappiness": -1,
        "OomKillDisable": False,
        "PidsLimit": 0, "Ulimits": [], "CpuCount": 0, "CpuPercent": 0, "IOMaximumIOps": 0, "IOMaximumBandwidth": 0,
        "MaskedPaths": None, "ReadonlyPaths": None,
    },
    "hardened": {
        "CapDrop": ["ALL"], "SecurityOpt": ["no-new-privileges"], "ReadonlyRootfs": True, "Tmpfs": {"/tmp": "size=1m"},
        "Memory": 64 << 20, "PidsLimit": 50, "Init": True,
    },
    "a volume": {"Binds": ["guard-data:/data"]},
    "a volume by mounts": {"Mounts": [{"Type": "volume", "Source": "guard-data", "Target": "/data"}]},
    "a log that rotates": {"LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}}},
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_containers_that_people_run(guarded: Guarded, name: str) -> None:
    answer = create(guarded, GOOD[name])
    assert answer.status == 201, answer.body
    assert guarded.ask("DELETE", f"/v1.45/containers/{answer.json['Id']}?force=1").status == 204


def test_what_people_do_every_day(guarded: Guarded) -> None:
    guarded.docker("run", "-d", "--name", "day", BUSYBOX, "sh", "-c", "echo hello; sleep 3600")
    guarded.docker("network", "create", "day-net")
    guarded.docker("network", "connect", "day-net", "day")
    guarded.docker("volume", "create", "day-data")
    assert guarded.docker("exec", "day", "sh", "-c", "echo inside").stdout == b"inside\n"
    assert guarded.docker("logs", "day").stdout == b"hello\n"
    for command in (
        "ps -a", "inspect day", "stats --no-stream day", "top day", "diff day", "port day", "images", "info", "version",
        "volume ls", "network ls", "system df", "events --since 1m --until 0s",
        "update --memory 100m --memory-swap 200m day",
        "rename day day2", "pause day2", "unpause day2", "restart -t 0 day2", "stop -t 0 day2", "start day2",
        "cp day2:/bin/busybox /tmp/busybox", "kill day2", "network disconnect -f day-net day2", "rm day2",
        "network rm day-net", "volume rm day-data", "container prune -f", f"tag {BUSYBOX} day:1", "rmi day:1",
    ):  # fmt: skip
        guarded.docker(*command.split())


REFUSED_CALLS: list[tuple[str, str, Any]] = [
    ("POST", "/commit?container=x", {}),
    ("POST", "/plugins/pull?remote=x", []),
    ("POST", "/swarm/init", {"ListenAddr": "127.0.0.1"}),
    ("GET", "/swarm", None),
    ("POST", "/volumes/create", {"Name": "v", "DriverOpts": {"type": "none", "o": "bind", "device": "/"}}),
    ("POST", "/volumes/create", {"Name": "v", "DriverOpts": {"type": "ext4", "device": "/dev/vda"}}),
    ("POST", "/volumes/create", {"Name": "v", "Driver": "evil"}),
    ("POST", "/networks/create", {"Name": "n", "Driver": "macvlan", "Options": {"parent": "eth0"}}),
    ("POST", "/images/create?fromSrc=http://127.0.0.1/x", None),
    ("GET", "/v1.45//containers/json", None),
    ("GET", "/v1.45/containers/../info", None),
    ("GET", "/debug/vars", None),
    ("PUT", "/containers/x/archive?path=/", None),
    ("POST", "/session", None),
    ("POST", "/grpc", None),
    ("POST", "/build?networkmode=host", None),
]


@pytest.mark.parametrize(("method", "target", "body"), REFUSED_CALLS)
def test_calls_that_reach_the_host(guarded: Guarded, method: str, target: str, body: Any) -> None:
    answer = guarded.ask(method, target, body)
    assert answer.refused or answer.status == 301, (answer.status, answer.body)
