"""Which processes are of the host, and which of its containers: by their control groups."""

from __future__ import annotations

import re

from .root import Root

_CONTAINER = re.compile(
    r"[0-9a-f]{64}|/(?:docker|libpod|lxc|kubepods)(?:/|-[^/]*\.scope|\.slice|\.payload)|/kubepods-[^/]*\.slice"
)
"""In the control group of a process. A service is none, whatever it is called: docker.service is the engine itself."""


def is_in_container(root: Root, pid: int) -> bool:
    """Else it is a program of the host. In a container an executable may have any name. Source: proc_pid_cgroup(5)."""
    return _CONTAINER.search(root.word(f"/proc/{pid}/cgroup")) is not None
