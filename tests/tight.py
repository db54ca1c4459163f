"""A tight machine as facts: the ground that the examples of controls are laid over."""

from __future__ import annotations

from typing import Any

from dockworthy.model.knowledge import releases

NEWEST_ENGINE = ".".join(str(number) for number in releases.ENGINE_NEWEST)
IMAGE_ID = "sha256:" + "1" * 64
DIGEST = "registry.example.com/shop@sha256:" + "2" * 64


def known(value: Any) -> dict[str, Any]:
    return {"is": "set", "value": value, "source": {"where": "example"}}


def absent() -> dict[str, Any]:
    return {"is": "unset", "source": {"where": "example"}}


def inspect() -> dict[str, Any]:
    """What the engine says of a container that nothing is wrong with."""
    return {
        "Id": "a" * 64,
        "Name": "/example",
        "Created": "2026-11-01T00:00:00Z",
        "Path": "/shop",
        "Args": [],
        "Image": IMAGE_ID,
        "AppArmorProfile": "docker-default",
        "RestartCount": 0,
        "State": {
            "Status": "running",
            "Running": True,
            "Pid": 4242,
            "ExitCode": 0,
            "OOMKilled": False,
            "Error": "",
            "StartedAt": "2026-11-01T00:00:01Z",
            "FinishedAt": "0001-01-01T00:00:00Z",
            "Health": {"Status": "healthy"},
        },
        "Config": {
            "Image": DIGEST,
            "User": "1000:1000",
            "Env": ["PATH=/bin"],
            "Labels": {
                "com.docker.compose.project": "shop",
                "com.docker.compose.service": "example",
                "com.docker.compose.project.config_files": "/srv/shop/compose.yaml",
                "com.docker.compose.project.working_dir": "/srv/shop",
                "com.docker.compose.config-hash": "0" * 64,
            },
            "Healthcheck": {"Test": ["CMD", "/shop", "--health"], "Interval": 5_000_000_000},
            "ExposedPorts": None,
        },
        "HostConfig": {
            "Privileged": False,
            "ReadonlyRootfs": True,
            "CapAdd": None,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "NetworkMode": "shop",
            "PidMode": "",
            "IpcMode": "private",
            "UTSMode": "",
            "CgroupnsMode": "private",
            "UsernsMode": "",
            "CgroupParent": "",
            "Runtime": "runc",
            "Memory": 268435456,
            "MemorySwap": 268435456,
            "NanoCpus": 500_000_000,
            "CpuQuota": 0,
            "CpuPeriod": 0,
            "PidsLimit": 100,
            "OomKillDisable": False,
            "Ulimits": None,
            "Devices": [],
            "DeviceCgroupRules": None,
            "Sysctls": None,
            "Tmpfs": None,
            "PortBindings": {},
            "MaskedPaths": ["/proc/kcore"],
            "ReadonlyPaths": ["/proc/sys"],
            "LogConfig": {"Type": "local", "Config": {}},
            "RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0},
            "Init": None,
        },
        "Mounts": [],
        "NetworkSettings": {"Ports": {}, "Networks": {"shop": {}}},
    }


def image() -> dict[str, Any]:
    return {
        "Id": IMAGE_ID,
        "RepoTags": ["registry.example.com/shop:1.4.2"],
        "RepoDigests": [DIGEST],
        "Created": "2026-11-01T00:00:00Z",
        "Size": 40_000_000,
        "Architecture": "amd64",
        "Os": "linux",
        "Config": {
            "User": "1000:1000",
            "Env": ["PATH=/bin"],
            "Healthcheck": {"Test": ["CMD", "/shop", "--health"]},
            "Labels": {},
            "Volumes": None,
            "ExposedPorts": None,
        },
    }


def history() -> list[dict[str, Any]]:
    """The layers of the image, newest first, as the engine tells them."""
    return [
        {"CreatedBy": 'CMD ["/shop"]', "Size": 0, "Comment": "buildkit.dockerfile.v0"},
        {"CreatedBy": "COPY shop /shop # buildkit", "Size": 40_000_000, "Comment": "buildkit.dockerfile.v0"},
    ]


def service() -> dict[str, Any]:
    return {
        "ID": "s" * 25,
        "Spec": {
            "Name": "example",
            "Labels": {},
            "Mode": {"Replicated": {"Replicas": 2}},
            "UpdateConfig": {"Parallelism": 1, "Order": "start-first", "FailureAction": "rollback"},
            "RollbackConfig": {"Parallelism": 1, "Order": "start-first", "FailureAction": "pause"},
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": DIGEST,
                    "User": "1000",
                    "ReadOnly": True,
                    "CapabilityDrop": ["ALL"],
                    "Privileges": {"NoNewPrivileges": True},
                    "Healthcheck": {"Test": ["CMD", "/shop", "--health"]},
                    "Env": ["PATH=/bin"],
                },
                "Resources": {"Limits": {"NanoCPUs": 500_000_000, "MemoryBytes": 268435456, "Pids": 100}},
                "RestartPolicy": {"Condition": "any"},
                "LogDriver": {"Name": "local"},
            },
            "EndpointSpec": {"Mode": "dnsrr"},
        },
    }


def _info() -> dict[str, Any]:
    return {
        "ID": "example",
        "ServerVersion": NEWEST_ENGINE,
        "Driver": "overlay2",
        "DriverStatus": [["Backing Filesystem", "extfs"], ["Supports d_type", "true"], ["Native Overlay Diff", "true"]],
        "LoggingDriver": "local",
        "CgroupDriver": "systemd",
        "CgroupVersion": "2",
        "SecurityOptions": ["name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"],
        "LiveRestoreEnabled": True,
        "DockerRootDir": "/var/lib/docker",
        "Architecture": "x86_64",
        "OSType": "linux",
        "NCPU": 4,
        "MemTotal": 8_589_934_592,
        "DefaultRuntime": "runc",
        "ExperimentalBuild": False,
        "Swarm": {"LocalNodeState": "inactive"},
        "RegistryConfig": {
            "InsecureRegistryCIDRs": ["127.0.0.0/8"],
            "IndexConfigs": {"docker.io": {"Name": "docker.io", "Mirrors": [], "Secure": True}},
        },
        "DefaultAddressPools": [{"Base": "10.201.0.0/16", "Size": 24}],
    }


def _engine() -> dict[str, Any]:
    return {
        "endpoint": "unix:///var/run/docker.sock",
        "version": known({"Version": NEWEST_ENGINE, "ApiVersion": "1.52", "MinAPIVersion": "1.44"}),
        "info": known(_info()),
        "containers": known([]),
        "images": known([]),
        "volumes": known([]),
        "networks": known([]),
        "disk_usage": known({"LayersSize": 0, "BuildCache": []}),
        "swarm": absent(),
        "nodes": absent(),
        "services": absent(),
        "tasks": absent(),
        "secrets": absent(),
        "configs": absent(),
        "plugins": known([]),
    }


def _room(at: str) -> dict[str, Any]:
    return {"at": at, "mount": "/var/lib/docker", "size": 100_000_000_000, "free": 80_000_000_000}


def _host() -> dict[str, Any]:
    return {
        "as_root": True,
        "hostname": known("tight"),
        "os": known({"id": "debian", "version_id": "13", "codename": "trixie", "name": "Debian GNU/Linux 13"}),
        "kernel": known({"release": "6.12.57", "version": "#1 SMP", "built": "2026-11-05", "architecture": "x86_64"}),
        "cgroup": known({"version": 2, "controllers": ["cpu", "cpuset", "io", "memory", "pids"]}),
        "lsm": known(["capability", "apparmor"]),
        "mounts": known([]),
        "filesystems": known(["ext4", "overlay"]),
        "storage": known(
            {
                "path": "/var/lib/docker",
                "mount": "/var/lib/docker",
                "fstype": "ext4",
                "own_filesystem": True,
                "size": 100_000_000_000,
                "free": 80_000_000_000,
                "inodes": 6_000_000,
                "inodes_free": 5_900_000,
            }
        ),
        "docker_group": known([]),
        "container_makers": absent(),
        "given_grants": absent(),
        "disk_history": known([_room("2026-11-20T12:00:00Z"), _room("2026-11-24T12:00:00Z")]),
        "accounts": known([]),
        "logins": known({"last": {"root": "2026-11-20T08:00:00Z"}, "since": "2026-01-01T08:00:00Z"}),
        "sudo_rules": known([]),
        "ssh_login_modules": known([]),
        "daemon_json": known(
            {
                "icc": False,
                "live-restore": True,
                "log-driver": "local",
                "default-address-pools": [{"base": "10.201.0.0/16", "size": 24}],
            }
        ),
        "daemon": known({"pid": 800, "argv": ["/usr/sbin/dockerd"], "executable": "/usr/sbin/dockerd"}),
        "certificates": known([]),
        "plugins": known([]),
        "audit_rules": known([]),
        "time_sync": known({"service": "chrony", "running": True, "synchronised": True}),
        "packages": known([]),
        "reboot_required": known(False),
        "firewall": known({"backend": "nft", "input_policy": "drop", "forward_policy": "drop"}),
        "listeners": known([]),
        "ssh": absent(),
        "memory": known(
            {"total": 8_589_934_592, "available": 6_000_000_000, "swap_total": 0, "swap_free": 0},
        ),
        "cpus": known(4),
        "disks": known([]),
        "dns": known(["192.0.2.53"]),
        "virtualization": known("none"),
    }


def _evidence() -> dict[str, Any]:
    """Everything was looked for, and nothing is there."""
    lists = ("jobs", "stores", "running", "answers", "connections", "projects", "forwarding", "set_up", "drills")
    return {name: known([]) for name in lists} | {"data_disks": known(["sda"])}


def snapshot() -> dict[str, Any]:
    return {
        "snapshot": 1,
        "taken": "2026-11-24T12:00:00Z",
        "tool": {"name": "dockworthy", "version": "0"},
        "host": _host(),
        "engine": _engine(),
        "evidence": _evidence(),
        "services_asked": known([]),
    }


def with_one_container() -> dict[str, Any]:
    """The tight machine with a tight container that runs."""
    made = snapshot()
    process = {
        "pid": 4242,
        "program": "shop",
        "uid": 1000,
        "cap_effective": 0,
        "cap_bounding": 0,
        "seccomp": 2,
        "no_new_privs": True,
    }
    container = {
        "id": "a" * 64,
        "name": "web",
        "inspect": known(inspect()),
        "processes": known([process]),
        "changes": known([]),
        "use": known({"age": 864000.0, "memory": 90_000_000, "memory_limit": 268435456, "pids": 9, "pids_limit": 100}),
    }
    made["engine"]["containers"] = known([container])
    made["engine"]["images"] = known([{"id": IMAGE_ID, "inspect": known(image()), "history": known(history())}])
    return made
