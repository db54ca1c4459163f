"""May somebody use a grant? They must exist, and reach a socket at which the guard serves people."""

from __future__ import annotations

import grp
import os
import pwd
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from ...errors import UsageError
from ..life.places import Places
from ..life.record import read_record
from ..serving_now import serving_now

_NOBODY = 65534


def check_grantee(who: str) -> Iterator[str]:
    """`who` as in `guard.roles`. Warnings; raises UsageError where the grant would be of no use to anybody."""
    serving = [each for each in serving_now() if each.people and not each.role]
    record = read_record(Places())
    installed = record.people if record is not None else None
    doors = list(dict.fromkeys([*(each.people for each in serving), *([installed.path] if installed else [])]))
    if not doors:
        raise UsageError(
            "no guard serves people on this host, and only there a grant counts",
            hint="sudo dockworthy guard install --people puts one at the engine's place",
        )
    kind, _, name = who.partition(":")
    if kind == "user":
        yield from _user(name, doors)
    elif kind == "group":
        yield from _group(name, doors)
    elif kind == "certificate" and not any(each.tls for each in serving):
        yield "nobody is served by certificate here yet: dockworthy guard install --tls ADDRESS"


def user_number(who: str) -> int | None:
    """Of `user:NAME`: a later user of that name is another one."""
    kind, _, name = who.partition(":")
    try:
        return pwd.getpwnam(name).pw_uid if kind == "user" and not name.isdigit() else None
    except KeyError:
        return None


def group_number(who: str) -> int | None:
    """The same of `group:NAME`."""
    kind, _, name = who.partition(":")
    try:
        return grp.getgrnam(name).gr_gid if kind == "group" and not name.isdigit() else None
    except KeyError:
        return None


def _user(name: str, doors: list[str]) -> Iterator[str]:
    try:
        entry = pwd.getpwuid(int(name)) if name.isdigit() else pwd.getpwnam(name)
    except KeyError:
        raise UsageError(f"there is no user {name!r} on this host", hint="getent passwd lists them") from None
    groups = os.getgrouplist(entry.pw_name, entry.pw_gid)
    if entry.pw_uid == 0:
        yield "root is an admin already"
    elif not any(_opens(door, entry.pw_uid, entry.pw_gid, groups) for door in doors):
        owner = _owner(doors[0])
        raise UsageError(
            f"user {entry.pw_name} may not open {doors[0]} ({f'group {owner}' if owner else 'root alone'}), "
            "and only there the guard would know them",
            hint=f"usermod -aG {owner} {entry.pw_name} lets them in, with their roles and no more" if owner else "",
        )


def _group(name: str, doors: list[str]) -> Iterator[str]:
    try:
        entry = grp.getgrgid(int(name)) if name.isdigit() else grp.getgrnam(name)
    except KeyError:
        raise UsageError(f"there is no group {name!r} on this host", hint="getent group lists them") from None
    if not any(_opens(door, _NOBODY, entry.gr_gid, [entry.gr_gid]) for door in doors):
        owner = _owner(doors[0]) or "a group that may"
        yield f"members of {entry.gr_name} who are not in {owner} as well may not open {doors[0]}"


def _opens(path: str, uid: int, gid: int, groups: list[int]) -> bool:
    """Tried by a process of theirs: folders above it and access lists count, too."""
    child = os.fork()
    if child == 0:
        done = 1
        try:
            os.setgroups(groups)
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            with socket.socket(socket.AF_UNIX) as asking:
                asking.settimeout(10)
                asking.connect(path)
                done = 0
        finally:
            os._exit(done)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _owner(path: str) -> str:
    """The group that may open it; empty for none."""
    try:
        seen = Path(path).stat()
        return grp.getgrgid(seen.st_gid).gr_name if seen.st_mode & stat.S_IWGRP else ""
    except (OSError, KeyError):
        return ""
