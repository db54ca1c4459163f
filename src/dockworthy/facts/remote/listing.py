"""Lines of `ls -n`: what a host without stat(1) can tell, and every link of /proc at once."""

from __future__ import annotations

import os
import re
import stat

_LINE = re.compile(
    rb"([-dlpsbcDC])([-r][-w][-xsS][-r][-w][-xsS][-r][-w][-xtT])[.+@]? +\d+ +(\d+) +(\d+) +"
    rb"(?:(\d+),? +)?(\d+) +\w{3} +\d+ +(?:\d+:\d+|\d+) +(/[^\n]*)"
)
_KINDS = {
    b"-": stat.S_IFREG,
    b"d": stat.S_IFDIR,
    b"l": stat.S_IFLNK,
    b"p": stat.S_IFIFO,
    b"s": stat.S_IFSOCK,
    b"b": stat.S_IFBLK,
    b"c": stat.S_IFCHR,
}


def stat_of_ls(line: bytes) -> tuple[str, os.stat_result] | None:
    """(path, owner and mode) of a line of `ls -nd`; device, inode and time are not in it (0)."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    kind = _KINDS.get(match[1], stat.S_IFREG)
    path = match[7].split(b" -> ", 1)[0] if kind == stat.S_IFLNK else match[7]
    found = os.stat_result((kind | mode_of(match[2]), 0, 0, 1, int(match[3]), int(match[4]), int(match[6]), 0, 0, 0))
    return os.fsdecode(path), found


def mode_of(letters: bytes) -> int:
    """`rwxr-sr-t` -> its bits."""
    mode = 0
    for place, letter in enumerate(letters.decode("ascii")):
        if letter not in "-ST":
            mode |= 0o400 >> place
        if letter in "sStT":
            mode |= {2: stat.S_ISUID, 5: stat.S_ISGID, 8: stat.S_ISVTX}[place]
    return mode


def link_of_ls(line: bytes) -> tuple[str, str] | None:
    """(path, where it points to) of a line of `ls -nd`; `""` where that may not be seen. None for no such line."""
    match = _LINE.fullmatch(line)
    if match is None or match[1] != b"l":
        return None
    path, _, target = match[7].partition(b" -> ")
    return os.fsdecode(path), os.fsdecode(target)
