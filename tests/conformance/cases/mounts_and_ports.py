"""Paths of the host, volumes, and ports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dockworthy.model.finding import Outcome

from ..case import BAD, GAP, GOOD, Case, parameters


def _mounted(kind: str, source: str, target: str, *, writable: bool = True, propagation: str = "") -> dict[str, Any]:
    """As inspect tells of a mount."""
    named = {"Name": source} if kind == "volume" else {"Source": source}
    return {
        "Mounts": [{"Type": kind, **named, "Destination": target, "RW": writable, "Propagation": propagation}],
        "HostConfig": {"Mounts": None, "Binds": None},
    }


def _of_service(**mount: Any) -> dict[str, Any]:
    return {"TaskTemplate": {"ContainerSpec": {"Mounts": [mount]}}}


def _volume_that(name: str, found: Outcome, *, driver: str = "local", **options: str) -> Iterator[Case]:
    """One that is there and mounted by its name; and one that the request itself makes with these options."""
    volume = {"Driver": driver, "Options": options}
    asked = {"DriverConfig": {"Name": driver, "Options": options}}
    said = [f"volume-driver={driver}", *(f"volume-opt={key}={value}" for key, value in options.items())]
    flag = ",".join(["type=volume", "source=v1", "target=/x", *(f'"{each}"' if "," in each else each for each in said)])
    mounts = {"mounts": [("volume", "v1", "/x", False, "")]}
    by_options = {"Type": "volume", "Source": "v1", "Target": "/x", "VolumeOptions": asked}
    inspected = {"Mounts": [{"Type": "volume", "Name": "v1", "Driver": driver, "Destination": "/x", "RW": True}]}
    yield Case(
        f"a-volume-that-is-{name}",
        mounts,
        docker_run="-v v1:/x shop",
        request={"HostConfig": {"Binds": ["v1:/x"]}},
        container={**inspected, "HostConfig": {"Binds": None}},
        compose="volumes: ['v1:/x']",
        service=_of_service(Type="volume", Source="v1", Target="/x"),
        volumes={"v1": volume},
        found={"workload/host-mounts": found},
    )
    yield Case(
        f"a-volume-that-shall-be-{name}",
        mounts,
        docker_run=f"--mount '{flag}' shop",
        marathon=parameters(f"mount={flag}"),
        request={"HostConfig": {"Mounts": [by_options]}},
        container={**inspected, "HostConfig": {"Mounts": None}},
        compose="volumes: [{type: volume, source: v1, target: /x}]",
        service=_of_service(**by_options),
        makes={"v1": volume},
        found={"workload/host-mounts": found},
    )


MOUNTS_AND_PORTS = (
    *_volume_that("a-disk", BAD, type="ext4", device="/dev/vda"),
    *_volume_that("a-disk-read-only", BAD, type="xfs", device="/dev/mapper/root", o="ro"),
    *_volume_that("the-hosts-etc", BAD, type="none", device="/etc", o="ro,bind"),
    *_volume_that("an-overlay-over-the-host", BAD, type="overlay", device="overlay", o="lowerdir=/etc:/usr"),
    *_volume_that("the-kernels-proc", BAD, type="proc", device="proc"),
    *_volume_that("the-hosts-cgroups", BAD, type="cgroup2", device="cgroup2"),
    *_volume_that("the-hosts-devices", BAD, type="devtmpfs", device="udev"),
    *_volume_that("in-memory", GOOD, type="tmpfs", device="tmpfs", o="size=10m"),
    *_volume_that("on-another-machine", GOOD, type="nfs", device=":/shop", o="addr=10.0.0.2,rw"),
    *_volume_that("a-share-of-windows", GOOD, type="cifs", device="//nas.example.com/shop", o="guest"),
    *_volume_that("a-folder-for-data", GOOD, type="none", device="/srv/shop", o="bind"),
    *_volume_that("of-a-driver-that-nobody-knows", GAP, driver="rclone", remote="shop:data"),
    *_volume_that("of-a-file-system-that-nobody-knows", GAP, type="zfs", device="tank/shop"),
    Case(
        "a-folder-of-the-host",
        {"mounts": [("bind", "/srv/data", "/data", False, "rprivate")]},
        docker_run="-v /srv/data:/data shop",
        marathon="container: {volumes: [{hostPath: /srv/data, containerPath: /data, mode: RW}]}",
        request={"HostConfig": {"Binds": ["/srv/data:/data"]}},
        container=_mounted("bind", "/srv/data", "/data", propagation="rprivate"),
        compose="volumes: ['/srv/data:/data']",
        service=_of_service(Type="bind", Source="/srv/data", Target="/data"),
    ),
    Case(
        "a-folder-beside-the-file",
        {"mounts": [("bind", "/srv/data", "/data", True, "rprivate")]},
        docker_run="-v ./data:/data:ro shop",
        marathon="container: {volumes: [{hostPath: /srv/data, containerPath: /data, mode: RO}]}",
        request={"HostConfig": {"Binds": ["/srv/data:/data:ro"]}},
        container=_mounted("bind", "/srv/data", "/data", writable=False, propagation="rprivate"),
        compose="volumes: ['./data:/data:ro']",
        service=_of_service(Type="bind", Source="/srv/data", Target="/data", ReadOnly=True),
    ),
    Case(
        "a-mount-that-passes-on-mounts",
        {"mounts": [("bind", "/mnt", "/mnt", True, "rshared")]},
        docker_run="--mount type=bind,source=/mnt,target=/mnt,readonly,bind-propagation=rshared shop",
        marathon=parameters("mount=type=bind,source=/mnt,target=/mnt,readonly,bind-propagation=rshared"),
        request={
            "HostConfig": {
                "Mounts": [
                    {
                        "Type": "bind",
                        "Source": "/mnt",
                        "Target": "/mnt",
                        "ReadOnly": True,
                        "BindOptions": {"Propagation": "rshared"},
                    }
                ]
            }
        },
        container=_mounted("bind", "/mnt", "/mnt", writable=False, propagation="rshared"),
        compose="volumes: [{type: bind, source: /mnt, target: /mnt, read_only: true, bind: {propagation: rshared}}]",
        service=_of_service(
            Type="bind", Source="/mnt", Target="/mnt", ReadOnly=True, BindOptions={"Propagation": "rshared"}
        ),
        found={"workload/mount-propagation": BAD},
    ),
    Case(
        "the-engines-socket",
        {"mounts": [("bind", "/var/run/docker.sock", "/s", True, "rprivate")]},
        docker_run="-v /var/run/docker.sock:/s:ro shop",
        marathon="container: {volumes: [{hostPath: /var/run/docker.sock, containerPath: /s, mode: RO}]}",
        request={"HostConfig": {"Binds": ["/var/run/docker.sock:/s:ro"]}},
        container=_mounted("bind", "/var/run/docker.sock", "/s", writable=False, propagation="rprivate"),
        compose="volumes: ['/var/run/docker.sock:/s:ro']",
        service=_of_service(Type="bind", Source="/var/run/docker.sock", Target="/s", ReadOnly=True),
        found={"workload/engine-socket": BAD},
    ),
    Case(
        "the-whole-host",
        {"mounts": [("bind", "/", "/host", False, "rprivate")]},
        docker_run="--mount type=bind,src=/,dst=/host shop",
        marathon="container: {volumes: [{hostPath: /, containerPath: /host, mode: RW}]}",
        request={"HostConfig": {"Mounts": [{"Type": "bind", "Source": "/", "Target": "/host"}]}},
        container=_mounted("bind", "/", "/host", propagation="rprivate"),
        compose="volumes: ['/:/host']",
        service=_of_service(Type="bind", Source="/", Target="/host"),
        found={"workload/host-mounts": BAD, "workload/engine-socket": BAD},
    ),
    Case(
        "memory-in-place-of-a-disk",
        {"mounts": [("tmpfs", "", "/run", False, "")]},
        docker_run="--tmpfs /run:rw,size=1m shop",
        marathon=parameters("tmpfs=/run:rw,size=1m"),
        request={"HostConfig": {"Tmpfs": {"/run": "rw,size=1m"}}},
        compose="tmpfs: ['/run:size=1m']",
        service=_of_service(Type="tmpfs", Target="/run"),
    ),
    Case(
        "a-port-on-this-host-only",
        {"ports": [(80, "tcp", "127.0.0.1", 8080)]},
        docker_run="-p 127.0.0.1:8080:80 shop",
        marathon=parameters("publish=127.0.0.1:8080:80"),
        request={"HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}}},
        compose="ports: ['127.0.0.1:8080:80']",
        kubernetes="ports: [{containerPort: 80, hostPort: 8080, hostIP: 127.0.0.1}]",
        found={"workload/published-ports": GOOD},
    ),
    Case(
        "a-port-on-every-address",
        {"ports": [(5432, "tcp", "", 5432)]},
        docker_run="-p 5432:5432 shop",
        marathon="container: {portMappings: [{containerPort: 5432, hostPort: 5432}]}",
        marathon_pod="endpoints: [{name: a, containerPort: 5432, hostPort: 5432}]",
        request={"HostConfig": {"PortBindings": {"5432/tcp": [{"HostPort": "5432"}]}}},
        compose="ports: [{target: 5432, published: 5432}]",
        kubernetes="ports: [{containerPort: 5432, hostPort: 5432}]",
        service={"EndpointSpec": {"Ports": [{"TargetPort": 5432, "PublishedPort": 5432, "Protocol": "tcp"}]}},
        found={"workload/published-ports": BAD},
    ),
    Case(
        "a-udp-port",
        {"ports": [(53, "udp", "", 53)]},
        docker_run="--publish 53:53/udp shop",
        marathon="container: {portMappings: [{containerPort: 53, hostPort: 53, protocol: udp}]}",
        marathon_pod="endpoints: [{name: a, containerPort: 53, hostPort: 53, protocol: [udp]}]",
        request={"HostConfig": {"PortBindings": {"53/udp": [{"HostPort": "53"}]}}},
        compose="ports: ['53:53/udp']",
        kubernetes="ports: [{containerPort: 53, hostPort: 53, protocol: UDP}]",
        service={"EndpointSpec": {"Ports": [{"TargetPort": 53, "PublishedPort": 53, "Protocol": "udp"}]}},
    ),
    Case(
        "a-port-that-is-only-exposed",
        {"ports": [(80, "tcp", "", 0)]},
        docker_run="--expose 80 shop",
        marathon=parameters("expose=80"),
        request={"ExposedPorts": {"80/tcp": {}}},
        compose="expose: ['80']",
        kubernetes="ports: [{containerPort: 80}]",
        found={"workload/published-ports": GOOD},
    ),
)
