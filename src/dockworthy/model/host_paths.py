"""Paths of a host that are written in two ways."""

from __future__ import annotations


def without_var(path: str) -> str:
    """/var/run/docker.sock as /run/docker.sock: /var/run is a link to /run on every system of today."""
    return path.removeprefix("/var") if path.startswith("/var/run/") else path
