"""What is asked of every host at once, beyond what the readers ask first: what they will ask next on a usual host.

Only speed depends on this list.
"""

from __future__ import annotations

from .capture import HostQuestion

USUAL_SOCKET = "/var/run/docker.sock"

_CONTENTS = (
    "/etc/shadow",
    "/etc/sudoers",
    "/etc/pam.d/sshd",
    "/etc/pam.d/common-auth",
    "/var/log/lastlog",
    "/var/log/wtmp",
    "/var/log/wtmp.1",
    "/var/lib/lastlog/lastlog2.db",
    "/var/lib/wtmpdb/wtmp.db",
    "/root/.ssh/authorized_keys",
    "/root/.ssh/authorized_keys2",
    "/etc/ssh/sshd_config",
    "/etc/os-release",
    "/etc/audit/audit.rules",
    "/etc/ufw/ufw.conf",
    "/var/lib/dpkg/status",
    "/var/run/docker.pid",
    "/proc/uptime",
    "/proc/cgroups",
    "/run/dockworthy-guard.serving",
    "/proc/1/net/tcp",
    "/proc/1/net/tcp6",
    "/proc/1/net/udp",
    "/proc/1/net/udp6",
    "/proc/net/ip_tables_names",
    "/proc/net/ip6_tables_names",
    "/sys/module/apparmor/parameters/enabled",
)
_NAMES = (
    "/etc/apt/apt.conf.d",
    "/etc/audit/rules.d",
    "/etc/ssh/sshd_config.d",
    "/etc/sudoers.d",
    "/boot",
    "/etc/docker/plugins",
    "/lib/modules",
    "/run/docker/plugins",
    "/run/dockworthy-guards",
    "/usr/lib/docker/plugins",
    "/var/lib/dockworthy/guard/serving",
    "/var/lib/dockworthy/harden",
)
_STATS = (
    "/lib",
    "/bin",
    "/sbin",
    "/usr/sbin",
    "/run",
    "/run/docker",
    "/run/docker.sock",
    "/run/docker.pid",
    "/run/docker/containerd",
    "/run/docker/containerd/containerd.sock",
    "/var/lib",
    "/etc/default",
)

USUAL: tuple[HostQuestion, ...] = (
    *(HostQuestion("content", (path,)) for path in _CONTENTS),
    *(HostQuestion("names", (path,)) for path in _NAMES),
    *(HostQuestion("stat", (path,)) for path in _STATS),
)
