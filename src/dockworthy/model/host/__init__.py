"""The host: what is true of the machine under the engine, read from files under a root.

Sizes in bytes, times in seconds unless said. A field is Unset where the file is absent, Unknown where it can't be read.
"""

from .files import Certificate, FileMode, UnitFile
from .packages import AutomaticUpdates, Package
from .people import Account, LoginRecord, SudoRule
from .processes import DaemonProcess, Firewall, Listener, PluginFile
from .storage import Disk, DiskReading, MountPoint, Storage
from .system import Cgroup, Kernel, Memory, OsRelease, TimeSync
from .whole import Host

__all__ = [
    "Account",
    "AutomaticUpdates",
    "Certificate",
    "Cgroup",
    "DaemonProcess",
    "Disk",
    "DiskReading",
    "FileMode",
    "Firewall",
    "Host",
    "Kernel",
    "Listener",
    "LoginRecord",
    "Memory",
    "MountPoint",
    "OsRelease",
    "Package",
    "PluginFile",
    "Storage",
    "SudoRule",
    "TimeSync",
    "UnitFile",
]
