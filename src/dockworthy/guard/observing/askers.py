"""Who asks the engine while it is observed, and the roles that are drafted for them.

Who is connected to the engine's socket just now, the kernel tells. Sources: sock_diag(7), linux/unix_diag.h.
"""

from __future__ import annotations

import asyncio
import contextlib
import grp
import json
import os
import pwd
import socket
import struct
from collections.abc import Callable, Iterator

from msgspec import Struct

from ...engine.connection import Connection
from ..socket_access import holders_in, members_of
from .published import note_services
from .state import ObservationState

_SOCK_DIAG, _BY_FAMILY = 4, 20
_DUMP = 0x301
"""NLM_F_REQUEST and NLM_F_DUMP."""
_ERROR, _DONE = 2, 3
_SHOW = 0x1 | 0x4 | 0x40
"""UDIAG_SHOW_NAME, _PEER and _UID (Linux 5.3)."""
_NAME, _PEER, _UID = 0, 2, 7
_ESTABLISHED = 1 << 1


class ConnectionPeer(Struct, frozen=True):
    """A connection: `inode` is its client's end, `uid` who made that."""

    inode: int
    uid: int


class _End(Struct, frozen=True):
    inode: int
    name: str = ""
    peer: int = 0
    uid: int = -1


def peers_of(path: str) -> list[ConnectionPeer]:
    """Of the socket that listens at `path`; our own connections are left out. Empty where the kernel does not tell.
    Sockets of other network namespaces are not shown: a container's process is seen by its mount instead."""
    try:
        ends = {end.inode: end for end in _ends()}
        own = set(_own_inodes())
    except (OSError, struct.error):
        return []
    real = _real(path)
    clients = (ends.get(end.peer) for end in ends.values() if end.name and _real(end.name) == real)
    return [
        ConnectionPeer(end.inode, end.uid)
        for end in clients
        if end is not None and end.uid >= 0 and end.inode not in own
    ]


def _ends() -> Iterator[_End]:
    """All connected Unix sockets of this network namespace. Raises OSError."""
    request = struct.pack("=IHHII", 40, _BY_FAMILY, _DUMP, 1, 0)
    request += struct.pack("=BBHIIIII", socket.AF_UNIX, 0, 0, _ESTABLISHED, 0, _SHOW, 0, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as asking:
        asking.settimeout(5)
        asking.sendall(request)
        while True:
            data = asking.recv(1 << 17)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind == _DONE or length < 16:
                    return
                if kind == _ERROR:
                    raise OSError("the kernel does not tell of Unix sockets")
                yield _end(data[16:length])
                data = data[_aligned(length) :]


def _end(message: bytes) -> _End:
    (inode,) = struct.unpack_from("=I", message, 4)
    found = {}
    rest = message[16:]
    while len(rest) >= 4:
        length, kind = struct.unpack_from("=HH", rest)
        if length < 4:
            break
        found[kind] = rest[4:length]
        rest = rest[_aligned(length) :]
    numbers = {kind: struct.unpack_from("=I", found[kind])[0] for kind in (_PEER, _UID) if kind in found}
    name = found.get(_NAME, b"").rstrip(b"\0").decode(errors="surrogateescape")
    return _End(inode, name, numbers.get(_PEER, 0), numbers.get(_UID, -1))


def _own_inodes() -> Iterator[int]:
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError, ValueError):
            kind, _, rest = os.readlink(f"/proc/self/fd/{name}").partition(":[")
            if kind == "socket":
                yield int(rest.rstrip("]"))


def _aligned(length: int) -> int:
    return (length + 3) & ~3


def _real(path: str) -> str:
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


LOOK_EVERY = 1.0
"""Seconds between two looks at who is connected; who asks for less time than that may not be seen."""
_LIST_EVERY = 10
"""Looks between two lists of the group's members and of containers."""
_MOST = 500
"""Of a kind that is kept."""


async def look_at_askers(connection: Connection, path: str, state: ObservationState, write: Callable[[], None]) -> None:
    """Until it is cancelled. `path` of the engine's socket; `write` when somebody is new. Raises EngineError when the
    engine hangs up."""
    known: set[int] = set()
    count, written = 0, _told(state)
    while True:
        now = {peer for peer in peers_of(path) if peer.uid != 0}
        for peer in now:
            if peer.inode not in known:
                _add(state.users, _name(peer.uid))
        known = {peer.inode for peer in now}
        if count % _LIST_EVERY == 0:
            for member in members_of(_group(path)):
                state.users.setdefault(member, 0)
            for holder in holders_in(await connection.get("/containers/json"), path):
                _add(state.holders, holder.name)
            await note_services(connection, state)
        count += 1
        if _told(state) != written:
            written = _told(state)
            await asyncio.to_thread(write)
        await asyncio.sleep(LOOK_EVERY)


def look_who_makes(path: str, state: ObservationState) -> None:
    """Called as soon as something was made: its client still waits for the answer, or goes on."""
    there = {peer.uid for peer in peers_of(path)}
    counts = state.makers if len(there) == 1 else state.present
    for uid in there - {0}:
        _add(state.users, _name(uid), by=0)
        _add(counts, _name(uid))


def _told(state: ObservationState) -> tuple[int, ...]:
    """Changes when somebody is new, is first seen connected, or first makes something: what a report says."""
    return (
        len(state.users),
        sum(map(bool, state.users.values())),
        len(state.holders),
        len(state.ports),
        len(state.makers),
        len(state.present),
    )


def _add(counts: dict[str, int], name: str, by: int = 1) -> None:
    if name in counts or len(counts) < _MOST:
        counts[name] = counts.get(name, 0) + by


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(path: str) -> str:
    try:
        return grp.getgrgid(os.stat(path).st_gid).gr_name
    except (OSError, KeyError):
        return "docker"


def drafted_roles(state: ObservationState) -> Iterator[str]:
    """Lines of `guard:`. Who made something goes on with what the policy allows; all others may look."""
    if not state.users and not state.holders:
        return
    yield "  # Who may ask at the guard's socket (`guard install --people`); root is an admin. Nobody else gets in."
    yield "  # A look each second does not see every command, nor whether it looks, starts or enters."
    yield "  roles:"
    for name, count in sorted(state.users.items(), key=lambda each: (-each[1], each[0])):
        yield from _drafted_for_user(name, count, state)
    for name in sorted(state.holders):
        yield "    # has the engine's socket mounted: operator or deployer, where it starts or makes containers"
        yield _binding(f"container:{name}", "viewer")


def _drafted_for_user(name: str, count: int, state: ObservationState) -> Iterator[str]:
    made, present = state.makers.get(name, 0), state.present.get(name, 0)
    if made:
        yield f"    # was alone at the engine when {_objects(made)}: may make and enter what the policy allows"
        yield _binding(f"user:{name}", "deployer")
        yield _binding(f"user:{name}", "operator")
        return
    if present:
        yield f"    # was at the engine, with others, when {_objects(present)}: where it is who makes them, also"
        yield _binding(f"user:{name}", "deployer").replace("- ", "# - ", 1)
        yield _binding(f"user:{name}", "operator").replace("- ", "# - ", 1)
    elif count:
        looks = f"{count} time{'s' if count > 1 else ''}"
        yield f"    # was seen at the engine {looks}, never when something was made: operator, where it starts"
        yield "    # or enters containers"
    else:
        yield "    # may open the engine's socket; no look saw it there, which may have missed short commands"
    yield _binding(f"user:{name}", "viewer")


def _objects(count: int) -> str:
    return "1 object was made" if count == 1 else f"{count} objects were made"


def _binding(who: str, role: str) -> str:
    return f"    - {{who: {json.dumps(who)}, role: {role}}}"
