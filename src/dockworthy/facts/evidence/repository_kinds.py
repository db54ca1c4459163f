"""Backup repositories on this host's file systems: told by their own files, and when they were last added to."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from typing import NamedTuple

from ..host.root import Root
from .systemd import rfc3339

_MOST = 2000
"""Files that are looked at in one folder; of a fuller one its own time tells."""
_BORG_FILES = re.compile(r"(?:index|hints|integrity)\.\d+\Z")
_SAVED = re.compile(
    r"\.(?:sql|dump|tar|tgz|tbz2?|txz|zst|gz|bz2|xz|zip|7z|bak|backup|bson|archive|sqlite3?|db|rdb|gpg|age|enc|manifest)"
    r"(?:\.\w{1,5}){0,2}\Z",
    re.IGNORECASE,
)


class Content(NamedTuple):
    """`newest` RFC 3339, `""` where nothing was ever saved; `saved` -1 where it is not counted."""

    tool: str
    newest: str
    saved: int
    encrypted: bool | None
    finished: bool = True


def content_of(root: Root, path: str) -> Content | None:
    """What kind of repository a folder is and its newest backup; None where it is none. Raises OSError."""
    names = set(root.names(path))
    if {"config", "snapshots", "keys"} <= names:
        times = list(_times(root, f"{path}/snapshots"))
        return Content("restic", rfc3339(max(times)) if times else "", len(times), True)
    if "config" in names and "data" in names and "[repository]" in root.read(f"{path}/config"):
        text = root.read(f"{path}/config")
        times = [root.stat(f"{path}/{name}").st_mtime for name in names if _BORG_FILES.match(name)]
        return Content("borg", rfc3339(max(times)) if times else "", -1, True if "\nkey = " in text else None)
    return None


def archives_in(root: Root, path: str) -> Content | None:
    """The newest of the files that look like dumps and archives, one folder deep. None without one. Raises OSError."""
    times = []
    for folder in (path, *_folders(root, path)):
        times += list(_times(root, folder, only_saved=True))
    return Content("", rfc3339(max(times)), len(times), None, finished=False) if times else None


def _times(root: Root, folder: str, *, only_saved: bool = False) -> Iterator[float]:
    """When the files of a folder were written; empty ones are no backup."""
    names = root.names(folder)
    if len(names) > _MOST:
        yield root.stat(folder).st_mtime
    for name in names[-_MOST:]:
        if only_saved and not _SAVED.search(name):
            continue
        try:
            facts = root.stat(f"{folder}/{name}", follow=False)
        except OSError:
            continue  # pruned meanwhile
        if stat.S_ISREG(facts.st_mode) and facts.st_size > 0:
            yield facts.st_mtime


def _folders(root: Root, path: str) -> Iterator[str]:
    """The folders in a folder that may be read."""
    for name in root.names(path)[-200:]:
        try:
            if stat.S_ISDIR(root.stat(f"{path}/{name}", follow=False).st_mode):
                root.names(f"{path}/{name}")
                yield f"{path}/{name}"
        except OSError:
            continue
