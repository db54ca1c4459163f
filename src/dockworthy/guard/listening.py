"""A Unix socket that is there only when somebody answers at it."""

from __future__ import annotations

import contextlib
import errno
import grp
import os
import socket
import stat
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ..errors import UsageError
from .socket_activation import handed_socket

BACKLOG = 4096
"""Who waits to be let in when many come at a time: as many as an engine lets wait. A loop that is not told lets 100."""


class PathTaken(UsageError):
    """Another program listens where the guard's socket is to be."""


def check_free(path: Path) -> None:
    """May a guard put its socket there? Yes where nobody listens, or an earlier guard does. An engine that came back to
    that path (after `unlock`, say) would lose everybody who asks it. Raises PathTaken, and OSError where nobody can
    tell."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.setblocking(False)
        try:
            asking.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return
        except BlockingIOError:  # somebody listens and has no time for us
            if _guard_is_busy_at(path):
                return
            who = "another program"
        else:
            if _is_guards(asking.getpeername(), path):
                return
            who = _program(asking)
    raise PathTaken(
        f"{who} listens at {path}, and the guard's socket would take its place",
        hint="is it the engine, which came back there by `dockworthy guard unlock`? dockworthy guard install --people "
        "moves its socket and brings the guard back; else end that program first, or name another path",
    )


def _beside(path: Path) -> Path:
    """Where a socket is made before it is moved to its place."""
    return path.with_name(f".{path.name}.{os.getpid()}")


def _is_guards(bound: str, path: Path) -> bool:
    """`bound`: the path at which the socket was made, which the kernel keeps. Only a guard makes one beside its
    place."""
    made, _, pid = os.path.basename(bound).rpartition(".")
    return made == f".{path.name}" and pid.isdigit()


def _guard_is_busy_at(path: Path) -> bool:
    """Does an earlier guard listen there, and nobody who made a socket with this very path? Who lets nobody in tells
    nothing of itself, but the kernel lists the paths at which sockets were made. Where that list can't be read, it is
    taken for another program."""
    from ..facts.host.sockets import unix_listeners  # much is behind it, and a keeper hardly ever needs it

    try:
        table = Path("/proc/net/unix").read_text(errors="replace")
    except OSError:
        return False
    at, folder = os.path.realpath(path), os.path.realpath(path.parent)
    bound = [one for _, one in unix_listeners(table)]
    beside = (one for one in bound if _is_guards(one, path))
    is_guards = any(os.path.realpath(os.path.dirname(one)) == folder for one in beside)
    others = (one for one in bound if os.path.basename(one) == os.path.basename(at))
    return is_guards and not any(os.path.realpath(one) == at for one in others)


def _program(asking: socket.socket) -> str:
    """Who listens at the other end. Source: unix(7), SO_PEERCRED."""
    pid = struct.unpack("=iII", asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
    try:
        return f"{Path(f'/proc/{pid}/comm').read_text().strip()} (process {pid})"
    except OSError:  # it has handed its socket over and ended, or runs in another namespace
        return "another program"


def listen(path: Path, *, mode: int, group: str | None = None) -> socket.socket:
    """One that was handed over, as it is; else one that is put in its place when it listens: at no moment is there one
    that does not answer. Raises UsageError, PathTaken where it would take another program's place."""
    if (given := handed_socket(path)) is not None:
        given.setblocking(False)
        return given
    beside = _beside(path)
    try:
        owner = -1 if group is None else int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not stat.S_ISSOCK(path.lstat().st_mode):
            raise UsageError(f"{path} is there and is no socket", hint="name another path")
        check_free(path)
        with contextlib.ExitStack() as undone:
            listening = undone.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            before = os.umask(0o177)
            try:
                listening.bind(str(beside))
            finally:
                os.umask(before)
            _give(beside, mode, owner)
            listening.listen(BACKLOG)
            listening.setblocking(False)
            beside.replace(path)
            undone.pop_all()
    except KeyError:
        raise UsageError(f"there is no group {group!r} on this host", hint="getent group lists them") from None
    except OSError as error:
        raise UsageError(f"{path}: no socket can be made there: {error.strerror or error}") from None
    return listening


def _give(beside: Path, mode: int, group: int) -> None:
    """Gives the socket its group and mode, by a descriptor of the socket itself: the folder may be one where others
    rename. Raises OSError."""
    handle = os.open(beside, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not stat.S_ISSOCK(os.fstat(handle).st_mode):
            raise OSError(errno.EEXIST, "another file is there by now")
        os.chown(f"/proc/self/fd/{handle}", -1, group)
        os.chmod(f"/proc/self/fd/{handle}", mode)
    finally:
        os.close(handle)


@contextlib.contextmanager
def listened(path: Path, *, mode: int, group: str | None = None) -> Iterator[socket.socket]:
    """The same, as long as the context lasts: what it made is then gone, unless another has taken its place. Raises
    UsageError."""
    is_handed = (given := handed_socket(path)) is not None
    if given is not None:
        given.close()
    listening = listen(path, mode=mode, group=group)
    made = path.stat()
    try:
        with contextlib.ExitStack() as watched:
            if not is_handed:
                watched.enter_context(_removed_if_killed(path, made))
            yield listening
    finally:
        with contextlib.suppress(OSError):
            now = path.stat()
            if not is_handed and (now.st_dev, now.st_ino) == (made.st_dev, made.st_ino):
                path.unlink()


@contextlib.contextmanager
def _removed_if_killed(path: Path, made: os.stat_result) -> Iterator[None]:
    """An engine that finds a plugin's socket at which nobody listens waits 15 s for it in each request that names its
    drivers. So a small process waits until this one is gone, however it ends, and takes away what is still its
    own."""
    reading, writing = os.pipe()
    try:
        script = 'cat >/dev/null; [ "$(stat -c %d:%i -- "$1" 2>/dev/null)" != "$2" ] || rm -f -- "$1"'
        words = ("sh", "-c", script, "sh", str(path), f"{made.st_dev}:{made.st_ino}")
        watching = subprocess.Popen(
            words, stdin=reading, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
    except OSError:  # no shell: it is as it was
        os.close(writing)
        yield
        return
    finally:
        os.close(reading)
    try:
        yield
    finally:
        os.close(writing)
        watching.wait()
