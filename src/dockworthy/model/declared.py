"""What a container is declared with: user, profiles, mounts, ports, probes, limits and the like."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from .call_filter import CallFilter
from .field import NOT_READ, Field, Source


class User(Struct, frozen=True, omit_defaults=True):
    """Whom the first process runs as: `uid` where a number is written, else the `name`; `group` as written."""

    uid: int | None = None
    name: str = ""
    group: str = ""


class HookUser(Struct, frozen=True):
    """Whom a hook runs as that the platform starts inside a running container, where the file names somebody for it.
    `name`: the container's with the key of the hook (`web.post_start[0]`)."""

    name: str
    user: Field[User]


class Profile(Struct, frozen=True, omit_defaults=True):
    """A seccomp or AppArmor profile.

    `type` is `RuntimeDefault`, `Localhost`, `Unconfined`, or what was written where it is none of these;
    `name` is the profile's name or file for `Localhost`. `calls`: what a seccomp profile of somebody's own lets
    through, where its reader can see it.
    """

    type: str
    name: str = ""
    calls: Field[CallFilter] = NOT_READ


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


class DeviceRequest(Struct, frozen=True):
    """Devices that are asked for by what they can do, as GPUs are: which ones, the engine decides at the start.
    `driver` as written, `""` where none is; `says`: how the file puts it."""

    driver: str
    says: str
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


class NetworkUse(Struct, frozen=True):
    """A network that a unit joins, as far as its file says how it is made: `driver` "" is the platform's own.
    `options`: of the driver. `endpoint_options`: of this unit's connection to it."""

    name: str
    driver: str
    options: tuple[tuple[str, str], ...]
    endpoint_options: tuple[tuple[str, str], ...]
    declared_at: Source


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


class SecurityOption(Struct, frozen=True):
    """A security option of a container, as it is written."""

    written: str
    declared_at: Source


class BuildGrant(Struct, frozen=True):
    """What the build of an image is granted outside of its sandbox: `right` is BuildKit's name of it
    (`security.insecure`, `network.host`, `device=vendor.com/gpu`), `written` the words of the file."""

    right: str
    written: str
    declared_at: Source


class TakenFile(Struct, frozen=True):
    """A path of the machine on which the Compose file is run, whose content comes into a container or its image
    without a mount. `by`: the key that says so (`env_file`, `build.context`)."""

    by: str
    path: str
    declared_at: Source


class Limits(Struct, frozen=True):
    """What a container may use. `memory` and `memory_swap` in bytes, `cpus` in cores, `pids` a number.

    `memory_swap` -1 is unlimited. Limits that the platform reads as "none" (0) are Unset. `oom_score` is what the
    kernel adds to a process when memory runs out: from -1000 (never ended) to 1000 (ended first).
    """

    memory: Field[int] = NOT_READ
    memory_swap: Field[int] = NOT_READ
    cpus: Field[float] = NOT_READ
    pids: Field[int] = NOT_READ
    ulimits: Field[dict[str, tuple[int, int]]] = NOT_READ
    oom_kill_disabled: Field[bool] = NOT_READ
    oom_score: Field[int] = NOT_READ


class SecurityContext(Struct, frozen=True):
    """What a pod and a container both may say. On platforms without pods the unit's own is all unset."""

    user: Field[User] = NOT_READ
    run_as_non_root: Field[bool] = NOT_READ
    seccomp: Field[Profile] = NOT_READ
    apparmor: Field[Profile] = NOT_READ
    selinux: Field[SELinux] = NOT_READ
    windows_host_process: Field[bool] = NOT_READ
