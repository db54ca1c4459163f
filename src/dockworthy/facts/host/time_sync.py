"""Who keeps the clock, and whether the kernel calls it synchronised."""

from __future__ import annotations

import re
from contextlib import suppress

from ...model.field import Field, Source, Unknown, Unset
from ...model.host import TimeSync
from .elsewhere import Elsewhere
from .processes import Processes
from .programs import ProgramFailed
from .reading import TELL_ROOT, measured
from .root import Root
from .units import unit_is_enabled, unit_runs

_KEEPERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "chrony": (("chronyd",), ("chrony.service", "chronyd.service")),
    "systemd-timesyncd": (("systemd-timesyncd", "systemd-timesyn"), ("systemd-timesyncd.service",)),
    "ntpd": (("ntpd", "ntpd-rs", "ntp-daemon"), ("ntp.service", "ntpd.service", "ntpsec.service", "openntpd.service")),
}
"""Service -> the names of its executable, its systemd units."""

_UNSYNCHRONISED = 0x40  # STA_UNSYNC of adjtimex(2)


def read_time_sync(root: Root, processes: Processes) -> Field[TimeSync]:
    """The service that runs, else one that is enabled; Unset where there is neither and the clock runs freely."""
    synchronised = _synchronised(root)
    for service, (programs, units) in _KEEPERS.items():
        pid = processes.running(*programs)
        if pid:
            return measured(TimeSync(service, True, synchronised), f"/proc/{pid}/exe")
        if unit_runs(root, *units):
            return measured(TimeSync(service, True, synchronised), f"/sys/fs/cgroup/system.slice/{units[0]}")
    for service, (_, units) in _KEEPERS.items():
        if unit_is_enabled(root, *units):
            return measured(TimeSync(service, False, synchronised), f"/etc/systemd/system/{units[0]}")
    if synchronised:
        return measured(TimeSync("", False, True), "adjtimex(2)")
    if not processes.pids:
        return Unknown("who keeps the clock can't be told: there is no /proc below the root")
    if processes.unreadable and not root.exists("/sys/fs/cgroup/system.slice"):
        return Unknown("who keeps the clock can't be read: permission denied", TELL_ROOT)
    return Unset(Source("/proc", "no chrony, systemd-timesyncd or ntpd runs"))


def _synchronised(root: Root) -> bool | None:
    """The kernel's own word, of this machine only; elsewhere what systemd-timesyncd left."""
    if root.is_real:
        return _kernel_says()
    if isinstance(root, Elsewhere) and (says := _kernel_says_there(root)) is not None:
        return says
    return True if root.exists("/run/systemd/timesync/synchronized") else None


def _kernel_says_there(root: Elsewhere) -> bool | None:
    """The same by a program that asks adjtimex(2): busybox has one. None where there is none, or it may not."""
    for name, *words in (("adjtimex",), ("busybox", "adjtimex")):
        program = root.which(name)
        if not program:
            continue
        with suppress(ProgramFailed):
            status = re.search(rb"status:?\s+(?:0x)?(\d+)", root.ask([program, *words]).answer())
            if status:
                return not int(status[1]) & _UNSYNCHRONISED
    return None


def _kernel_says() -> bool | None:
    """adjtimex(2) that asks (modes = 0) and changes nothing. None where the call isn't allowed."""
    import ctypes  # 5 ms: only on the real root

    class Timex(ctypes.Structure):
        _fields_ = (
            ("modes", ctypes.c_uint),
            ("offset", ctypes.c_long),
            ("freq", ctypes.c_long),
            ("maxerror", ctypes.c_long),
            ("esterror", ctypes.c_long),
            ("status", ctypes.c_int),
            ("rest", ctypes.c_char * 256),
        )

    timex = Timex()
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return None
    return None if answer < 0 else not timex.status & _UNSYNCHRONISED
