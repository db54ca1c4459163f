"""The running kernel: release, build date, taint, uptime, settings (/proc/sys), security modules, control groups; the
host's name and operating system.
"""

from __future__ import annotations

import math
import re
from functools import partial

from ...model.field import Field, Source, Unknown
from ...model.host import Cgroup, Kernel, OsRelease
from .mounts import parse_mountinfo
from .reading import guarded, measured, number_or, written
from .root import Root

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_DEBIAN_DAY = re.compile(r"\((\d{4}-\d\d-\d\d)\)\s*$")
_C_DATE = re.compile(r"\b(" + "|".join(_MONTHS) + r") {1,2}(\d{1,2}) \d\d:\d\d:\d\d (?:\w{1,5} )?(\d{4})\b")
_VERSION = re.compile(r"^Linux version (\S+) (.*)", re.DOTALL)


def read_kernel(root: Root) -> Field[Kernel]:
    """Source: /proc/version, /proc/sys/kernel, /proc/uptime."""
    text = root.read("/proc/version").strip()
    match = _VERSION.match(text)
    release = root.word("/proc/sys/kernel/osrelease") or (match[1] if match else "")
    kernel = Kernel(
        release=release,
        version=root.word("/proc/sys/kernel/version") or text,
        built=built_on(text),
        taint=number_or(root.word("/proc/sys/kernel/tainted"), 0),
        uptime=_first_number(root.word("/proc/uptime")),
        architecture=root.word("/proc/sys/kernel/arch"),
    )
    return measured(kernel, "/proc/version")


def built_on(version: str) -> str:
    """The build date of /proc/version as `2025-09-20`, `""` where it tells none."""
    if debian := _DEBIAN_DAY.search(version):
        return debian[1]
    if date := _C_DATE.search(version):
        return f"{date[3]}-{_MONTHS.index(date[1]) + 1:02}-{int(date[2]):02}"
    return ""


def read_hostname(root: Root) -> Field[str]:
    """The kernel's own word, else /etc/hostname."""
    name = root.word("/proc/sys/kernel/hostname")
    if name:
        return measured(name, "/proc/sys/kernel/hostname")
    return written(root.read("/etc/hostname").strip(), "/etc/hostname")


def read_os(root: Root) -> Field[OsRelease]:
    """/etc/os-release, or the distribution's own copy in /usr/lib."""
    path = "/etc/os-release" if root.exists("/etc/os-release") else "/usr/lib/os-release"
    values = assignments(root.read(path))
    release = OsRelease(
        id=values.get("ID", "linux"),
        version_id=values.get("VERSION_ID", ""),
        codename=values.get("VERSION_CODENAME", ""),
        name=values.get("PRETTY_NAME") or values.get("NAME", ""),
    )
    return written(release, path)


def assignments(text: str) -> dict[str, str]:
    """`KEY=value` lines as a shell would read them, quotes removed. The last one wins."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if not equals or key.startswith("#"):
            continue
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = re.sub(r"\\([\"'$`\\])", r"\1", value[1:-1]) if value[0] == '"' else value[1:-1]
        values[key.strip()] = value
    return values


def _first_number(text: str) -> float:
    try:
        value = float(text.split()[0])
    except (ValueError, IndexError):
        return 0.0
    return value if math.isfinite(value) else 0.0


NAMES = (
    "fs.aio-max-nr",
    "fs.file-max",
    "fs.file-nr",
    "fs.inotify.max_queued_events",
    "fs.inotify.max_user_instances",
    "fs.inotify.max_user_watches",
    "fs.may_detach_mounts",
    "fs.nr_open",
    "fs.protected_fifos",
    "fs.protected_hardlinks",
    "fs.protected_regular",
    "fs.protected_symlinks",
    "fs.suid_dumpable",
    "kernel.apparmor_restrict_unprivileged_userns",
    "kernel.dmesg_restrict",
    "kernel.keys.maxbytes",
    "kernel.keys.maxkeys",
    "kernel.keys.root_maxkeys",
    "kernel.kptr_restrict",
    "kernel.modules_disabled",
    "kernel.panic",
    "kernel.panic_on_oops",
    "kernel.perf_event_paranoid",
    "kernel.pid_max",
    "kernel.randomize_va_space",
    "kernel.threads-max",
    "kernel.unprivileged_bpf_disabled",
    "kernel.unprivileged_userns_clone",
    "kernel.yama.ptrace_scope",
    "net.bridge.bridge-nf-call-ip6tables",
    "net.bridge.bridge-nf-call-iptables",
    "net.core.netdev_max_backlog",
    "net.core.rmem_max",
    "net.core.somaxconn",
    "net.core.wmem_max",
    "net.ipv4.conf.all.accept_redirects",
    "net.ipv4.conf.all.accept_source_route",
    "net.ipv4.conf.all.forwarding",
    "net.ipv4.conf.all.log_martians",
    "net.ipv4.conf.all.route_localnet",
    "net.ipv4.conf.all.rp_filter",
    "net.ipv4.conf.all.secure_redirects",
    "net.ipv4.conf.all.send_redirects",
    "net.ipv4.ip_forward",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.neigh.default.gc_thresh3",
    "net.ipv4.tcp_max_syn_backlog",
    "net.ipv4.tcp_syncookies",
    "net.ipv6.conf.all.accept_ra",
    "net.ipv6.conf.all.accept_redirects",
    "net.ipv6.conf.all.disable_ipv6",
    "net.ipv6.conf.all.forwarding",
    "net.netfilter.nf_conntrack_count",
    "net.netfilter.nf_conntrack_max",
    "user.max_mnt_namespaces",
    "user.max_net_namespaces",
    "user.max_user_namespaces",
    "vm.dirty_background_ratio",
    "vm.dirty_ratio",
    "vm.max_map_count",
    "vm.oom_kill_allocating_task",
    "vm.overcommit_memory",
    "vm.overcommit_ratio",
    "vm.panic_on_oom",
    "vm.swappiness",
)


def read_sysctls(root: Root) -> dict[str, Field[str]]:
    """Name -> value in one line; Unset where this kernel has no such setting."""
    return {name: guarded(partial(_read, root, _path(name)), _path(name)) for name in NAMES}


def _path(name: str) -> str:
    return "/proc/sys/" + name.replace(".", "/")


def _read(root: Root, path: str) -> Field[str]:
    return measured(" ".join(root.read(path).split()), path)


_LIST = "/sys/kernel/security/lsm"
_APPARMOR = "/sys/module/apparmor/parameters/enabled"


def read_lsm(root: Root) -> Field[tuple[str, ...]]:
    """The kernel's list; where securityfs isn't mounted, those that leave other traces (AppArmor, SELinux)."""
    listed = root.word(_LIST)
    if listed:
        return measured(tuple(name for name in listed.split(",") if name), _LIST)
    if not root.exists("/sys/module"):
        return Unknown("which security modules are in force can't be told: there is no /sys below the root")
    found = []
    if root.word(_APPARMOR) == "Y":
        found.append("apparmor")
    if root.exists("/sys/fs/selinux/enforce"):
        found.append("selinux")
    if not found and root.exists(_APPARMOR) and root.word(_APPARMOR) == "":
        return Unknown(f"{_APPARMOR} can't be read", source=Source(_APPARMOR))
    return measured(tuple(found), _APPARMOR if "selinux" not in found else "/sys/fs/selinux/enforce")


_TOP = "/sys/fs/cgroup"


def read_cgroup(root: Root) -> Field[Cgroup]:
    """Version 2 where the unified tree stands alone; a hybrid (0) has version 1 with an empty unified tree aside."""
    unified = root.word(f"{_TOP}/cgroup.controllers")
    if root.exists(f"{_TOP}/cgroup.controllers"):
        return measured(Cgroup(2, tuple(unified.split())), f"{_TOP}/cgroup.controllers")
    mounts = parse_mountinfo(root.word("/proc/1/mountinfo") or root.word("/proc/self/mountinfo"))
    types = {mount.fstype for mount in mounts if mount.target.startswith(_TOP)}
    if "cgroup" not in types:
        return Unknown("no control groups are mounted where they should be", source=Source(_TOP))
    controllers = _version_1_controllers(root.read("/proc/cgroups"))
    return measured(Cgroup(0 if "cgroup2" in types else 1, controllers), "/proc/cgroups")


def _version_1_controllers(table: str) -> tuple[str, ...]:
    """/proc/cgroups: name, hierarchy, number of groups, enabled. Those in no hierarchy of version 1 are in none."""
    rows = (line.split() for line in table.splitlines() if not line.startswith("#"))
    return tuple(row[0] for row in rows if len(row) == 4 and row[3] == "1" and row[1] != "0")
