"""The facts of a host: what its files below a root tell. Reads only, needs no network, never raises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...model.field import Field, Set
from ...model.host import Host
from ...model.own_places import GUARD_STATE_SERVING
from .accounts import read_accounts, read_docker_group, read_ssh_login_modules
from .audit import read_audit_rules
from .certificates import read_certificates
from .daemon import read_containerd, read_daemon
from .daemon_json import read_daemon_json
from .dns import read_dns
from .engine_files import read_files
from .firewall import FirewallPrograms, read_firewall
from .guarded_socket import GIVEN, container_makers, given_grants
from .hardening import read_hardening
from .hardware import read_cpus, read_disks, read_load, read_memory, read_memory_errors, read_virtualization
from .kernel import read_cgroup, read_hostname, read_kernel, read_lsm, read_os, read_sysctls
from .logins import read_logins
from .mounts import read_filesystems, read_mounts
from .names import Names
from .packages import PackageLists, read_packages
from .plugins import SOCKETS, read_plugins
from .processes import Processes
from .reading import guarded, guarded_all
from .root import Root, clean
from .settings import EngineSettings, EngineStart
from .sockets import SocketTables, read_listeners
from .ssh import read_ssh
from .storage import read_storage
from .sudo import read_sudo_rules
from .time_sync import read_time_sync
from .units import read_units
from .updates import read_automatic_updates, read_reboot_required

__all__ = ["read_host"]


def read_host(root: Path | Root = Path("/"), *, socket: str = "/var/run/docker.sock") -> Host:
    """Everything the files below `root` tell of a host. `socket` is the engine's unix socket, `""` where it has none.

    Takes well under 0.3 s. Programs (apt-helper, nft, iptables-save) are asked of a running machine only; they start
    first and are collected last.
    """
    tree = root if isinstance(root, Root) else Root(root)
    lists, firewall = PackageLists(tree), FirewallPrograms(tree)
    try:
        return _read(tree, socket, lists, firewall)
    finally:
        firewall.close()
        lists.close()


def _read(root: Root, socket: str, lists: PackageLists, firewall: FirewallPrograms) -> Host:
    processes, names = Processes(root), Names(root)
    sockets = SocketTables(root, processes)
    engine = _engine(root, processes, sockets, names, socket)
    people = _people(root, processes, sockets, names, engine.pop("settings"))
    machine = _machine(root, processes)
    packages = guarded(lambda: read_packages(root, lists), "/var/lib/dpkg/status")
    return Host(
        root=clean(root.base),
        as_root=root.as_root,
        **engine,
        **people,
        **machine,
        packages=packages,
        reboot_required=guarded(lambda: read_reboot_required(root, machine["kernel"], packages), "/boot"),
        automatic_updates=guarded(lambda: read_automatic_updates(root), "/etc/apt/apt.conf.d"),
        firewall=guarded(lambda: read_firewall(root, firewall), "the firewall"),
        hardening=guarded(lambda: read_hardening(root), "/var/lib/dockworthy/harden"),
    )


def _engine(root: Root, processes: Processes, sockets: SocketTables, names: Names, socket: str) -> dict[str, Any]:
    """The engine's own fields, and its `settings` for those that depend on them."""
    daemon = guarded(lambda: read_daemon(root, processes, sockets, socket), socket or "/var/run/docker.pid")
    start = EngineStart.of(daemon, names)
    settings_file = guarded(lambda: read_daemon_json(root, start.file_path), start.file_path)
    settings = EngineSettings.of(start, daemon, settings_file)
    mounts = guarded(lambda: read_mounts(root), "/proc/self/mountinfo")
    own = daemon.value.own_socket if isinstance(daemon, Set) else ""
    return {
        "settings": settings,
        "daemon": daemon,
        "daemon_json": settings_file,
        "containerd": guarded(
            lambda: read_containerd(root, processes, sockets, settings), "/run/containerd/containerd.sock"
        ),
        "mounts": mounts,
        "storage": guarded(lambda: read_storage(root, settings, mounts), settings.data_root),
        "files": guarded_all(lambda: read_files(root, settings, names, socket, own), "the engine's files"),
        "units": guarded_all(lambda: read_units(root), "the engine's units"),
        "container_makers": guarded(lambda: container_makers(root), GUARD_STATE_SERVING),
        "given_grants": guarded(lambda: given_grants(root), GIVEN),
        "plugins": guarded(lambda: read_plugins(root, sockets), SOCKETS),
        "certificates": guarded(lambda: read_certificates(root, settings), "the engine's certificates"),
    }


def _people(
    root: Root, processes: Processes, sockets: SocketTables, names: Names, settings: EngineSettings
) -> dict[str, Any]:
    """Who may do what, and who watches."""
    ssh = guarded(lambda: read_ssh(root), "/etc/ssh/sshd_config")
    return {
        "ssh": ssh,
        "docker_group": guarded(lambda: read_docker_group(root, settings, names), "/etc/group"),
        "accounts": guarded(lambda: read_accounts(root, names, ssh), "/etc/passwd"),
        "logins": guarded(lambda: read_logins(root, names), "/var/log/lastlog"),
        "sudo_rules": guarded(lambda: read_sudo_rules(root), "/etc/sudoers"),
        "ssh_login_modules": guarded(lambda: read_ssh_login_modules(root), "/etc/pam.d/sshd"),
        "audit_rules": guarded(lambda: read_audit_rules(root), "/etc/audit"),
        "listeners": guarded(lambda: read_listeners(processes, sockets), "/proc/net/tcp"),
    }


def _machine(root: Root, processes: Processes) -> dict[str, Any]:
    """Kernel and hardware."""
    readers: dict[str, tuple[Callable[[], Field[Any]], str]] = {
        "hostname": (lambda: read_hostname(root), "/etc/hostname"),
        "os": (lambda: read_os(root), "/etc/os-release"),
        "kernel": (lambda: read_kernel(root), "/proc/version"),
        "cgroup": (lambda: read_cgroup(root), "/sys/fs/cgroup"),
        "lsm": (lambda: read_lsm(root), "/sys/kernel/security/lsm"),
        "filesystems": (lambda: read_filesystems(root), "/proc/filesystems"),
        "time_sync": (lambda: read_time_sync(root, processes), "/proc"),
        "memory": (lambda: read_memory(root), "/proc/meminfo"),
        "cpus": (lambda: read_cpus(root), "/proc/cpuinfo"),
        "load": (lambda: read_load(root), "/proc/loadavg"),
        "disks": (lambda: read_disks(root), "/sys/block"),
        "dns": (lambda: read_dns(root), "/etc/resolv.conf"),
        "memory_errors": (lambda: read_memory_errors(root), "/sys/devices/system/edac/mc"),
        "virtualization": (lambda: read_virtualization(root), "/proc/cpuinfo"),
    }
    fields: dict[str, Any] = {name: guarded(read, where) for name, (read, where) in readers.items()}
    return fields | {"sysctls": guarded_all(lambda: read_sysctls(root), "/proc/sys")}
