"""Who made a scratch project: so that a later run knows whether its owner still lives."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

LABEL = "dockworthy.verify"
PREFIX = "dockworthy-verify-"


class RunOwner(Struct, frozen=True):
    """A process of a machine: pids are given out again, so when it started and since which boot belong to it. `called`:
    the project has this name, and stays when the process has ended: no later run takes it for a leftover."""

    run: str
    pid: int
    start: str
    boot: str
    machine: str
    called: str = ""

    @property
    def project(self) -> str:
        return self.called or PREFIX + self.run

    @property
    def labels(self) -> dict[str, str]:
        if self.called:
            return {LABEL: self.run}
        return {
            LABEL: self.run,
            f"{LABEL}.pid": str(self.pid),
            f"{LABEL}.start": self.start,
            f"{LABEL}.boot": self.boot,
            f"{LABEL}.machine": self.machine,
        }


def this_process() -> RunOwner:
    return RunOwner(secrets.token_hex(4), os.getpid(), _started(os.getpid()), _boot(), _machine())


def owner_from(labels: Mapping[str, str]) -> RunOwner | None:
    """The owner that an object's labels name; None where they name none."""
    try:
        return RunOwner(
            labels[LABEL],
            int(labels[f"{LABEL}.pid"]),
            labels[f"{LABEL}.start"],
            labels[f"{LABEL}.boot"],
            labels[f"{LABEL}.machine"],
        )
    except (KeyError, ValueError):
        return None


def is_gone(owner: RunOwner) -> bool:
    """Has that process ended? One of another machine (or of another pid namespace) can't be seen, so it has not."""
    if owner.machine != _machine():
        return False
    return owner.boot != _boot() or _started(owner.pid) != owner.start


def _started(pid: int) -> str:
    """When a process started, in clock ticks since the boot; "" for no such process (or one that only waits to be
    collected)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def _boot() -> str:
    return _line("/proc/sys/kernel/random/boot_id")


def _machine() -> str:
    """Names this machine and pid namespace; a hash, for the machine's own id is not for others."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return hashlib.sha256(f"{_line('/etc/machine-id')} {os.uname().nodename} {namespace}".encode()).hexdigest()[:16]


def _line(file: str) -> str:
    try:
        return Path(file).read_text().strip()
    except OSError:
        return ""
