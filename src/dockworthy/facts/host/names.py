"""Users and groups of the host, from its own files: a host below a root has other names than this machine."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from .reading import number, number_or
from .root import Root


class PasswdEntry(NamedTuple):
    """A line of /etc/passwd. `password` is `x` where /etc/shadow holds it; it is never kept."""

    name: str
    password: str
    uid: int
    gid: int
    home: str
    shell: str


class GroupEntry(NamedTuple):
    name: str
    gid: int
    members: tuple[str, ...]


def parse_passwd(text: str) -> list[PasswdEntry]:
    """passwd(5). Lines that are odd (NIS entries, comments) are left out."""
    users: list[PasswdEntry] = []
    for line in text.splitlines():
        parts = line.split(":")
        try:
            if len(parts) == 7 and parts[0] and not parts[0].startswith(("#", "+", "-")):
                users.append(
                    PasswdEntry(parts[0], parts[1], number(parts[2]), number(parts[3]), parts[5], parts[6].strip())
                )
        except ValueError:
            continue
    return users


def parse_group(text: str) -> list[GroupEntry]:
    """group(5). Lines that are odd are left out."""
    groups: list[GroupEntry] = []
    for line in text.splitlines():
        parts = line.split(":")
        try:
            if len(parts) == 4 and parts[0] and not parts[0].startswith(("#", "+", "-")):
                members = tuple(name.strip() for name in parts[3].split(",") if name.strip())
                groups.append(GroupEntry(parts[0], number(parts[2]), members))
        except ValueError:
            continue
    return groups


def parse_shadow(text: str) -> dict[str, str]:
    """shadow(5) -> user -> `set`, `locked` or `none`. The hash itself is dropped here."""
    rows = (line.split(":") for line in text.splitlines())
    return {row[0]: password_state(row[1]) for row in rows if len(row) >= 2 and row[0]}


def password_days(text: str) -> dict[str, str]:
    """shadow(5) -> user -> the day on which the password was last set or locked, where it tells."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        row = line.split(":")
        days = number_or(row[2], 0) if len(row) >= 3 else 0
        if 0 < days < 1 << 17:
            found[row[0]] = str(date(1970, 1, 1) + timedelta(days=days))
    return found


def password_state(field: str) -> str:
    """What a password field allows: `none` needs no password at all, `locked` fits no password."""
    if not field:
        return "none"
    return "locked" if field[0] in "!*" else "set"


class Names:
    """The names behind numbers; numbers without a name have `""`."""

    def __init__(self, root: Root) -> None:
        self.users = parse_passwd(root.word("/etc/passwd"))
        self.groups = parse_group(root.word("/etc/group"))
        self._user = {user.uid: user.name for user in reversed(self.users)}
        self._group = {group.gid: group.name for group in reversed(self.groups)}

    def user(self, uid: int) -> str:
        return self._user.get(uid, "")

    def group(self, gid: int) -> str:
        return self._group.get(gid, "")
