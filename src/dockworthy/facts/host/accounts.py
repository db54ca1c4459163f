"""Who can log in, by which modules PAM asks, and who is in the group that may speak to the engine."""

from __future__ import annotations

import re

from msgspec import structs

from ...model.field import Field, Set, Source, Unset
from ...model.host import Account
from .names import Names, PasswdEntry, parse_shadow, password_days, password_state
from .reading import written
from .root import Root, clean
from .settings import EngineSettings

_NO_LOGIN = ("nologin", "false", "sync", "halt", "shutdown", "true", "null")
_KEY_FILES = ".ssh/authorized_keys .ssh/authorized_keys2"


def read_docker_group(root: Root, settings: EngineSettings, names: Names) -> Field[tuple[str, ...]]:
    """Members of the engine socket's group, those included whose primary group it is."""
    wanted = settings.text("group", "-G") or "docker"
    root.read("/etc/group")  # raises where it is absent or closed
    group = next((group for group in names.groups if wanted in (group.name, str(group.gid))), None)
    if group is None:
        return Unset(Source("/etc/group", wanted))
    primary = (user.name for user in names.users if user.gid == group.gid)
    return written(tuple(dict.fromkeys([*group.members, *primary])), "/etc/group", wanted)


def read_accounts(root: Root, names: Names, ssh: Field[dict[str, str]]) -> Field[tuple[Account, ...]]:
    """Every account with a shell. Names and counts only: neither hashes nor keys are kept."""
    root.read("/etc/passwd")
    try:
        shadow = root.read("/etc/shadow")
    except OSError:
        shadow = ""
    passwords, days = parse_shadow(shadow), password_days(shadow)
    key_files = (ssh.value if isinstance(ssh, Set) else {}).get("authorizedkeysfile", _KEY_FILES).split()
    accounts = [_account(root, names, user, passwords, key_files) for user in names.users if _has_shell(user)]
    dated = (structs.replace(account, password_changed=days.get(account.name, "")) for account in accounts)
    return written(tuple(dated), "/etc/passwd")


def _has_shell(user: PasswdEntry) -> bool:
    return user.shell.rsplit("/", 1)[-1] not in _NO_LOGIN


def _account(root: Root, names: Names, user: PasswdEntry, passwords: dict[str, str], key_files: list[str]) -> Account:
    keys, all_seen = _count_keys(root, user, key_files)
    return Account(
        name=user.name,
        uid=user.uid,
        shell=user.shell or "/bin/sh",
        groups=tuple(dict.fromkeys(g.name for g in names.groups if user.name in g.members or g.gid == user.gid)),
        password=passwords.get(user.name, "unknown") if user.password == "x" else password_state(user.password),
        keys=keys,
        keys_seen=all_seen,
    )


def _count_keys(root: Root, user: PasswdEntry, key_files: list[str]) -> tuple[int, bool]:
    """(authorized keys, could every file be read). Patterns as in sshd_config's AuthorizedKeysFile."""
    keys, all_seen = 0, True
    for pattern in key_files:
        if pattern == "none":
            continue
        path = pattern.replace("%h", user.home).replace("%u", user.name).replace("%U", str(user.uid))
        try:
            lines = root.read(path if path.startswith("/") else f"{user.home}/{path}").splitlines()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            all_seen = False
            continue
        keys += sum(1 for line in lines if line.strip() and not line.lstrip().startswith("#"))
    return keys, all_seen


_FOLDERS = ("/etc/pam.d", "/usr/lib/pam.d")
_LINE = re.compile(r"-?auth\s+(?:\[[^\]]*\]|\S+)\s+(\S+)")
_INCLUDE = re.compile(r"(?:@include|-?auth\s+(?:include|substack))\s+(\S+)")
_MOST_DEPTH = 8


def read_ssh_login_modules(root: Root) -> Field[tuple[str, ...]]:
    """Names without folder and ending, included files in their place. Unset where PAM knows no ssh."""
    modules: list[str] = []
    path = _read(root, "sshd", modules, 0)
    return written(tuple(dict.fromkeys(modules)), path)


def _read(root: Root, service: str, modules: list[str], depth: int) -> str:
    path = next((f"{folder}/{service}" for folder in _FOLDERS if root.exists(f"{folder}/{service}")), "")
    path = path or f"{_FOLDERS[0]}/{service}"
    for line in root.read(path).replace("\\\n", " ").splitlines():
        include, module = _INCLUDE.match(line.strip()), _LINE.match(line.strip())
        if include and depth < _MOST_DEPTH:
            _read(root, include[1], modules, depth + 1)
        elif module and not include:
            modules.append(clean(module[1].rsplit("/", 1)[-1].removesuffix(".so")))
    return path
