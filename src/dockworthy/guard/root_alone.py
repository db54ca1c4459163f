"""Does a path of the host belong to root alone, so that nobody swaps it for a link between judging and mounting?"""

from __future__ import annotations

import os
import stat
from pathlib import PurePosixPath

_GROUP_OR_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def who_may_write(path: str) -> str:
    """Why not, in words; `""` where only root can write every folder on the way.

    The last part may belong to anybody where it is a file or folder: what is mounted is that inode. A link on the way
    is refused even where root made it: mounts are resolved later than they are judged. What is not there yet is made
    by the engine, as root. Sources: path_resolution(7), symlink(7).
    """
    parts = PurePosixPath(path).parts
    for count in range(1, len(parts) + 1):
        place = str(PurePosixPath(*parts[:count]))
        try:
            seen = os.lstat(place)
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"{place} can't be looked at: {error.strerror}"
        why = _why(place, seen, last=count == len(parts))
        if why:
            return why
    return ""


def _why(place: str, seen: os.stat_result, *, last: bool) -> str:
    if stat.S_ISLNK(seen.st_mode):
        return f"{place} is a link"
    if last:
        return "" if stat.S_ISDIR(seen.st_mode) or stat.S_ISREG(seen.st_mode) else f"{place} is no file and no folder"
    if seen.st_uid != 0:
        return f"{place} belongs to user {seen.st_uid}, who can swap what is below it"
    if seen.st_mode & _GROUP_OR_OTHERS:
        return f"{place} can be written by others than root"
    return ""


__all__ = ["who_may_write"]
