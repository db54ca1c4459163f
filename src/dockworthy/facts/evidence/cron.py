"""cron's tables, and the scripts that it runs every hour, day, week and month."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..host.root import Root
from ..host.trusted_accounts import TrustedAccounts
from .systemd import Start

_TABLES_WITH_USER = ("/etc/crontab",)
_FOLDERS_WITH_USER = ("/etc/cron.d",)
_SPOOLS = ("/var/spool/cron/crontabs", "/var/spool/cron", "/var/spool/cron/tabs", "/etc/crontabs")
_PERIODS = ("hourly", "daily", "weekly", "monthly")
_RUN_BY_CRON = re.compile(r"[A-Za-z0-9_-]+\Z")
"""run-parts(8) passes over other names, such as those with a dot."""
_ASSIGNMENT = re.compile(r"\s*[\"']?([A-Za-z_]\w*)[\"']?\s*=\s*(.*)\Z")
_FIELDS = re.compile(r"\s*(@\w+|(?:\S+\s+){4}\S+)\s+(.+)\Z", re.DOTALL)


class CronLine(NamedTuple):
    schedule: str
    start: Start
    environment: dict[str, str]


class Crontabs(NamedTuple):
    """`unseen`: paths that could not be read."""

    lines: tuple[CronLine, ...]
    unseen: tuple[str, ...]


def parse_table(text: str, file: str, *, with_user: bool) -> list[CronLine]:
    """crontab(5). Lines that are none are left out. Never raises."""
    found: list[CronLine] = []
    environment: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if assigned := _ASSIGNMENT.match(line):
            environment = {**environment, assigned[1]: assigned[2].strip().strip("\"'")}
        elif parts := _FIELDS.match(line):
            command = _without_user(parts[2]) if with_user else parts[2]
            if command:
                found.append(CronLine(parts[1], Start(_unescaped(command), file, number), environment))
    return found


def read_cron(root: Root) -> Crontabs:
    """Every crontab of the host and of trusted accounts; scripts of cron.daily and the like as if one named them."""
    lines: list[CronLine] = []
    unseen: list[str] = []
    for path, with_user in _tables(root, unseen):
        try:
            lines += parse_table(root.read(path), path, with_user=with_user)
        except OSError as error:
            if isinstance(error, PermissionError):
                unseen.append(path)
    for period in _PERIODS:
        folder = f"/etc/cron.{period}"
        scripts = (name for name in root.names_or_none(folder) if _RUN_BY_CRON.match(name))
        lines += [CronLine(f"@{period}", Start(f"{folder}/{name}", f"{folder}/{name}", 1), {}) for name in scripts]
    return Crontabs(tuple(lines), tuple(unseen))


def _tables(root: Root, unseen: list[str]) -> Iterator[tuple[str, bool]]:
    yield from ((path, True) for path in _TABLES_WITH_USER if root.exists(path))
    for folder in _FOLDERS_WITH_USER:
        yield from ((f"{folder}/{name}", True) for name in root.names_or_none(folder) if _RUN_BY_CRON.match(name))
    trusted = TrustedAccounts(root)
    for folder in _SPOOLS:
        try:
            names = root.names(folder)
        except OSError as error:
            if isinstance(error, PermissionError):
                unseen.append(folder)
            continue
        yield from ((f"{folder}/{name}", False) for name in names if trusted.has_user(name))


def _without_user(rest: str) -> str:
    _, _, command = rest.strip().partition(" ") if " " in rest.strip() else rest.strip().partition("\t")
    return command.strip()


def _unescaped(command: str) -> str:
    r"""`%` ends the command (what follows is its input), `\%` is a percent sign."""
    return re.sub(r"(?<!\\)%.*\Z", "", command, flags=re.DOTALL).replace("\\%", "%").strip()
