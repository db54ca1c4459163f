"""Who asks the engine while it is observed, and the roles that are drafted for them."""

from __future__ import annotations

import asyncio
import grp
import json
import os
import pwd
from collections.abc import Callable, Iterator

from ...engine.connection import Connection
from ..socket_access import holders_in, members_of
from .peers import peers_of
from .state import State

LOOK_EVERY = 1.0
"""Seconds between two looks at who is connected; who asks for less time than that may not be seen."""
_LIST_EVERY = 10
"""Looks between two lists of the group's members and of containers."""
_MOST = 500
"""Of a kind that is kept."""


async def look_at_askers(connection: Connection, path: str, state: State, write: Callable[[], None]) -> None:
    """Until it is cancelled. `path` of the engine's socket; `write` when somebody is new. Raises EngineError when the
    engine hangs up."""
    known: set[int] = set()
    count, written = 0, len(state.users) + len(state.holders)
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
        count += 1
        if len(state.users) + len(state.holders) > written:
            written = len(state.users) + len(state.holders)
            await asyncio.to_thread(write)
        await asyncio.sleep(LOOK_EVERY)


def _add(counts: dict[str, int], name: str) -> None:
    if name in counts or len(counts) < _MOST:
        counts[name] = counts.get(name, 0) + 1


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


def drafted_roles(state: State) -> Iterator[str]:
    """Lines of `guard:`. Who was connected goes on with what the policy allows; all others may look."""
    if not state.users and not state.holders:
        return
    yield "  # Who may ask at the guard's socket (`guard install --people`); root is an admin. Nobody else gets in."
    yield "  roles:"
    for name, count in sorted(state.users.items(), key=lambda each: (-each[1], each[0])):
        if count:
            times = f"{count} time{'s' if count > 1 else ''}"
            yield f"    # was connected to the engine {times}: may make, start and enter what the policy allows"
            yield _binding(f"user:{name}", "deployer")
            yield _binding(f"user:{name}", "operator")
        else:
            yield "    # may open the engine's socket, and was not seen there"
            yield _binding(f"user:{name}", "viewer")
    for name in sorted(state.holders):
        yield "    # has the engine's socket mounted: operator or deployer, where it starts or makes containers"
        yield _binding(f"container:{name}", "viewer")


def _binding(who: str, role: str) -> str:
    return f"    - {{who: {json.dumps(who)}, role: {role}}}"


__all__ = ["LOOK_EVERY", "drafted_roles", "look_at_askers"]
