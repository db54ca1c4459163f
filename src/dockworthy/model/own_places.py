"""Paths of a host that are dockworthy's own, or its engine's: a container that mounts one of them controls the guard or
the engine. The one list of them, for the guard, for the controls and for `deploy`.

What lies elsewhere on one host (a data-root, a socket of another name) is added where that host is seen.
Source: dockerd(8), moby pkg/plugins/discovery_unix.go, and dockworthy's own modules.
"""

from __future__ import annotations

from typing import Final

STATE: Final = "/var/lib/dockworthy"
EDGE_STATE: Final = f"{STATE}/edge"
"""Keys and routes of every project."""
GUARD_KEY: Final = "/run/dockworthy-guard.key"
"""With it a request is taken for root's `dockworthy deploy`."""
ENGINE_BEHIND: Final = "/run/dockworthy-engine"
"""Holds the engine's own socket, where the guard stands at its place."""
PLUGINS: Final = "/run/docker/plugins"
"""Sockets of the engine's plugins, the guard's among them: who replaces that one answers for the guard."""
GUARD_PLUGIN: Final = f"{PLUGINS}/dockworthy.sock"
GUARD_SERVING: Final = "/run/dockworthy-guard.serving"
"""Names the process of the guard that serves."""
GUARDS_SERVING: Final = "/run/dockworthy-guards"
"""A file for each guard of root's, also for sockets that have one role, and those that keep their state elsewhere."""
GUARD_STATE_SERVING: Final = f"{STATE}/guard/serving"
"""The same, beside the state of the guards that keep it at the usual place."""

STATE_SECRETS: Final = tuple(
    f"{STATE}/{name}" for name in "guard guard-authority remote-access harden redaction.key versions.key".split()
)
"""Authorities whose key makes anybody an admin, what was in files before harden, and keys of digests."""

TO_READ: Final = (GUARD_KEY, ENGINE_BEHIND, GUARD_PLUGIN, "/etc/dockworthy", *STATE_SECRETS)
"""Dockworthy's: who reads them, or connects to a socket there, has what the guard keeps from everybody."""
TO_WRITE: Final = (
    "/opt/dockworthy",
    "/usr/local/sbin/dockworthy-guard-unlock",
    "/usr/local/bin/dockworthy",
    "/etc/systemd/system/dockworthy-guard.service",
    "/etc/systemd/system/docker.service.d/dockworthy-guard.conf",
    "/etc/init.d/dockworthy-guard",
    "/run/dockworthy-guard.pid",
    "/run/dockworthy-guard.watch",
    GUARD_SERVING,
    GUARDS_SERVING,
)
"""Dockworthy's: who writes them is root on the host, or unguarded."""
LOGS: Final = "/var/log/dockworthy"
"""Others may read them."""
PROOFS: Final = "proofs"
"""The folder of proofs below dockworthy's state, wherever that is."""
PROVEN: Final = f"{STATE}/{PROOFS}"
"""What drills proved: who writes there makes `assess` believe it."""

ENGINE_SOCKET: Final = "/run/docker.sock"
ENGINE_TO_READ: Final = ("/etc/docker", "/run/docker", "/run/containerd", "/var/lib/docker", "/var/lib/containerd")
"""The engine's: sockets, the keys of its API and of registries, and the files and secrets of every container."""
ENGINE_TO_WRITE: Final = (
    "/etc/default/docker",
    "/etc/containerd",
    "/etc/init.d",
    "/etc/systemd",
    "/usr/lib/docker",
    *ENGINE_TO_READ,
)
"""The engine's: who writes them decides what root starts. Plugins are found below /etc/docker and /usr/lib/docker."""
