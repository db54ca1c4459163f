"""What a running container shows: its processes, the engine's word on its life, and what it uses."""

from __future__ import annotations

from msgspec import Struct


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
