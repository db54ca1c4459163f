"""The workload: a unit (what is started together) and its containers. Every reader fills these.

Pod level and container level are kept apart, never flattened: some rules look at both.
Fields hold what is *declared*; `Container.effective` holds what a running container's processes really have.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from .dialect import Dialect
from .field import NOT_READ, Field, Source, Unknown


class Role(StrEnum):
    MAIN = "main"
    INIT = "init"
    SIDECAR = "sidecar"
    EPHEMERAL = "ephemeral"


class User(Struct, frozen=True, omit_defaults=True):
    """Whom the first process runs as: `uid` where a number is written, else the `name`; `group` as written."""

    uid: int | None = None
    name: str = ""
    group: str = ""


class Profile(Struct, frozen=True, omit_defaults=True):
    """A seccomp or AppArmor profile.

    `type` is `RuntimeDefault`, `Localhost`, `Unconfined`, or what was written where it is none of these;
    `name` is the profile's name or file for `Localhost`.
    """

    type: str
    name: str = ""


class SELinux(Struct, frozen=True, omit_defaults=True):
    type: str = ""
    user: str = ""
    role: str = ""
    level: str = ""
    disabled: bool = False


class MountKind(StrEnum):
    BIND = "bind"
    VOLUME = "volume"
    TMPFS = "tmpfs"
    IMAGE = "image"
    NPIPE = "npipe"
    CLUSTER = "cluster"


class Mount(Struct, frozen=True, omit_defaults=True):
    """A path of the container that is not its image's.

    `source` is the host's path for a bind, the volume's name for a volume; `host_path` is where the mount's data
    really lies on the host, links resolved, where that is known (a bind, or a volume whose driver options name a path).
    """

    kind: MountKind
    source: str
    target: str
    read_only: bool
    declared_at: Source
    propagation: str = ""
    host_path: str = ""
    driver: str = ""
    options: dict[str, str] = {}
    anonymous: bool = False


class Volume(Struct, frozen=True, omit_defaults=True):
    """A pod's volume. `kind` is the key that names its type (`hostPath`, `emptyDir`, …), `""` where none is written."""

    name: str
    kind: str
    declared_at: Source
    host_path: str = ""


class Device(Struct, frozen=True, omit_defaults=True):
    """A device of the host: its path, the path inside, and the cgroup permissions (`rwm`)."""

    host_path: str
    target: str
    permissions: str
    declared_at: Source


class Port(Struct, frozen=True, omit_defaults=True):
    """A port of the container; `host_port` 0: not published. `host_ip` as written, `""` is every address.

    `picked`: published all the same, on a port that the engine picks when the container starts.
    """

    container_port: int
    declared_at: Source
    host_port: int = 0
    host_ip: str = ""
    protocol: str = "tcp"
    picked: bool = False


class Probe(Struct, frozen=True, omit_defaults=True):
    """A probe or lifecycle hook: `kind` is its key (`livenessProbe`, `preStop`), `handler` `httpGet`, `tcpSocket`, …"""

    kind: str
    handler: str
    declared_at: Source
    host: str = ""


class HealthCheck(Struct, frozen=True, omit_defaults=True):
    """A container's health check. `disabled`: `NONE` was written. Times in seconds; None: the platform's default."""

    test: tuple[str, ...] = ()
    disabled: bool = False
    interval: float | None = None
    timeout: float | None = None
    start_period: float | None = None
    start_interval: float | None = None
    retries: int | None = None


class Restart(Struct, frozen=True, omit_defaults=True):
    """`no`, `on-failure`, `always`, `unless-stopped`; `maximum` 0 is without end."""

    name: str
    maximum: int = 0


class Logging(Struct, frozen=True, omit_defaults=True):
    driver: str
    options: dict[str, str] = {}


class Sysctl(Struct, frozen=True):
    name: str
    value: str
    declared_at: Source


class Limits(Struct, frozen=True):
    """What a container may use. `memory` and `memory_swap` in bytes, `cpus` in cores, `pids` a number.

    `memory_swap` -1 is unlimited. Limits that the platform reads as "none" (0) are Unset.
    """

    memory: Field[int] = NOT_READ
    memory_swap: Field[int] = NOT_READ
    cpus: Field[float] = NOT_READ
    pids: Field[int] = NOT_READ
    ulimits: Field[dict[str, tuple[int, int]]] = NOT_READ
    oom_kill_disabled: Field[bool] = NOT_READ


class SecurityContext(Struct, frozen=True):
    """What a pod and a container both may say. On platforms without pods the unit's own is all unset."""

    user: Field[User] = NOT_READ
    run_as_non_root: Field[bool] = NOT_READ
    seccomp: Field[Profile] = NOT_READ
    apparmor: Field[Profile] = NOT_READ
    selinux: Field[SELinux] = NOT_READ
    windows_host_process: Field[bool] = NOT_READ


class Namespaces(Struct, frozen=True):
    """The namespaces of a unit: `host`, `private`, `container:ID`, `shareable`, or a network's name."""

    network: Field[str] = NOT_READ
    pid: Field[str] = NOT_READ
    ipc: Field[str] = NOT_READ
    uts: Field[str] = NOT_READ
    cgroup: Field[str] = NOT_READ
    user: Field[str] = NOT_READ


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
    """What the engine says about a container's life. Times as RFC 3339; `health` is `""` without a check."""

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


class Container(Struct, frozen=True, kw_only=True):
    """One container of a unit, as declared, and with `processes` and `state` as it is."""

    name: str
    role: Role
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
    device_rules: Field[tuple[str, ...]] = NOT_READ
    ports: tuple[Port, ...] = ()
    probes: tuple[Probe, ...] = ()
    limits: Limits = Limits()
    health: Field[HealthCheck] = NOT_READ
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
    unclear: dict[str, Unknown] = {}
    """Parts of it that could not be told whole (`mounts`, `ports`, `devices`, `environment`), and why."""


class EnginePaths(Struct, frozen=True, omit_defaults=True):
    """Where the unit's engine keeps its data and listens: who has these has every container."""

    data_root: str = "/var/lib/docker"
    sockets: tuple[str, ...] = ("/run/docker.sock",)


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
    replicas: Field[int] = NOT_READ
    update: Field[UpdatePolicy] = NOT_READ
    engine_paths: EnginePaths = EnginePaths()
    notes: tuple[str, ...] = ()
    """What the reader could make nothing of, each with its place: worth saying, no ground for a judgement."""

    @property
    def is_windows(self) -> bool:
        return getattr(self.os, "value", "") == "windows"

    def by_role(self, *roles: Role) -> Iterator[Container]:
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
