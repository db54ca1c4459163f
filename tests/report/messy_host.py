"""A host with a dozen messy containers, as a snapshot that the real readers and controls judge."""

from __future__ import annotations

import copy
from typing import Any

import msgspec

import tight
from dockworthy.assess import assess_snapshot
from dockworthy.model.levels import Level
from dockworthy.model.result import Result
from dockworthy.model.snapshot import Snapshot

SOCKET = {"Type": "bind", "Source": "/var/run/docker.sock", "Destination": "/var/run/docker.sock", "RW": True}
ROOT = {"Type": "bind", "Source": "/", "Destination": "/host", "RW": False}

_LOOSE: dict[str, Any] = {
    "ReadonlyRootfs": False,
    "CapDrop": None,
    "SecurityOpt": None,
    "Memory": 0,
    "MemorySwap": 0,
    "NanoCpus": 0,
    "PidsLimit": None,
    "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
    "LogConfig": {"Type": "json-file", "Config": {}},
}
"""What `docker run IMAGE` leaves as it is."""

_MESS: dict[str, dict[str, Any]] = {
    "adm-portainer": {"Mounts": [SOCKET], "image": "portainer/portainer-ce:latest"},
    "adm-nodeexp": {"Mounts": [SOCKET, ROOT], "HostConfig": {"NetworkMode": "host", "PidMode": "host"}},
    "ci-runner": {"HostConfig": {"Privileged": True}, "image": "gitlab/gitlab-runner:latest"},
    "vpn": {"HostConfig": {"CapAdd": ["NET_ADMIN", "SYS_MODULE"]}, "image": "linuxserver/wireguard"},
    "media": {"HostConfig": {"Devices": [{"PathOnHost": "/dev/sda", "CgroupPermissions": "rwm"}]}},
    "db": {"Config": {"Env": ["POSTGRES_PASSWORD=hash:0123456789abcdef"]}, "image": "postgres:14"},
    "cache": {"HostConfig": {"PortBindings": {"6379/tcp": [{"HostIp": "", "HostPort": "6379"}]}}, "image": "redis:6"},
    "cloud": {"Config": {"Env": ["MYSQL_PASSWORD=hash:0123456789abcdef"]}, "image": "nextcloud:27"},
    "git": {"image": "gitea/gitea:1.20", "HostConfig": {"SecurityOpt": ["seccomp=unconfined"]}},
    "blog": {"image": "wordpress:6"},
    "metrics": {"image": "prom/prometheus:latest"},
    "old-job": {"State": {"Status": "exited", "Running": False, "Pid": 0, "ExitCode": 1}},
}


def messy_snapshot() -> dict[str, Any]:
    made = tight.with_one_container()
    made["engine"]["containers"] = tight.known([_container(name, mess) for name, mess in _MESS.items()])
    made["engine"]["info"]["value"] |= {"LoggingDriver": "json-file", "LiveRestoreEnabled": False}
    made["host"]["reboot_required"] = tight.known(True)
    made["host"]["docker_group"] = tight.known(["ana"])
    return made


def messy_result(level: Level = Level.PRODUCTION) -> Result:
    """What `assess` makes of it."""
    return assess_snapshot(msgspec.convert(messy_snapshot(), Snapshot), level=level)


def _container(name: str, mess: dict[str, Any]) -> dict[str, Any]:
    inspect = copy.deepcopy(tight.inspect())
    inspect["Id"] = f"{list(_MESS).index(name):x}" * 64
    inspect["Name"] = f"/{name}"
    inspect["HostConfig"] |= {**_LOOSE, **mess.get("HostConfig", {})}
    inspect["Config"] |= {"User": "", "Healthcheck": None, "Labels": {}, **mess.get("Config", {})}
    inspect["Config"]["Image"] = mess.get("image", "shop:latest")
    inspect["State"] |= {"Health": None, **mess.get("State", {})}
    inspect["Mounts"] = mess.get("Mounts", [])
    if inspect["HostConfig"]["Privileged"]:
        inspect["AppArmorProfile"] = "unconfined"
    return {
        "id": inspect["Id"],
        "name": name,
        "inspect": tight.known(inspect),
        "processes": tight.known([]),
        "changes": tight.known([]),
        "use": tight.absent(),
    }
