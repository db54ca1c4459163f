"""Its operating system: release, kernel, control groups, memory, the clock."""

from __future__ import annotations

from msgspec import Struct


class OsRelease(Struct, frozen=True):
    """/etc/os-release."""

    id: str
    version_id: str
    codename: str
    name: str


class Kernel(Struct, frozen=True, omit_defaults=True):
    """`built` is the build date (RFC 3339 day) where the version string tells it; `taint` the kernel's bit set."""

    release: str
    version: str
    built: str = ""
    taint: int = 0
    uptime: float = 0.0
    architecture: str = ""


class Cgroup(Struct, frozen=True):
    """`version` 1, 2, or 0 for a hybrid of both."""

    version: int
    controllers: tuple[str, ...]


class Memory(Struct, frozen=True):
    total: int
    available: int
    swap_total: int
    swap_free: int


class TimeSync(Struct, frozen=True, omit_defaults=True):
    """`service` keeps the clock; `synchronised` by the kernel's own word where it could be read."""

    service: str
    running: bool
    synchronised: bool | None = None
