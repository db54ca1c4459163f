"""Accounts whose programs and files count as evidence: root, services, and who may become root anyway.

Anybody else with an account may start a program that is called prometheus, or write a crontab that names a backup: it
says nothing of what this host does, and would make a verdict better than it is.
"""

from __future__ import annotations

import json
from functools import cached_property

from .guarded_socket import admins, serves
from .names import GroupEntry, PasswdEntry, parse_group, parse_passwd
from .reading import number_or
from .root import Root
from .settings import DEFAULT_FILE, flag
from .sudo import read_sudo_rules

_OF_PEOPLE = 1000
"""The first number that people get: UID_MIN of login.defs(5)."""
_OF_SYSTEMD = range(61184, 65535)
"""Users that systemd makes for a service as long as it runs (`DynamicUser`), and nobody: no account stands for them."""
_NO_LOGIN = ("nologin", "false")
_ADMINISTRATORS = frozenset(("root", "sudo", "wheel", "admin"))
"""Groups whose members are root where they want to be."""
_OF_THE_ENGINE = "docker"
"""Its members, too, where nobody looks at what they ask of the engine."""


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

    def _may_become_root(self, user: PasswdEntry) -> bool:
        groups = {group.name for group in self._groups if group.gid == user.gid or user.name in group.members}
        rules = {user.name, f"#{user.uid}", *(f"%{group}" for group in groups), "ALL"}
        if groups & _ADMINISTRATORS or rules & self._sudoers:
            return True
        if not self._engine_is_judged:
            return _OF_THE_ENGINE in groups
        names = {f"user:{user.name}", f"user:{user.uid}", *(f"group:{group}" for group in groups)}
        return bool(names & self._admins)

    @cached_property
    def _engine_is_judged(self) -> bool:
        """Does dockworthy's guard or another authorization plugin judge what members of the engine's group ask?"""
        pid = number_or(self._root.word("/var/run/docker.pid"), 0)
        command = self._root.word(f"/proc/{pid}/cmdline").split("\0") if pid else ()
        return (
            serves(self._root)
            or flag(command, "--authorization-plugin") is not None
            or _names_a_plugin(self._root.word(flag(command, "--config-file") or DEFAULT_FILE))
        )

    @cached_property
    def _admins(self) -> frozenset[str]:
        return admins(self._root)

    @cached_property
    def _users(self) -> list[PasswdEntry]:
        return parse_passwd(self._root.word("/etc/passwd"))

    @cached_property
    def _groups(self) -> list[GroupEntry]:
        return parse_group(self._root.word("/etc/group"))

    @cached_property
    def _sudoers(self) -> set[str]:
        """Those who may do everything."""
        try:
            found = read_sudo_rules(self._root)
        except OSError:
            return set()
        return {rule.who for rule in getattr(found, "value", ()) if "ALL" in rule.commands}


def _names_a_plugin(daemon_json: str) -> bool:
    try:
        settings = json.loads(daemon_json or "{}")
    except (ValueError, RecursionError):
        return "authorization-plugins" in daemon_json
    return isinstance(settings, dict) and bool(settings.get("authorization-plugins"))
