"""The running kernel: release, build date, taint, uptime; the host's name and operating system."""

from __future__ import annotations

import math
import re

from ...model.field import Field
from ...model.host import Kernel, OsRelease
from .reading import measured, number_or, written
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
