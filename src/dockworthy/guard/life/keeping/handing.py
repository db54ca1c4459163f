"""Open sockets handed to another program, and left with systemd. Sources: sd_listen_fds(3), sd_notify(3)."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from ...handed import FIRST, KEY, KEY_BYTES, handed, handed_socket, name_of
from ...listening import listen
from .kept import At

_HIGH = 100
"""Descriptors are first put here, out of the way of those that are handed over."""


def open_all(wanted: Sequence[At]) -> dict[str, int]:
    """Name -> descriptor: those that were handed over and are at their paths still, and new ones. Raises UsageError."""
    opened: dict[str, int] = {}
    for at in wanted:
        path = Path(at.path)
        listening = handed_socket(path) or listen(path, mode=at.mode, group=at.group or None)
        opened[name_of(path)] = listening.detach()
    opened[KEY] = handed()[KEY] if KEY in handed() else _new_key()
    return opened


def _new_key() -> int:
    descriptor = os.memfd_create(KEY)
    os.write(descriptor, os.urandom(KEY_BYTES))
    return descriptor


def leave_with_systemd(opened: Mapping[str, int]) -> None:
    """So that they stay open where this process is killed. What it had before and is of no use any more, it lets go."""
    for name in handed().keys() - opened.keys():
        notify(f"FDSTOREREMOVE=1\nFDNAME={name}")
    for name in opened.keys() - handed().keys():
        notify(f"FDSTORE=1\nFDNAME={name}", opened[name])


def notify(message: str, *descriptors: int) -> None:
    """Nothing where no systemd waits for it."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.connect("\0" + address[1:] if address[0] == "@" else address)
        socket.send_fds(told, [message.encode()], descriptors)  # which takes no address, whatever its signature says


def become(
    command: Sequence[str],
    opened: Mapping[str, int],
    *,
    telling: Mapping[str, int] = MappingProxyType({}),
    more: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """This process is `command` from now on, with these descriptors and `more` in its environment. `telling`: further
    descriptors, by the variables that name them to a guard. Raises OSError where it can't be."""
    if not os.access(command[0], os.X_OK):
        raise FileNotFoundError(2, "no such program", command[0])  # before descriptors are moved
    given = [fcntl.fcntl(each, fcntl.F_DUPFD, _HIGH) for each in (*opened.values(), *telling.values())]
    environment = {**os.environ, **more, "LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(opened))}
    environment["LISTEN_FDNAMES"] = ":".join(opened)
    try:
        for number, each in enumerate(given, FIRST):
            os.dup2(each, number)
        for number, name in enumerate(telling, FIRST + len(opened)):
            environment[name] = str(number)
        if telling:
            environment.pop("NOTIFY_SOCKET", None)  # systemd hears of it from the keeper
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
    finally:
        for each in given:
            os.close(each)
    os.execve(command[0], list(command), environment)


__all__ = ["become", "leave_with_systemd", "notify", "open_all"]
