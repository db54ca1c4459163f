"""What a volume shows: a folder of the engine's own, or whatever the options of its driver mount in place of it.

Every gate asks here: files (`check`, the deploy gate), the engine's objects (`assess`) and requests (the guard).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from .host_addresses import is_this_host


class VolumeKind(StrEnum):
    ENGINE = "engine"  # a folder below the engine's data, or the engine's own default
    MEMORY = "memory"  # a tmpfs of its own
    HOST = "host"  # folders of the host, or a file system of its kernel
    DISK = "disk"  # a file system on a device of the host
    REMOTE = "remote"  # a file system of another machine
    UNKNOWN = "unknown"  # nothing written tells


class HostFolder(Struct, frozen=True):
    path: str
    read_only: bool


class VolumeContent(Struct, frozen=True):
    """`says` names what is mounted, for a sentence: `the file system on /dev/vda (ext4)`. `folders`: the paths of the
    host that a volume of kind HOST shows."""

    kind: VolumeKind
    says: str = ""
    folders: tuple[HostFolder, ...] = ()


_ENGINE = VolumeContent(VolumeKind.ENGINE)
_HIDDEN = "hash:"
"""Facts have this in place of an option that holds a secret."""

_KERNEL = {
    "proc": "/proc",
    "sysfs": "/sys",
    "cgroup": "/sys/fs/cgroup",
    "cgroup2": "/sys/fs/cgroup",
    "cpuset": "/sys/fs/cgroup",
    "bpf": "/sys/fs/bpf",
    "configfs": "/sys/kernel/config",
    "debugfs": "/sys/kernel/debug",
    "tracefs": "/sys/kernel/tracing",
    "securityfs": "/sys/kernel/security",
    "efivarfs": "/sys/firmware/efi/efivars",
    "pstore": "/sys/fs/pstore",
    "selinuxfs": "/sys/fs/selinux",
    "smackfs": "/sys/fs/smackfs",
    "fusectl": "/sys/fs/fuse/connections",
    "binfmt_misc": "/proc/sys/fs/binfmt_misc",
    "nfsd": "/proc/fs/nfsd",
    "xenfs": "/proc/xen",
    "devtmpfs": "/dev",
    "mqueue": "/dev/mqueue",
}
"""File systems of the kernel, and the place where the host has the same: the engine mounts them in the host's
namespaces."""

_PATH = re.compile(r"(?<![^=:,])/[^:,]*")
"""A whole path among the words of an option: `lowerdir=/a:/b`."""
_MEMORY = frozenset({"tmpfs", "ramfs"})
_ON_DISKS = frozenset(
    "ext2 ext3 ext4 xfs btrfs bcachefs f2fs jfs nilfs2 reiserfs vfat msdos exfat ntfs ntfs3 hfs hfsplus udf iso9660"
    " squashfs erofs cramfs romfs minix gfs2 ocfs2".split()
)
_NFS = frozenset({"nfs", "nfs4"})
_SHARES = frozenset({"cifs", "smb3", "smb2", "smbfs", "ceph"})


def volume_content(driver: str, options: Mapping[str, str]) -> VolumeContent:
    """Of a volume with these options. The `local` driver calls mount(2) with them: `bind` among `o` outranks `type`."""
    if driver not in ("", "local"):
        return VolumeContent(VolumeKind.UNKNOWN, f"what the volume driver {driver} mounts")
    kind, device, written = (options.get(key, "") for key in ("type", "device", "o"))
    if not (kind or device or written):
        return _ENGINE
    if _HIDDEN in device or (_HIDDEN in written and kind not in _NFS | _SHARES):
        return VolumeContent(VolumeKind.UNKNOWN, "options that were left out because they hold a secret")
    flags = written.split(",")
    read_only = next((flag == "ro" for flag in reversed(flags) if flag in ("ro", "rw")), False)
    if "remount" in flags:
        return VolumeContent(VolumeKind.UNKNOWN, "what a mount with the option remount shows")
    if is_bind(options):
        return _folders("", [(device, read_only)]) if device else _ENGINE  # the engine refuses a bind of nothing
    if kind in _MEMORY:
        return VolumeContent(VolumeKind.MEMORY)
    if kind in _KERNEL:
        return _folders(f"the {kind} of the host's kernel", [(_KERNEL[kind], read_only)])
    if kind in ("overlay", "overlayfs"):
        return _overlay(written, read_only)
    if kind in _NFS:
        return _nfs(kind, device, flags, read_only)
    if kind in _SHARES:
        return _share(kind, device, flags)
    return _on_a_device(kind, device, read_only)


def is_bind(options: Mapping[str, str]) -> bool:
    """Does mount(2) bind what `device` names, whatever `type` says?"""
    return bool({"bind", "rbind"} & set(options.get("o", "").split(",")))


def bound_path(driver: str, options: Mapping[str, str]) -> str:
    """The one path of the host that a volume shows; `""` where it shows none, several, or a disk."""
    content = volume_content(driver, options)
    return content.folders[0].path if content.kind is VolumeKind.HOST and len(content.folders) == 1 else ""


def paths_in(options: Mapping[str, str]) -> tuple[str, ...]:
    """The paths of the host that options of any driver may name: those that the `local` driver would mount, and where
    it would mount none, whatever looks like one. None of a file system in memory or of another machine."""
    content = volume_content("local", options)
    if content.folders or content.kind in (VolumeKind.REMOTE, VolumeKind.MEMORY):
        return tuple(folder.path for folder in content.folders)
    return tuple(path for value in options.values() for path in _PATH.findall(value))


def _folders(says: str, found: Iterable[tuple[str, bool]]) -> VolumeContent:
    """A path that is not whole begins at the engine's own folder, which is `/`."""
    folders = tuple(HostFolder(path if path.startswith("/") else f"/{path}", read_only) for path, read_only in found)
    return VolumeContent(VolumeKind.HOST, says or folders[0].path, folders)


def _unclear(kind: str, device: str) -> VolumeContent:
    what = f"a file system of type {kind}" if kind else "a mount"
    return VolumeContent(VolumeKind.UNKNOWN, f"{what} {f'from {device!r}' if device else 'without a device'}")


def _on_a_device(kind: str, device: str, read_only: bool) -> VolumeContent:
    path = posixpath.normpath(f"/{device.lstrip('/')}") if device else ""
    if kind in ("", "none") and device and not path.startswith("/dev/"):
        return _folders("", [(device, read_only)])
    if device and (device.startswith("/") or kind in _ON_DISKS):
        return VolumeContent(VolumeKind.DISK, f"the file system on {path}{f' ({kind})' if kind else ''}")
    return _unclear(kind, device)


def _overlay(written: str, read_only: bool) -> VolumeContent:
    """Layers are `lowerdir=/a:/b`, or one each in `lowerdir+` and `datadir+`; a backslash keeps what follows it."""
    found: list[tuple[str, bool]] = []
    for option in _parted(written, ","):
        key, _, value = option.partition("=")
        if key.rstrip("+") in ("lowerdir", "datadir"):
            layers = [value] if key.endswith("+") else _parted(value, ":")
            found += [(_unescaped(layer), True) for layer in layers if layer]
        elif key in ("upperdir", "workdir") and value:
            found.append((_unescaped(value), read_only))
    return _folders("an overlay", found) if found else _unclear("overlay", "")


def _parted(text: str, at: str) -> list[str]:
    """As the kernel parts it: a backslash takes the next letter with it, also another backslash."""
    parts = [""]
    for letter in re.findall(r"\\.|[^\\]|\\", text, re.DOTALL):
        if letter == at:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _nfs(kind: str, device: str, flags: Iterable[str], read_only: bool) -> VolumeContent:
    host, _, export = device.rpartition(":")
    addresses = _addresses(flags, "addr") or [host.strip("[]")]
    if any(map(_may_be_this_host, addresses)):
        return _folders(f"this host's own {kind} export {export}", [(export or "/", read_only)])
    return VolumeContent(VolumeKind.REMOTE, f"{kind} of {addresses[0]}") if addresses[0] else _unclear(kind, device)


def _share(kind: str, device: str, flags: Iterable[str]) -> VolumeContent:
    host = device.removeprefix("//").partition("/")[0] if kind != "ceph" else device.partition(":/")[0]
    addresses = _addresses(flags, "addr", "ip") or [host]
    named = [address for address in addresses if address]
    if not named or any(_may_be_this_host(part) for each in named for part in (each, each.rpartition(":")[0])):
        return _unclear(kind, device)
    return VolumeContent(VolumeKind.REMOTE, f"{kind} of {named[0]}")


def _addresses(flags: Iterable[str], *keys: str) -> list[str]:
    """All of them: the engine resolves the first, the kernel takes the last."""
    pairs = (flag.partition("=") for flag in flags)
    return [value for key, _, value in pairs if key in keys and value]


def _may_be_this_host(address: str) -> bool:
    """Other names and addresses of its own are not known here. inet_aton(3) reads an address up to a space."""
    name = address.strip("[]").rstrip(".").lower().partition(" ")[0]
    return is_this_host(name) or name.partition(".")[0] in ("localhost", "ip6-localhost")
