"""The host: what is true of the machine under the engine, read from files under a root.

Sizes in bytes, times in seconds unless said. A field is Unset where the file is absent, Unknown where it can't be read.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from .field import NOT_READ, Field
from .given_grants import GivenGrants
from .guard_policy import Binding
from .hardening_journal import HardenRun


class MountPoint(Struct, frozen=True):
    """A line of /proc/self/mountinfo. `device` is `major:minor`."""

    target: str
    root: str
    fstype: str
    device: str
    source: str
    options: tuple[str, ...]


class Storage(Struct, frozen=True, omit_defaults=True):
    """Where the engine keeps its data, and the room there. `ftype` of an xfs: None where it can't be told."""

    path: str
    mount: str
    fstype: str
    own_filesystem: bool
    size: int
    free: int
    inodes: int
    inodes_free: int
    options: tuple[str, ...] = ()
    ftype: bool | None = None
    errors: int | None = None
    """Errors that the file system has recorded in itself (ext4 counts them)."""


class DiskReading(Struct, frozen=True):
    """The room where the engine keeps its data, at one moment (RFC 3339)."""

    at: str
    mount: str
    size: int
    free: int


class Disk(Struct, frozen=True, omit_defaults=True):
    """A block device and what the kernel knows of its health: I/O errors counted, RAID state, `rotational`."""

    name: str
    size: int
    model: str = ""
    read_only: bool = False
    io_errors: int | None = None
    state: str = ""
    rotational: bool = False


class Account(Struct, frozen=True, omit_defaults=True):
    """A person or program that can log in. `password`: `set`, `locked`, `none` or `unknown`; `keys` authorized keys."""

    name: str
    uid: int
    shell: str
    groups: tuple[str, ...] = ()
    password: str = "unknown"
    keys: int = 0
    keys_seen: bool = True
    """Whether every file of authorized keys could be read: if not, there may be more."""
    password_changed: str = ""
    """The day (RFC 3339) on which the password was last set or locked: the account is as old at least."""


class LoginRecord(Struct, frozen=True, omit_defaults=True):
    """When accounts last logged in (name -> RFC 3339), as far as the host keeps a record, which begins on `since`."""

    last: dict[str, str]
    since: str


class SudoRule(Struct, frozen=True, omit_defaults=True):
    """Who may become another user by sudo: `who` a user, a `%group` or `ALL`; `commands` as written.

    `free` where no password is asked for them.
    """

    who: str
    commands: tuple[str, ...]
    free: bool
    path: str
    line: int


class DaemonProcess(Struct, frozen=True, omit_defaults=True):
    """The running engine, found by the listening socket's inode (never by a process's name).

    Where dockworthy's guard stands at `guarded_at`, `own_socket` is where the engine itself listens, and
    `container_roles` is what containers may there, by the guard's policy and by grants.
    """

    pid: int
    argv: tuple[str, ...]
    executable: str
    listens: tuple[str, ...] = ()
    socket_activated: bool = False
    limits: dict[str, tuple[int, int]] = {}
    uid: int = 0
    oom_score_adj: int = 0
    guarded_at: str = ""
    own_socket: str = ""
    container_roles: Field[tuple[Binding, ...]] = NOT_READ


class PluginFile(Struct, frozen=True, omit_defaults=True):
    """A file that registers a plugin at the engine, and the address that it names. `answers`: somebody listens there;
    None where that could not be told: `gap` says why, `tell` how to find out."""

    path: str
    address: str = ""
    answers: bool | None = None
    gap: str = ""
    tell: str = ""


class Listener(Struct, frozen=True, omit_defaults=True):
    """A listening socket and who holds it. `address` as text, `::` and `0.0.0.0` are every address."""

    protocol: str
    address: str
    port: int
    pid: int = 0
    program: str = ""
    uid: int = 0


class Firewall(Struct, frozen=True, omit_defaults=True):
    """`backend` `nft`, `iptables-legacy` or `none`; `rules` as text; `front` who manages them (ufw, firewalld)."""

    backend: str
    rules: tuple[str, ...] = ()
    front: str = ""
    front_active: bool = False
    input_policy: str = ""
    forward_policy: str = ""
    docker_user: tuple[str, ...] = ()


class Package(Struct, frozen=True, omit_defaults=True):
    """An installed package of the engine's or the kernel's, and a newer version where the package lists know one."""

    name: str
    version: str
    candidate: str = ""
    security: bool = False
    held: bool = False
    listed: bool = False
    """Whether the package lists tell: with an empty `candidate`, it is the newest. Not listed: nobody knows."""


class AutomaticUpdates(Struct, frozen=True, omit_defaults=True):
    """Unattended upgrades: the program, whether it is switched on, what it may install."""

    program: str
    enabled: bool
    origins: tuple[str, ...] = ()
    package_lists_read: str = ""


class FileMode(Struct, frozen=True, omit_defaults=True):
    """A file of the engine: what it is for (`role`: `daemon.json`, `docker.service`, `docker.sock`, `tls.key`, …),
    owner and mode (permission bits only). `kind`: `file`, `directory`, `socket`, `link`."""

    path: str
    role: str
    kind: str
    uid: int
    gid: int
    mode: int
    owner: str = ""
    group: str = ""


class UnitFile(Struct, frozen=True):
    """A systemd unit file that belongs to the engine."""

    name: str
    path: str
    text: str


class Certificate(Struct, frozen=True, omit_defaults=True):
    """A certificate of the engine's: its file, whom it names and until when it holds (RFC 3339)."""

    path: str
    subject: str
    not_after: str
    names: tuple[str, ...] = ()
    problem: str = ""
    """Why the file tells nothing (then `subject` and `not_after` are empty)."""


class OsRelease(Struct, frozen=True):
    """/etc/os-release."""

    id: str
    version_id: str
    codename: str
    name: str


class Kernel(Struct, frozen=True, omit_defaults=True):
    """`built` is the build date (RFC 3339 day) where the version string tells it; `taint` the kernel's bit set."""

    release: str
    version: str
    built: str = ""
    taint: int = 0
    uptime: float = 0.0
    architecture: str = ""


class Cgroup(Struct, frozen=True):
    """`version` 1, 2, or 0 for a hybrid of both."""

    version: int
    controllers: tuple[str, ...]


class Memory(Struct, frozen=True):
    total: int
    available: int
    swap_total: int
    swap_free: int


class TimeSync(Struct, frozen=True, omit_defaults=True):
    """`service` keeps the clock; `synchronised` by the kernel's own word where it could be read."""

    service: str
    running: bool
    synchronised: bool | None = None


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
    container_makers: Field[tuple[Binding, ...]] = NOT_READ
    """Who may make or change containers here without being root: by the roles, below admin, of dockworthy's guards that
    serve now, by grants that hold, and by sockets that have one role. Unset where no guard serves people."""
    given_grants: Field[GivenGrants] = NOT_READ
    """Grants of such roles, also those that have ended. Unset where none was ever given."""
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
