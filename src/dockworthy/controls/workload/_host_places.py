"""Places of the host whose files are power over it, or tell more of it than a container needs. Data, no judgement.

What the engine's data-root holds stands in `_host_exposure`: where it lies differs from engine to engine."""

from __future__ import annotations

from msgspec import Struct

from ...model.levels import Level, Severity
from ...model.own_places import LOGS, PLUGINS, PROVEN, STATE, TO_READ, TO_WRITE

ROOT, VIEW = Level.BASELINE, Level.RESTRICTED
"""A way to root on the host; something of the host that is not the container's."""


class HostPlaces(Struct, frozen=True):
    """`by_reading`: seeing them is enough. `inside`: what lies below them counts, too. `held`: their parents count.
    `exceptions`: patterns of files that don't."""

    gives: str
    level: Level
    by_reading: bool
    paths: tuple[str, ...]
    severity: Severity = Severity.CRITICAL
    inside: bool = True
    held: bool = True
    exceptions: tuple[str, ...] = ()


def _paths(text: str, below: str = "") -> tuple[str, ...]:
    return tuple(below + name for name in text.split())


_PROGRAMS = _paths(
    "/bin /sbin /lib /lib32 /lib64 /libx32 /boot /usr/bin /usr/sbin /usr/lib /usr/lib32 /usr/lib64 /usr/libexec"
    " /usr/local/bin /usr/local/sbin /usr/local/lib /opt/cni /opt/containerd"
)
_SETTINGS = _paths(
    "passwd group shadow gshadow sudoers sudoers.d pam.d security nsswitch.conf login.defs subuid subgid"
    " crontab cron.d cron.hourly cron.daily cron.weekly cron.monthly anacrontab at.allow"
    " systemd init init.d inittab rc.local rc.d rc0.d rc1.d rc2.d rc3.d rc4.d rc5.d rc6.d rcS.d dbus-1 polkit-1 udev"
    " ssh profile profile.d bash.bashrc bashrc zsh environment shells skel update-motd.d"
    " ld.so.preload ld.so.conf ld.so.conf.d alternatives modprobe.d modules modules-load.d sysctl.conf sysctl.d"
    " containers default sysconfig apparmor.d selinux audit logrotate.d logrotate.conf"
    " apt yum.conf yum.repos.d dnf zypp network netplan NetworkManager iproute2 fstab crypttab exports"
    " kernel grub.d initramfs-tools dracut.conf.d needrestart cloud",
    "/etc/",
)
_LOGIN = ".bashrc .bash_profile .bash_login .bash_logout .profile .zshrc .zprofile .config/systemd .config/autostart"
_CREDENTIALS = (
    ".docker .kube .aws .azure .gnupg .config/gcloud .config/gh .netrc .git-credentials .pgpass .npmrc .vault-token"
)

PLACES: tuple[HostPlaces, ...] = (
    HostPlaces("the password hashes of the host", ROOT, True, _paths("shadow shadow- gshadow gshadow-", "/etc/")),
    HostPlaces("copies of the password hashes of the host", ROOT, True, ("/var/backups",)),
    HostPlaces(
        "the keys that open the host over SSH", ROOT, True, ("/root/.ssh", "/home/*/.ssh", "/etc/ssh/ssh_host_*_key")
    ),
    HostPlaces(
        "the keys of the host's cluster",
        ROOT,
        True,
        ("/etc/kubernetes", "/etc/rancher", "/var/lib/kubelet", "/var/lib/rancher"),
    ),
    HostPlaces(
        "the sockets of the engine's plugins, which say what everybody may do", ROOT, True, (PLUGINS,), held=False
    ),
    HostPlaces(
        "the sockets of the engine and its runtime, and the bundles of containers",
        ROOT,
        True,
        ("/run/docker", "/run/containerd"),
    ),
    HostPlaces(
        "the keys of the engine's API and of registries",
        ROOT,
        True,
        ("/etc/docker",),
        exceptions=("/etc/docker/daemon.json", "/etc/docker/certs.d/*/*.crt"),
    ),
    HostPlaces(
        "the records and the secrets of all projects that dockworthy shipped",
        ROOT,
        True,
        _paths("releases releases/* releases/*/versions", f"{STATE}/"),
        inside=False,
    ),
    HostPlaces("the files and secrets of every container", ROOT, True, ("/var/lib/containerd", "/var/lib/containers")),
    HostPlaces("the shared memory of the host's programs", ROOT, True, ("/dev/shm", "/run/shm"), inside=False),
    HostPlaces("the terminals of the people and programs of the host", ROOT, True, ("/dev/pts",)),
    HostPlaces(
        "messages and memory that the host's programs share with each other",
        ROOT,
        True,
        ("/dev/mqueue", "/dev/hugepages"),
        held=False,
    ),
    HostPlaces(
        "the memory of the host's kernel",
        ROOT,
        True,
        ("/proc/kcore", "/proc/kmem", "/proc/kallsyms", "/dev/core"),
        held=False,
    ),
    HostPlaces("a pipe by which the host's first process is told what to run", ROOT, False, ("/run/initctl",)),
    HostPlaces("the files and the memory of a process of the host", ROOT, True, ("/proc/[0-9]*",), held=False),
    HostPlaces(
        "a socket through which the host's root starts programs",
        ROOT,
        True,
        ("/run/dbus/system_bus_socket", "/run/systemd/private"),
    ),
    HostPlaces(
        "a socket through which a user's session starts programs",
        ROOT,
        True,
        ("/run/user/*/bus", "/run/user/*/systemd"),
    ),
    HostPlaces(
        "kernel settings that name programs which the host's root runs",
        ROOT,
        False,
        ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/sys/kernel", "/sys/fs/cgroup", "/sys/fs/bpf"),
    ),
    HostPlaces(
        "switches of the host's kernel and hardware",
        ROOT,
        False,
        ("/sys/firmware", "/sys/module", "/sys/block", "/sys/power", "/sys/bus"),
    ),
    HostPlaces("programs that the host's root runs", ROOT, False, _PROGRAMS),
    HostPlaces("the host's users, services and settings that become root", ROOT, False, _SETTINGS),
    HostPlaces(
        "scheduled jobs and package scripts that the host's root runs",
        ROOT,
        False,
        _paths("spool/cron spool/at lib/dpkg lib/rpm lib/apt lib/snapd lib/cloud lib/systemd", "/var/"),
    ),
    HostPlaces(
        "the settings, the plugins and the runtime of the engine", ROOT, False, ("/etc/docker", "/etc/containerd")
    ),
    HostPlaces(
        "the keys, the secrets of all projects and the guard's settings that dockworthy keeps",
        ROOT,
        True,
        (*TO_READ, *_paths("edge/authority edge/internal edge/acme edge/routes", f"{STATE}/")),
    ),
    HostPlaces(
        "programs and settings of dockworthy's guard",
        ROOT,
        False,
        tuple(path for path in TO_WRITE if not path.startswith(("/usr/", "/etc/"))),
    ),
    HostPlaces("what dockworthy's guard recorded, and its drills proved", ROOT, False, (LOGS, PROVEN), held=False),
    HostPlaces("what root's shell runs at login", ROOT, False, _paths(_LOGIN, "/root/")),
    HostPlaces("what a user's shell runs at login", ROOT, False, _paths(_LOGIN, "/home/*/")),
    HostPlaces(
        "credentials of the host's users",
        VIEW,
        True,
        _paths(_CREDENTIALS, "/root/") + _paths(_CREDENTIALS, "/home/*/"),
        Severity.HIGH,
    ),
    HostPlaces(
        "private keys of the host's services",
        VIEW,
        True,
        _paths("ssl/private pki/tls/private wireguard openvpn krb5.keytab ipsec.secrets", "/etc/"),
        Severity.HIGH,
    ),
    HostPlaces(
        "every process of the host with its command line; with the same user's id also its files and memory",
        VIEW,
        True,
        ("/proc",),
        Severity.MEDIUM,
        inside=False,
        held=False,
    ),
    HostPlaces(
        "what the kernel does for every program",
        VIEW,
        True,
        ("/sys/kernel/debug", "/sys/kernel/tracing", "/sys/kernel/security"),
        Severity.MEDIUM,
        held=False,
    ),
    HostPlaces("the logs of the whole host", VIEW, True, ("/var/log",), Severity.MEDIUM, inside=False),
    HostPlaces(
        "the logs of the whole host",
        VIEW,
        True,
        ("/var/log/journal", "/var/log/audit", "/run/log/journal"),
        Severity.MEDIUM,
    ),
    HostPlaces(
        "the temporary files and sockets of every program of the host",
        VIEW,
        True,
        ("/tmp", "/var/tmp", "/tmp/.X11-unix"),
        Severity.MEDIUM,
        inside=False,
    ),
    HostPlaces(
        "which programs the host has, in which versions",
        VIEW,
        True,
        ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/boot"),
        Severity.LOW,
        inside=False,
    ),
    HostPlaces("settings of the host, writable", VIEW, False, ("/etc",), Severity.MEDIUM),
    HostPlaces("settings of the host's hardware, writable", VIEW, False, ("/sys",), Severity.MEDIUM),
    HostPlaces("the host's installed files, writable", VIEW, False, ("/usr",), Severity.LOW),
)
