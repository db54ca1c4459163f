"""A container that nothing is wrong with at level `restricted`, as parts that a fault can take the place of."""

from __future__ import annotations

from collections.abc import Mapping

TIGHT: dict[str, tuple[str, ...]] = {
    "user": ("--user", "1000:1000"),
    "capabilities": ("--cap-drop", "ALL"),
    "escalation": ("--security-opt", "no-new-privileges"),
    "root": ("--read-only",),
    "memory": ("--memory", "32m", "--memory-swap", "32m"),
    "cpu": ("--cpus", "0.5"),
    "pids": ("--pids-limit", "50"),
    "cgroup": ("--cgroupns", "private"),
    "ipc": ("--ipc", "private"),
    "restart": ("--restart", "unless-stopped"),
    # Asked often only until it is healthy: there are a hundred of these at once.
    "health": (
        *("--health-cmd", "true", "--health-interval", "1h"),
        *("--health-start-period", "1h", "--health-start-interval", "1s"),
    ),
    "logs": ("--log-driver", "local"),
}

Parts = Mapping[str, tuple[str, ...]]


def options(parts: Parts) -> tuple[str, ...]:
    """The tight container's options with these parts in place of its own, or added: an empty one takes a part away."""
    return tuple(word for part in {**TIGHT, **parts}.values() for word in part)
