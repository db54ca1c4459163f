"""The workload: a unit (what is started together) and its containers. Every reader fills these.

Pod level and container level are kept apart, never flattened: some rules look at both.
Fields hold what is *declared*; `Container.processes` and `Container.state` what a running container really is.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from .declared import (
    BuildGrant,
    Device,
    DeviceRequest,
    HealthCheck,
    HookUser,
    Limits,
    Logging,
    Mount,
    MountKind,
    NetworkUse,
    Port,
    Probe,
    Profile,
    Restart,
    SecurityContext,
    SecurityOption,
    SELinux,
    Sysctl,
    TakenFile,
    User,
    Volume,
)
from .dialect import Dialect
from .field import NOT_READ, Field, Source, Unknown
from .guarded_socket import GuardedSocket
from .orchestrated import Orchestrated


class Process(Struct, frozen=True, omit_defaults=True):
    """One process of a running container, as the host's /proc shows it.

    `uid` is the effective uid as the host counts, `container_uid` as the container does (None: not mapped).
    `cap_effective`, `cap_bounding` are the kernel's bit sets; `seccomp` 0 off, 1 strict, 2 filtered.
    `shared_namespaces` names those which are the host's own (`net`, `pid`, `ipc`, `uts`, `mnt`, `user`, `cgroup`).
    """

    pid: int
    program: str
    uid: int
    cap_effective: int
    cap_bounding: int
    seccomp: int
    no_new_privs: bool
    container_uid: int | None = None
    parent: int = 0
    apparmor: str = ""
    shared_namespaces: tuple[str, ...] = ()


class State(Struct, frozen=True, omit_defaults=True):
    """What the engine says about a container's life. Times as RFC 3339; `health` is `""` without a check.

    `health_checked` is when the last check began."""

    status: str
    running: bool
    pid: int = 0
    exit_code: int = 0
    oom_killed: bool = False
    health: str = ""
    restarts: int = 0
    created: str = ""
    started: str = ""
    finished: str = ""
    error: str = ""
    health_checked: str = ""


class LogFiles(Struct, frozen=True):
    """Where the engine keeps what a container wrote: the path of the newest file, and the bytes of all of them."""

    path: str
    size: int


class ContainerUse(Struct, frozen=True, omit_defaults=True):
    """What a running container uses of what it may, from its control group, `age` seconds after it started.

    `memory` in bytes, without cache that can be dropped; `memory_peak` the highest so far, cache included. Limits are
    None where there is none. Of `periods` in which it wanted a processor it was held back in `throttled`.
    """

    age: float
    memory: int
    memory_peak: int | None = None
    memory_limit: int | None = None
    cpu_seconds: float = 0.0
    periods: int = 0
    throttled: int = 0
    pids: int = 0
    pids_limit: int | None = None


__all__ = [
    "Annotation",
    "BuildGrant",
    "Container",
    "ContainerRole",
    "ContainerUse",
    "Device",
    "DeviceRequest",
    "EnginePaths",
    "HealthCheck",
    "HookUser",
    "Limits",
    "LogFiles",
    "Logging",
    "Mount",
    "MountKind",
    "Namespaces",
    "NetworkUse",
    "Orchestrated",
    "Port",
    "Probe",
    "Process",
    "Profile",
    "Restart",
    "SELinux",
    "SecurityContext",
    "SecurityOption",
    "State",
    "Sysctl",
    "TakenFile",
    "Unit",
    "UpdatePolicy",
    "User",
    "Volume",
]


class ContainerRole(StrEnum):
    MAIN = "main"
    INIT = "init"
    SIDECAR = "sidecar"
    EPHEMERAL = "ephemeral"


class Namespaces(Struct, frozen=True):
    """The namespaces of a unit: `host`, `private`, `container:ID`, `shareable`, or a network's name."""

    network: Field[str] = NOT_READ
    pid: Field[str] = NOT_READ
    ipc: Field[str] = NOT_READ
    uts: Field[str] = NOT_READ
    cgroup: Field[str] = NOT_READ
    user: Field[str] = NOT_READ


class Container(Struct, frozen=True, kw_only=True):
    """One container of a unit, as declared, and with `processes` and `state` as it is."""

    name: str
    role: ContainerRole
    source: Source
    image: Field[str] = NOT_READ
    image_id: Field[str] = NOT_READ
    context: SecurityContext = SecurityContext()
    privileged: Field[bool] = NOT_READ
    allow_privilege_escalation: Field[bool] = NOT_READ
    capabilities_add: Field[tuple[str, ...]] = NOT_READ
    capabilities_drop: Field[tuple[str, ...]] = NOT_READ
    read_only_root: Field[bool] = NOT_READ
    proc_mount: Field[str] = NOT_READ
    masked_paths: Field[tuple[str, ...]] = NOT_READ
    runtime: Field[str] = NOT_READ
    init: Field[bool] = NOT_READ
    command: Field[tuple[str, ...]] = NOT_READ
    environment: Field[dict[str, str]] = NOT_READ
    environment_lines: dict[str, Source] = {}
    """Where single variables stand, in a format that tells."""
    mounts: tuple[Mount, ...] = ()
    mounts_from: Field[tuple[str, ...]] = NOT_READ
    """Other containers (`name`, `name:ro`) whose mounts it takes over, where these are not among `mounts`."""
    devices: tuple[Device, ...] = ()
    device_requests: tuple[DeviceRequest, ...] = ()
    device_rules: Field[tuple[str, ...]] = NOT_READ
    ports: tuple[Port, ...] = ()
    probes: tuple[Probe, ...] = ()
    limits: Limits = Limits()
    health: Field[HealthCheck] = NOT_READ
    hook_users: tuple[HookUser, ...] = ()
    logging: Field[Logging] = NOT_READ
    restart: Field[Restart] = NOT_READ
    cgroup_parent: Field[str] = NOT_READ
    secrets: Field[tuple[str, ...]] = NOT_READ
    links: Field[tuple[str, ...]] = NOT_READ
    """Legacy links of the default bridge: `/db:/web/alias`."""
    state: Field[State] = NOT_READ
    processes: Field[tuple[Process, ...]] = NOT_READ
    changed_paths: Field[tuple[str, ...]] = NOT_READ
    """Paths of the container's own layer that were written since it started (drift): `A /x`, `C /y`, `D /z`."""
    use: Field[ContainerUse] = NOT_READ
    log_files: Field[LogFiles] = NOT_READ
    is_built: bool = False
    """The file says how its image is built, beside a name or in place of one."""
    build_grants: tuple[BuildGrant, ...] = ()
    taken_files: tuple[TakenFile, ...] = ()
    unknown_options: tuple[SecurityOption, ...] = ()
    """Security options that no engine on Linux knows."""
    unclear: dict[str, Unknown] = {}
    """Parts of it that could not be told whole (`mounts`, `namespaces`, `ports`, `devices`, `environment`,
    `build_grants`, `security_options`, `taken_files`), and why."""


class EnginePaths(Struct, frozen=True, omit_defaults=True):
    """Where the unit's engine keeps its data and listens: who has these has every container; but at `guard` who asks
    is known."""

    data_root: str = "/var/lib/docker"
    sockets: tuple[str, ...] = ("/run/docker.sock",)
    guard: GuardedSocket | None = None


class Unit(Struct, frozen=True, kw_only=True):
    """What is started together: a pod, a service, a task, an app, a job, one container."""

    id: str
    kind: str
    name: str
    dialect: Dialect
    source: Source
    containers: tuple[Container, ...]
    os: Field[str] = NOT_READ
    context: SecurityContext = SecurityContext()
    namespaces: Namespaces = Namespaces()
    volumes: tuple[Volume, ...] = ()
    sysctls: Field[tuple[Sysctl, ...]] = NOT_READ
    labels: dict[str, str] = {}
    annotations: dict[str, Annotation] = {}
    networks: Field[tuple[str, ...]] = NOT_READ
    network_uses: tuple[NetworkUse, ...] = ()
    replicas: Field[int] = NOT_READ
    update: Field[UpdatePolicy] = NOT_READ
    engine_paths: EnginePaths = EnginePaths()
    orchestrated: Orchestrated = Orchestrated()
    notes: tuple[str, ...] = ()
    """What the reader could make nothing of, each with its place: worth saying, no ground for a judgement."""
    unclear: dict[str, Unknown] = {}
    """Parts of it that could not be told whole (`labels`, `network_uses`), or one value of them (`labels.NAME`), and
    why."""
    judged_on: datetime.date | None = None
    """The day for which it is judged: releases end by a calendar. None: the day of what dockworthy knows."""
    is_job: bool = False
    """A service that the project's `deploy.jobs` names: it runs once in a release, and its end is waited for."""

    @property
    def is_windows(self) -> bool:
        return getattr(self.os, "value", "") == "windows"

    def by_role(self, *roles: ContainerRole) -> Iterator[Container]:
        return (container for container in self.containers if container.role in roles)


class Annotation(Struct, frozen=True):
    value: str
    source: Source


class UpdatePolicy(Struct, frozen=True, omit_defaults=True):
    """How a service is replaced: `order` `start-first|stop-first`, `on_failure` `pause|continue|rollback`."""

    order: str = ""
    parallelism: int | None = None
    on_failure: str = ""
    monitor: float | None = None
