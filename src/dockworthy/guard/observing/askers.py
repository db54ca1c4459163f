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
        count += 1
        if _told(state) != written:
            written = _told(state)
            await asyncio.to_thread(write)
        await asyncio.sleep(LOOK_EVERY)


def look_who_makes(path: str, state: State) -> None:
    """Called as soon as something was made: its client still waits for the answer, or goes on."""
    there = {peer.uid for peer in peers_of(path)}
    counts = state.makers if len(there) == 1 else state.present
    for uid in there - {0}:
        _add(state.users, _name(uid), by=0)
        _add(counts, _name(uid))


def _told(state: State) -> tuple[int, ...]:
    """Changes when somebody is new, is first seen connected, or first makes something: what a report says."""
    return (
        len(state.users),
        sum(map(bool, state.users.values())),
        len(state.holders),
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


def drafted_roles(state: State) -> Iterator[str]:
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


def _drafted_for_user(name: str, count: int, state: State) -> Iterator[str]:
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


__all__ = ["LOOK_EVERY", "drafted_roles", "look_at_askers", "look_who_makes"]
