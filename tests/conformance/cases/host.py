"""What is shared with the host or with another container: namespaces, devices, kernel settings."""

from __future__ import annotations

from dockworthy.model.workload import SELinux

from ..case import BAD, GOOD, Case, parameters

HOST = (
    Case(
        "network-of-the-host",
        {"network namespace": "host"},
        docker_run="--network host shop",
        marathon="networks: [{mode: host}]",
        request={"HostConfig": {"NetworkMode": "host"}},
        compose="network_mode: host",
        pod="hostNetwork: true",
        found={"workload/host-namespaces": BAD},
    ),
    Case(
        "processes-of-the-host",
        {"pid namespace": "host"},
        docker_run="--pid=host shop",
        marathon=parameters("pid=host"),
        request={"HostConfig": {"PidMode": "host"}},
        container={"HostConfig": {"SecurityOpt": ["label=disable"]}},
        follows={"selinux": SELinux(disabled=True)},
        compose="pid: host",
        pod="hostPID: true",
        found={"workload/host-namespaces": BAD},
    ),
    Case(
        "ipc-of-the-host",
        {"ipc namespace": "host"},
        docker_run="--ipc host shop",
        marathon=parameters("ipc=host"),
        request={"HostConfig": {"IpcMode": "host"}},
        container={"HostConfig": {"SecurityOpt": ["label=disable"]}},
        follows={"selinux": SELinux(disabled=True)},
        compose="ipc: host",
        pod="hostIPC: true",
        found={"workload/host-namespaces": BAD},
    ),
    Case(
        "ipc-to-be-shared",
        {"ipc namespace": "shareable"},
        docker_run="--ipc shareable shop",
        marathon=parameters("ipc=shareable"),
        request={"HostConfig": {"IpcMode": "shareable"}},
        compose="ipc: shareable",
    ),
    Case(
        "name-of-the-host",
        {"uts namespace": "host"},
        docker_run="--uts host shop",
        marathon=parameters("uts=host"),
        request={"HostConfig": {"UTSMode": "host"}},
        compose="uts: host",
        found={"workload/uts-namespace": BAD},
    ),
    Case(
        "cgroups-of-the-host",
        {"cgroup namespace": "host"},
        docker_run="--cgroupns host shop",
        marathon=parameters("cgroupns=host"),
        request={"HostConfig": {"CgroupnsMode": "host"}},
        compose="cgroup: host",
        found={"workload/cgroup-namespace": BAD},
        not_found_in=("compose",),  # what the engine gives by default is not in the file
    ),
    Case(
        "users-of-the-host",
        {"user namespace": "host"},
        docker_run="--userns host shop",
        marathon=parameters("userns=host"),
        request={"HostConfig": {"UsernsMode": "host"}},
        compose="userns_mode: host",
        pod="hostUsers: true",
    ),
    Case(
        "no-network",
        {"network namespace": "none"},
        docker_run="--network none shop",
        marathon="container: {docker: {network: NONE}}",
        request={"HostConfig": {"NetworkMode": "none"}},
        compose="network_mode: none",
    ),
    Case(
        "a-cgroup-of-its-own",
        {"cgroup_parent": "/shop"},
        docker_run="--cgroup-parent /shop shop",
        marathon=parameters("cgroup-parent=/shop"),
        request={"HostConfig": {"CgroupParent": "/shop"}},
        compose="cgroup_parent: /shop",
        found={"workload/cgroup-parent": BAD},
    ),
    Case(
        "a-device",
        {"devices": [("/dev/fuse", "/dev/fuse", "rwm")]},
        docker_run="--device /dev/fuse shop",
        marathon=parameters("device=/dev/fuse"),
        request={
            "HostConfig": {
                "Devices": [{"PathOnHost": "/dev/fuse", "PathInContainer": "/dev/fuse", "CgroupPermissions": "rwm"}]
            }
        },
        compose="devices: ['/dev/fuse']",
        found={"workload/devices": BAD},
    ),
    Case(
        "a-disk-to-be-read-under-another-name",
        {"devices": [("/dev/sda", "/dev/disk", "r")]},
        docker_run="--device=/dev/sda:/dev/disk:r shop",
        marathon=parameters("device=/dev/sda:/dev/disk:r"),
        request={
            "HostConfig": {
                "Devices": [{"PathOnHost": "/dev/sda", "PathInContainer": "/dev/disk", "CgroupPermissions": "r"}]
            }
        },
        compose="devices: ['/dev/sda:/dev/disk:r']",
        found={"workload/host-devices": BAD},
    ),
    Case(
        "a-rule-for-devices",
        {"device_rules": ("c 189:* rwm",)},
        docker_run="--device-cgroup-rule 'c 189:* rwm' shop",
        marathon=parameters("device-cgroup-rule=c 189:* rwm"),
        request={"HostConfig": {"DeviceCgroupRules": ["c 189:* rwm"]}},
        compose="device_cgroup_rules: ['c 189:* rwm']",
        found={"workload/devices": BAD},
    ),
    Case(
        "a-safe-kernel-setting",
        {"sysctls": {"net.ipv4.ip_unprivileged_port_start": "0"}},
        docker_run="--sysctl net.ipv4.ip_unprivileged_port_start=0 shop",
        marathon=parameters("sysctl=net.ipv4.ip_unprivileged_port_start=0"),
        request={"HostConfig": {"Sysctls": {"net.ipv4.ip_unprivileged_port_start": "0"}}},
        compose="sysctls: {net.ipv4.ip_unprivileged_port_start: 0}",
        pod="securityContext: {sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: '0'}]}",
        service={"TaskTemplate": {"ContainerSpec": {"Sysctls": {"net.ipv4.ip_unprivileged_port_start": "0"}}}},
        found={"workload/sysctls": GOOD},
    ),
    Case(
        "a-kernel-setting",
        {"sysctls": {"net.core.somaxconn": "1024"}},
        docker_run="--sysctl=net.core.somaxconn=1024 shop",
        marathon=parameters("sysctl=net.core.somaxconn=1024"),
        request={"HostConfig": {"Sysctls": {"net.core.somaxconn": "1024"}}},
        compose="sysctls: ['net.core.somaxconn=1024']",
        pod="securityContext: {sysctls: [{name: net.core.somaxconn, value: '1024'}]}",
        service={"TaskTemplate": {"ContainerSpec": {"Sysctls": {"net.core.somaxconn": "1024"}}}},
    ),
)
