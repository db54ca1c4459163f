"""Repositories that backup tools' own settings files name: pgBackRest, Barman, rsnapshot, borgmatic."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ...model.evidence import Task
from ..host.root import Root, clean
from .systemd import parse_unit, rfc3339

_YAML_ITEM = re.compile(r"\s*-\s*(?:path:\s*)?[\"']?([^\"'#\s{}]+)")


class Named(NamedTuple):
    """A repository that a file names. `newest` where the tool's own records tell it (RFC 3339), None where not."""

    tool: str
    place: str
    does: Task
    file: str
    newest: str | None = None
    saved: int = -1
    encrypted: bool | None = None


def named_repositories(root: Root) -> Iterator[Named]:
    """Raises nothing: a file that is absent or can't be read names nothing."""
    readers: tuple[Callable[[Root], Iterator[Named]], ...] = (_pgbackrest, _barman, _rsnapshot, _borgmatic)
    for read in readers:
        try:
            yield from read(root)
        except (OSError, ValueError):
            continue


def _pgbackrest(root: Root) -> Iterator[Named]:
    file = next((f for f in ("/etc/pgbackrest/pgbackrest.conf", "/etc/pgbackrest.conf") if root.exists(f)), "")
    if not file:
        return
    settings = {s.name: s.value for s in parse_unit(root.read(file)) if s.section == "global"}
    numbers = sorted({name.split("-", 1)[0] for name in settings if re.match(r"repo\d+-", name)})
    for repo in numbers or ["repo1"]:
        path = settings.get(f"{repo}-path", "/var/lib/pgbackrest")
        encrypted = settings.get(f"{repo}-cipher-type", "none") != "none"
        kind, host = settings.get(f"{repo}-type", "posix"), settings.get(f"{repo}-host", "")
        if kind not in ("posix", "cifs") or host:
            place = f"{host or kind}:{settings.get(f'{repo}-{kind}-bucket', '')}{path}"
            yield Named("pgBackRest", clean(place), Task.DUMP, file, None, -1, encrypted)
            continue
        times = list(_pgbackrest_ends(root, path))
        yield Named("pgBackRest", path, Task.DUMP, file, rfc3339(max(times)) if times else "", len(times), encrypted)


def _pgbackrest_ends(root: Root, path: str) -> Iterator[float]:
    """When each backup that its index holds was finished. (An encrypted index tells only when it was written.)"""
    for stanza in root.names(f"{path}/backup"):
        file = f"{path}/backup/{stanza}/backup.info"
        current = [s.value for s in parse_unit(root.read(file)) if s.section == "backup:current"]
        ends = [json.loads(value).get("backup-timestamp-stop") for value in current]
        yield from (float(end) for end in ends if isinstance(end, int))
        if not current and not root.read(file).startswith("["):
            yield root.stat(file).st_mtime


def _barman(root: Root) -> Iterator[Named]:
    home, file = "/var/lib/barman", "/etc/barman.conf"
    if not root.exists(file):
        return
    for setting in parse_unit(root.read(file)):
        home = setting.value if setting.name == "barman_home" else home
    for server in root.names(home):
        ends = list(_barman_ends(root, f"{home}/{server}/base"))
        if root.exists(f"{home}/{server}/base"):
            yield Named("Barman", f"{home}/{server}", Task.DUMP, file, rfc3339(max(ends)) if ends else "", len(ends))


def _barman_ends(root: Root, base: str) -> Iterator[float]:
    """When each backup that is whole was finished: its record is written last."""
    for backup in root.names_or_none(base):
        file = f"{base}/{backup}/backup.info"
        if root.exists(file) and "status=DONE" in root.read(file):
            yield root.stat(file).st_mtime


def _rsnapshot(root: Root) -> Iterator[Named]:
    file = "/etc/rsnapshot.conf"
    if not root.exists(file):
        return
    for line in root.read(file).splitlines():
        name, _, value = line.partition("\t")
        if name == "snapshot_root" and (path := value.strip().rstrip("/")).startswith("/"):
            times = [root.stat(f"{path}/{n}").st_mtime for n in root.names_or_none(path) if re.search(r"\.\d+\Z", n)]
            yield Named("rsnapshot", path, Task.BACKUP, file, rfc3339(max(times)) if times else "", len(times), False)


def _borgmatic(root: Root) -> Iterator[Named]:
    files = ["/etc/borgmatic/config.yaml"]
    files += [
        f"/etc/borgmatic.d/{name}"
        for name in root.names_or_none("/etc/borgmatic.d")
        if name.endswith((".yaml", ".yml"))
    ]
    for file in files:
        if root.exists(file):
            yield from (Named("borg", path, Task.BACKUP, file) for path in _yaml_list(root.read(file), "repositories"))


def _yaml_list(text: str, key: str) -> Iterator[str]:
    """The items of a list in block style (`- path: X` or `- X`)."""
    depth = -1
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if line.strip() == f"{key}:":
            depth = indent
        elif depth >= 0 and line.strip():
            if indent <= depth and not line.lstrip().startswith("-"):
                depth = -1
            elif item := _YAML_ITEM.match(line):
                yield item[1]
