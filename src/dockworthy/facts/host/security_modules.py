"""The Linux security modules in force."""

from __future__ import annotations

from ...model.field import Field, Source, Unknown
from .reading import measured
from .root import Root

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
