"""The host as a whole: what is true of the machine under the engine, read from files under a root."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ..field import NOT_READ, Field
from ..hardening_journal import HardenRun
from .files import Certificate, FileMode, UnitFile
from .packages import AutomaticUpdates, Package
from .people import Account, LoginRecord, SudoRule
from .processes import DaemonProcess, Firewall, Listener, PluginFile
from .storage import Disk, DiskReading, MountPoint, Storage
from .system import Cgroup, Kernel, Memory, OsRelease, TimeSync


class Host(Struct, frozen=True, kw_only=True):
    """Everything that was read of a host."""

    root: str = "/"
    as_root: bool = False
    hostname: Field[str] = NOT_READ
    os: Field[OsRelease] = NOT_READ
    kernel: Field[Kernel] = NOT_READ
    cgroup: Field[Cgroup] = NOT_READ
    lsm: Field[tuple[str, ...]] = NOT_READ
    sysctls: dict[str, Field[str]] = {}
    mounts: Field[tuple[MountPoint, ...]] = NOT_READ
    filesystems: Field[tuple[str, ...]] = NOT_READ
    storage: Field[Storage] = NOT_READ
    disk_history: Field[tuple[DiskReading, ...]] = NOT_READ
    """Of the same file system, at the same size, oldest first; the last one is this reading."""
    files: dict[str, Field[FileMode]] = {}
    """Path -> owner and mode; Unset where the file does not exist."""
    units: dict[str, Field[UnitFile]] = {}
    docker_group: Field[tuple[str, ...]] = NOT_READ
    accounts: Field[tuple[Account, ...]] = NOT_READ
    logins: Field[LoginRecord] = NOT_READ
    sudo_rules: Field[tuple[SudoRule, ...]] = NOT_READ
    """Unset where sudo is not installed."""
    ssh_login_modules: Field[tuple[str, ...]] = NOT_READ
    """The modules that PAM asks about a login by ssh, in order: `pam_unix`, `pam_google_authenticator`, …"""
    daemon_json: Field[dict[str, Any]] = NOT_READ
    daemon: Field[DaemonProcess] = NOT_READ
    containerd: Field[DaemonProcess] = NOT_READ
    plugins: Field[tuple[PluginFile, ...]] = NOT_READ
    """Plugins that are registered by a file; those that `docker plugin install` brings are not among them."""
    certificates: Field[tuple[Certificate, ...]] = NOT_READ
    audit_rules: Field[tuple[str, ...]] = NOT_READ
    """Rules as `auditctl` syntax, from the rules' files; Unset where audit is not installed."""
    time_sync: Field[TimeSync] = NOT_READ
    clock_skew: Field[float] = NOT_READ
    """Seconds that the host's clock is ahead of the reader's, measured over ssh; 0.0 where they can't be told apart."""
    packages: Field[tuple[Package, ...]] = NOT_READ
    automatic_updates: Field[AutomaticUpdates] = NOT_READ
    reboot_required: Field[bool] = NOT_READ
    firewall: Field[Firewall] = NOT_READ
    listeners: Field[tuple[Listener, ...]] = NOT_READ
    ssh: Field[dict[str, str]] = NOT_READ
    """Effective global settings of the SSH server, keys in lower case; Unset where no server is installed."""
    memory: Field[Memory] = NOT_READ
    cpus: Field[int] = NOT_READ
    load: Field[tuple[float, float, float]] = NOT_READ
    disks: Field[tuple[Disk, ...]] = NOT_READ
    dns: Field[tuple[str, ...]] = NOT_READ
    memory_errors: Field[int] = NOT_READ
    virtualization: Field[str] = NOT_READ
    """`none` on bare metal; Unknown where it can't be told."""
    hardening: Field[tuple[HardenRun, ...]] = NOT_READ
    """The newest runs of `dockworthy harden`, oldest first; Unset where there was none."""
