"""Paths of a host that are written in two ways."""

from __future__ import annotations

import posixpath
from typing import Final

_LINKS: Final = (("/var/run", "/run"), ("/var/lock", "/run/lock"))
"""Links that every system of today has."""


def without_var(path: str) -> str:
    """/var/run/docker.sock as /run/docker.sock."""
    for link, target in _LINKS:
        if path == link or path.startswith(link + "/"):
            return target + path[len(link) :]
    return path


def plain_path(path: str) -> str:
    """From the root on, without `..` and doubled slashes."""
    return "/" + posixpath.normpath(path).lstrip("/")
