"""The platform that will run a unit: what it does when nothing is written depends on it."""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct


class Platform(StrEnum):
    DOCKER = "docker"
    SWARM = "swarm"
    KUBERNETES = "kubernetes"
    MARATHON = "marathon"
    TITUS = "titus"


class Version(Struct, frozen=True, order=True):
    """A `major.minor` version; of the Pod Security Standards on Kubernetes, of the engine's API on Docker."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}"

    @classmethod
    def parse(cls, text: str) -> Version:
        """`v1.34`, `1.34` or `1.34.2`. Raises ValueError for anything else."""
        match = re.fullmatch(r"v?(\d{1,4})\.(\d{1,4})(?:\.\d+)?", text.strip())
        if match is None:
            raise ValueError(f"not a version: {text!r}")
        return cls(int(match[1]), int(match[2]))


NEWEST_POD_SECURITY_STANDARDS = Version(1, 37)
"""The newest version of the Pod Security Standards that the controls know (read 2026-11-24)."""


class Dialect(Struct, frozen=True):
    """`gates` are feature gates that differ from their default at this version."""

    platform: Platform
    version: Version
    gates: frozenset[str] = frozenset()

    @property
    def is_kubernetes(self) -> bool:
        return self.platform is Platform.KUBERNETES
