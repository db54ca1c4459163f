"""Does a path of the host belong to root alone, so that nobody swaps it for a link between judging and mounting?"""

from __future__ import annotations

import os
import stat
from pathlib import PurePosixPath

from ..input_files import MOST_LINKS
from .path_lookups import LookedUpFiles

_GROUP_OR_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def who_may_write(path: str, files: LookedUpFiles | None = None) -> str:
    """Why not, in words; `""` where only root can write every folder on the way.

    The last part may belong to anybody where it is a file or folder: what is mounted is that inode. A link on the way
    is refused even where root made it: it may lead out of the folders that a policy lists. What is not there yet is
    made by the engine, as root. Sources: path_resolution(7), symlink(7).
    """
    return _walk(path, files or LookedUpFiles(), follow=False, links=MOST_LINKS)


def who_may_swap(path: str, files: LookedUpFiles | None = None, *, follow: bool = True) -> str:
    """The same of a path that was judged when its container was made: what is at the end may be anything. Links of
    root's are followed, unless `follow` is false: root in a container, who may write there, is root here, too."""
    return _walk(path, files or LookedUpFiles(), follow=follow, links=MOST_LINKS, any_end=True)


def who_may_change(path: str) -> str:
    """Why a file that the guard judges by can be made another one by others than root and the guard's own user; `""`
    where it can't. Its own owner and mode count, those of every folder above it, and of every link on the way. In a
    folder like /tmp others can neither rename nor remove what is root's."""
    links, seen = 0, None
    place, parts = "/", list(PurePosixPath(os.path.abspath(path)).parts[1:])
    while parts:
        part = parts.pop(0)
        if part == "..":
            place = os.path.dirname(place)
            continue
        place = os.path.join(place, part)
        try:
            seen = os.lstat(place)
            target = os.readlink(place) if stat.S_ISLNK(seen.st_mode) else ""
        except OSError as error:
            return f"{place} can't be looked at: {error.strerror}"
        if seen.st_uid not in (0, os.geteuid()):
            what = "is a link that" if target else ""
            return f"{place} {what} belongs to user {seen.st_uid}".replace("  ", " ")
        if target:
            links += 1
            if links > MOST_LINKS:
                return f"{place} is one of too many links"
            place = "/" if target.startswith("/") else os.path.dirname(place)
            parts = [each for each in PurePosixPath(target).parts if each != "/"] + parts
            continue
        if seen.st_mode & _GROUP_OR_OTHERS and not (stat.S_ISDIR(seen.st_mode) and seen.st_mode & stat.S_ISVTX):
            return f"{place} can be written by others than root"
    return "" if seen is None or stat.S_ISREG(seen.st_mode) else f"{path} is not a file"


def _walk(path: str, files: LookedUpFiles, *, follow: bool, links: int, any_end: bool = False) -> str:
    parts = PurePosixPath(path).parts
    place = ""
    for count, part in enumerate(parts, start=1):
        place = os.path.join(place, part)
        try:
            seen, target = files.entry(place)
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"{place} can't be looked at: {error.strerror}"
        target = target if follow else ""
        if target and not links:
            return f"{place} is one of too many links"
        if ".." in PurePosixPath(target.lstrip("./")).parts:
            return f"{place} is a link that walks"
        if target:  # in a folder that root alone can write: only root can make it lead elsewhere
            whole = os.path.join(os.path.dirname(place), target, *parts[count:])
            return _walk(os.path.normpath(whole), files, follow=True, links=links - 1, any_end=any_end)
        why = _why(place, seen, last=count == len(parts), any_end=any_end)
        if why:
            return why
    return ""


def _why(place: str, seen: os.stat_result, *, last: bool, any_end: bool) -> str:
    if stat.S_ISLNK(seen.st_mode):
        return f"{place} is a link"
    if last:
        good = any_end or stat.S_ISDIR(seen.st_mode) or stat.S_ISREG(seen.st_mode)
        return "" if good else f"{place} is no file and no folder"
    if seen.st_uid != 0:
        return f"{place} belongs to user {seen.st_uid}, who can swap what is below it"
    if seen.st_mode & _GROUP_OR_OTHERS:
        return f"{place} can be written by others than root"
    return ""
