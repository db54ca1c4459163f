"""Accounts whose programs and files count as evidence: root, services, and who may become root anyway.

Anybody else with an account may start a program that is called prometheus, or write a crontab that names a backup: it
says nothing of what this host does, and would make a verdict better than it is.
"""

from __future__ import annotations

from functools import cached_property

from .names import Group, User, parse_group, parse_passwd
from .reading import number_or
from .root import Root
from .sudo import read_sudo_rules

_OF_PEOPLE = 1000
"""The first number that people get: UID_MIN of login.defs(5)."""
_OF_SYSTEMD = range(61184, 65535)
"""Users that systemd makes for a service as long as it runs (`DynamicUser`), and nobody: no account stands for them."""
_NO_LOGIN = ("nologin", "false")
_ADMINISTRATORS = ("root", "sudo", "wheel", "admin", "docker")
"""Groups whose members are root where they want to be."""


class TrustedAccounts:
    """Of one host. Never raises. An account of which nothing is known is not trusted."""

    def __init__(self, root: Root) -> None:
        self._root = root

    def has_user(self, name: str) -> bool:
        return name == "root" or any(self.has_uid(user.uid) for user in self._users if user.name == name)

    def has_uid(self, uid: int) -> bool:
        if uid < _OF_PEOPLE:
            return True
        accounts = [user for user in self._users if user.uid == uid]
        if not accounts:
            return uid in _OF_SYSTEMD
        return all(user.shell.rsplit("/", 1)[-1] in _NO_LOGIN for user in accounts) or any(
            self._may_become_root(user) for user in accounts
        )

    def started(self, pid: int) -> bool:
        """Did one of them start this process? Yes where the tree does not tell who did (a saved one)."""
        rows = (line.split() for line in self._root.word(f"/proc/{pid}/status").splitlines())
        real = next((row[1] for row in rows if row[:1] == ["Uid:"] and len(row) > 1), "")
        return not real or self.has_uid(number_or(real, 0))

    def _may_become_root(self, user: User) -> bool:
        groups = {group.name for group in self._groups if group.gid == user.gid or user.name in group.members}
        rules = {user.name, f"#{user.uid}", *(f"%{group}" for group in groups), "ALL"}
        return bool(groups & set(_ADMINISTRATORS) or rules & self._sudoers)

    @cached_property
    def _users(self) -> list[User]:
        return parse_passwd(self._root.word("/etc/passwd"))

    @cached_property
    def _groups(self) -> list[Group]:
        return parse_group(self._root.word("/etc/group"))

    @cached_property
    def _sudoers(self) -> set[str]:
        """Those who may do everything."""
        try:
            found = read_sudo_rules(self._root)
        except OSError:
            return set()
        return {rule.who for rule in getattr(found, "value", ()) if "ALL" in rule.commands}
