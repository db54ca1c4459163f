"""Containers that are all right at level `restricted`, each in a way of its own: none may get a failure."""

from __future__ import annotations

from spec import Parts

TIGHT_IN_ITS_WAY: dict[str, Parts] = {
    "as-it-is": {},
    "user-by-name": {"user": ("--user", "app")},
    "user-without-group": {"user": ("--user", "1000")},
    "very-high-user": {"user": ("--user", "2000000:2000000")},
    "cpu-quota": {"cpu": ("--cpu-period", "100000", "--cpu-quota", "50000")},
    "cpu-set": {"cpu": ("--cpuset-cpus", "0", "--cpus", "0.5")},
    "low-ports": {"capabilities": ("--cap-drop", "ALL", "--cap-add", "NET_BIND_SERVICE")},
    "drop-in-small-letters": {"capabilities": ("--cap-drop", "all")},
    "escalation-with-equals": {"escalation": ("--security-opt", "no-new-privileges=true")},
    "scratch-space": {"more": ("--tmpfs", "/tmp:rw,noexec,nosuid,size=1m")},
    "named-volume": {"more": ("-v", "{volume}:/data")},
    "data-folder": {"more": ("-v", "{plain}:/data:ro")},
    "no-network": {"more": ("--network", "none")},
    "port-on-loopback": {"more": ("-p", "127.0.0.1::80")},
    "with-an-init": {"more": ("--init",)},
    "safe-sysctl": {"more": ("--sysctl", "net.ipv4.ip_unprivileged_port_start=1024")},
    "limited-restarts": {"restart": ("--restart", "on-failure:5")},
    "always-restarted": {"restart": ("--restart", "always")},
    "private-everything": {"ipc": ("--ipc", "none"), "more": ("--hostname", "shop", "--dns", "127.0.0.1")},
    "more-memory-to-reserve": {"memory": ("-m", "64m", "--memory-swap", "64m", "--memory-reservation", "32m")},
    "rotated-json-logs": {"logs": ("--log-driver", "json-file", "--log-opt", "max-size=1m", "--log-opt", "max-file=2")},
    "named-like-the-engine": {"more": ("--hostname", "dockerd", "--label", "privileged=true")},
}
