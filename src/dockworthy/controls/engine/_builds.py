"""Who built a program: its own project, or a distribution that mends it within the version."""

from __future__ import annotations

from collections.abc import Iterable

from ...model.field import Set, Unknown
from ...model.host import Host

DISTRIBUTIONS = ("docker.io", "moby-engine", "docker-engine", "balena-engine", "docker")
"""Packages of the engine that a distribution makes."""

UPSTREAM = ("docker-ce", "docker-ee")
"""Packages of the engine that Docker makes."""


def installed(host: Host, names: Iterable[str]) -> str | Unknown:
    """The first of these packages that is installed, `""` where none is."""
    if isinstance(host.packages, Unknown):
        return host.packages
    have = {package.name for package in host.packages.value} if isinstance(host.packages, Set) else set()
    return next((name for name in names if name in have), "")


def marked_by_distribution(version: str) -> bool:
    """`26.1.5+dfsg1`, `1.7.24~ds1`: Debian writes its mark into the version. `17.06.0-ce` is Docker's own."""
    return any(mark in version for mark in ("dfsg", "~ds", "+ds", "ubuntu"))
