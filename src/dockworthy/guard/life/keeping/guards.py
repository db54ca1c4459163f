"""The guards of a keeper: one that answers, one that comes, and those that leave."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from ....errors import UsageError
from ...listening import check_free, listen
from ...socket_activation import FIRST, KEY, KEY_BYTES, handed, handed_socket, name_of
from ..readiness import READY
from ..spare import GO


class ServedSocket(NamedTuple):
    """A socket: who may open it. `group` is "" where the keeper's own group has it."""

    path: str
    mode: int
    group: str = ""


class KeeperSettings(NamedTuple):
    """`again` starts the keeper anew, with the same file; `serving` is where it writes which guard answers."""

    sockets: tuple[ServedSocket, ...]
    command: tuple[str, ...]
    again: tuple[str, ...]
    pid_file: str
    serving: str

    def written(self) -> bytes:
        told = {**self._asdict(), "sockets": [at._asdict() for at in self.sockets]}
        return (json.dumps(told, indent=2) + "\n").encode()


def read_kept(file: Path) -> KeeperSettings:
    """Raises UsageError."""
    try:
        told: dict[str, Any] = json.loads(file.read_text())
        sockets = tuple(ServedSocket(str(at["path"]), int(at["mode"]), str(at["group"])) for at in told["sockets"])
        command, again = (tuple(map(str, told[name])) for name in ("command", "again"))
        return KeeperSettings(sockets, command, again, str(told["pid_file"]), str(told["serving"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{file} can't be used: {error}", hint="dockworthy guard install writes it again") from None


_HIGH = 100
"""Descriptors are first put here, out of the way of those that are handed over."""


def open_all(wanted: Sequence[ServedSocket]) -> dict[str, int]:
    """Name -> descriptor: those that were handed over and are at their paths still, and new ones. Raises UsageError,
    PathTaken where another program listens at one of the paths: then none is made, so that no engine waits for a plugin
    at whose socket nobody answers."""
    given = {at: handed_socket(Path(at.path)) for at in wanted}
    for at in (at for at, there in given.items() if there is None):
        with contextlib.suppress(OSError):  # listen() tells what is wrong
            check_free(Path(at.path))
    opened: dict[str, int] = {}
    for at, there in given.items():
        listening = there or listen(Path(at.path), mode=at.mode, group=at.group or None)
        opened[name_of(Path(at.path))] = listening.detach()
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


READY_WITHIN = 60.0
"""Seconds: a loaded machine is slow."""


class Guard:
    """A process that was started as `program` (where its files lie), and says when it answers."""

    def __init__(self, pid: int, program: str, ready: int = -1, go: int = -1) -> None:
        """`go`: it waits for its turn, and hears of it there."""
        self.pid, self.program, self._ready, self._go = pid, program, ready, go
        self._until = time.monotonic() + READY_WITHIN

    def is_due(self) -> None:
        """Its turn has come. It may have ended meanwhile: then it is buried like any other."""
        self._until = time.monotonic() + READY_WITHIN
        with contextlib.suppress(OSError):
            os.write(self._go, b"!")
        os.close(self._go)
        self._go = -1

    def answers(self) -> bool:
        """From the moment at which it said so."""
        if self._ready < 0:
            return True
        with contextlib.suppress(BlockingIOError):
            if os.read(self._ready, 1):
                self.let_go()
                return True
        return False

    @property
    def is_late(self) -> bool:
        return self._ready >= 0 and time.monotonic() > self._until

    def let_go(self) -> None:
        for descriptor in (self._ready, self._go):
            if descriptor >= 0:
                os.close(descriptor)
        self._ready = self._go = -1

    def tell(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)


def start(command: Sequence[str], opened: Mapping[str, int], *, waits: bool = False) -> Guard:
    """`waits`: for its turn. Raises OSError where no process can be made."""
    ready, told = os.pipe()
    turn, go = os.pipe() if waits else (-1, -1)
    pid = os.fork()
    if pid == 0:
        try:
            become(command, opened, telling={READY: told, **({GO: turn} if waits else {})})
        finally:
            os._exit(127)
    os.close(told)
    if waits:
        os.close(turn)
    os.set_blocking(ready, False)
    return Guard(pid, os.path.dirname(os.path.realpath(command[0])), ready, go)
