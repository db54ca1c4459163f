"""Secrets in a program's arguments, where only the program knows that a flag holds one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from ..model.pattern import lazy_pattern
from .secret_names import is_secret
from .secret_values import Hide

_FLAG = lazy_pattern(r"--?[A-Za-z][\w.-]*\Z")
_ASSIGNED = lazy_pattern(r"(-{0,2}[A-Za-z_][\w.-]*)=(\S+)\Z")

_PROGRAMS = {
    **dict.fromkeys(("mysql", "mysqladmin", "mysqldump", "mysqlcheck"), ("-p", True)),
    **dict.fromkeys(("mariadb", "mariadb-admin", "mariadb-dump", "mariadb-check"), ("-p", True)),
    **dict.fromkeys(("mongo", "mongosh", "mongodump", "sshpass", "rabbitmqadmin"), ("-p", False)),
    **dict.fromkeys(("redis-cli", "valkey-cli"), ("-a", False)),
    **dict.fromkeys(("ldapsearch", "ldapwhoami", "ldapadd"), ("-w", False)),
    "curl": ("-u", False),
    "sqlcmd": ("-P", False),
}
"""Program -> its short flag that takes a password (curl: `user:password`), and whether only as one word (`-px`)."""
_HINTS = ("mysql", "mariadb", "mongo", "sshpass", "rabbitmqadmin", "redis-cli", "valkey-cli", "ldap", "curl", "sqlcmd")
_NAMES = "|".join(sorted(_PROGRAMS, key=len, reverse=True))
_PROGRAM = lazy_pattern(rf"(?<![\w./-])(?:[\w./-]*/)?({_NAMES})(?![\w.-])")
_END = lazy_pattern(r"[;&|\n]|\Z")


def hide_in_arguments(arguments: Sequence[str], hide: Hide) -> list[str]:
    """The arguments, with the values of secret flags hidden: `--password x`, `--password=x`, `mysqladmin -px`."""
    hidden: list[str] = []
    flag, attached = "", False
    for argument in arguments:
        before = hidden[-1] if hidden else ""
        short = _hidden_short(argument, before, flag, attached, hide) if flag else None
        hidden.append(short if short is not None else _hidden(argument, before, hide))
        program = _PROGRAM.fullmatch(argument)
        if program:
            flag, attached = _PROGRAMS[program[1]]
    return hidden


def hide_in_command(text: str, hide: Hide) -> str:
    """The same for short flags in a shell's text: `mysqladmin ping -px || exit 1`."""
    if not any(hint in text for hint in _HINTS):
        return text
    parts = []
    done = 0
    programs = list(_PROGRAM.finditer(text))
    for program, following in zip_longest(programs, programs[1:]):
        flag, attached = _PROGRAMS[program[1]]
        gap = "" if attached else r"\s*"
        value = re.compile(rf"(?<=\s)({flag}{gap}[\"']?)([^\s\"'$-][^\s\"']*)")
        end = _END.search(text, program.end(), following.start() if following else len(text))
        until = end.start() if end else following.start() if following else len(text)
        hidden = value.sub(lambda match: match[1] + hide(match[2]), text[program.end() : until])
        parts += [text[done : program.end()], hidden]
        done = until
    return "".join([*parts, text[done:]])


def _hidden(argument: str, before: str, hide: Hide) -> str:
    assigned = _ASSIGNED.match(argument)
    if assigned and is_secret(assigned[1], assigned[2]):
        return f"{assigned[1]}={hide(assigned[2])}"
    if _FLAG.match(before) and argument and not argument.startswith("-") and is_secret(before, argument):
        return hide(argument)
    return argument


def _hidden_short(argument: str, before: str, flag: str, attached: bool, hide: Hide) -> str | None:
    """The argument of a program whose short flag takes a password; None where it is not that flag's."""
    if before == flag and not attached and argument and not argument.startswith(("-", "$")):
        return hide(argument)
    if argument.startswith(flag) and len(argument) > len(flag) and argument[len(flag)] not in "-=$":
        return flag + hide(argument[len(flag) :])
    return None
