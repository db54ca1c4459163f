"""Where a repository of restic is: its scheme, how it is shown without its password, and whether its disk is there."""

from __future__ import annotations

import hashlib
import re

from ..errors import UsageError

_SCHEMES = ("local", "sftp", "rest", "s3", "b2", "azure", "gs", "swift", "rclone")
_USER = re.compile(r"(?<=://)([^/@:]*:[^/]*)@")
"""`user:password` in `rest:https://user:password@host/`. One of ssh has a user alone, and that is shown."""
_QUERY = re.compile(r"(?<=\?).+")
_RCLONE_VALUE = re.compile(r"(?<==)[^,:]+")
"""`rclone::sftp,host=vault,pass=secret:shop`"""
_HIDDEN = "***"


def scheme_of(place: str) -> str:
    """`sftp`, `s3` ...; `local` for a folder. Raises UsageError for a place that means another one on each call."""
    if place.startswith("/"):
        return "local"
    scheme, colon, rest = place.partition(":")
    if not colon or scheme not in _SCHEMES:
        raise UsageError(
            f"{shown_place(place)} is no place of a repository",
            hint="say an absolute path as /mnt/usb/shop, or one as sftp:backup@vault:/srv/shop or s3:https://host/bucket",
        )
    if scheme == "local" and not rest.startswith("/"):
        raise UsageError(f"{place} is no absolute path", hint=f"say local:/{rest}")
    return scheme


def local_folder(place: str) -> str:
    """The repository's folder where it is on the host itself, else ""."""
    return place.removeprefix("local:") if scheme_of(place) == "local" else ""


def shown_place(place: str) -> str:
    """For messages: without `user:password@`, and without what may be a secret of another kind."""
    if place.startswith("/"):
        return place
    if place.startswith("rclone:"):
        return _RCLONE_VALUE.sub(_HIDDEN, place)
    return _QUERY.sub(_HIDDEN, _USER.sub("", place))


def secrets_in(place: str) -> tuple[str, ...]:
    """The parts of a place that no message may repeat, the longest first."""
    if place.startswith("/"):
        return ()
    found = list(_RCLONE_VALUE.findall(place)) if place.startswith("rclone:") else list(_QUERY.findall(place))
    for user in _USER.findall(place):
        found += [user, user.partition(":")[2]]
    return tuple(sorted((each for each in found if each), key=len, reverse=True))


def place_id(place: str) -> str:
    """Names the folder in which the host remembers a repository: the same also with another password."""
    return hashlib.sha256(shown_place(place).encode()).hexdigest()[:12]


def unmounted(folder: str, fstab: str, mounts: str) -> str:
    """The mount point above `folder` that /etc/fstab names and that is not mounted, "" where there is none.

    `fstab`, `mounts`: the text of /etc/fstab and /proc/self/mounts. A deeper mount that is there decides.
    """
    there = {_unescaped(fields[1]) for line in mounts.splitlines() if len(fields := line.split()) > 1}
    named = {
        _unescaped(fields[1])
        for line in fstab.splitlines()
        if not line.lstrip().startswith("#") and len(fields := line.split()) > 2
    }
    above = sorted((point for point in there | named if _is_above(point, folder)), key=len)
    return above[-1] if above and above[-1] not in there else ""


def _is_above(point: str, folder: str) -> bool:
    return point.startswith("/") and f"{folder.rstrip('/')}/".startswith(f"{point.rstrip('/')}/")


def _unescaped(path: str) -> str:
    """Both files write a space as `\\040`."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), path).rstrip("/") or "/"
