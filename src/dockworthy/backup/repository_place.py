"""Where a repository of restic is: its scheme, how it is shown without its password, and whether its disk is there. And
how an append-only store on another host is reached."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from ..errors import UsageError

_SCHEMES = ("local", "sftp", "rest", "s3", "b2", "azure", "gs", "swift", "rclone", "ssh")
_USER = re.compile(r"(?<=://)([^/@:]*:[^/]*)@")
"""`user:password` in `rest:https://user:password@host/`. One of ssh has a user alone, and that is shown."""
_QUERY = re.compile(r"(?<=\?).+")
_RCLONE_VALUE = re.compile(r"(?<==)[^,:]+")
"""`rclone::sftp,host=vault,pass=secret:shop`"""
_HIDDEN = "***"
_STORE = re.compile(
    r"ssh:(?://(?P<login>[^@/]+)@(?:\[(?P<v6>[0-9a-fA-F:]+)\]|(?P<name>[^:/@\[\]]+))(?::(?P<port>\d{1,5}))?"
    r"|(?P<user>[^@/]+)@(?P<host>[^:/@]+):)(?P<folder>/.+)"
)
_USER_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_HOST_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*")
_PLAIN_PATH = re.compile(r"(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+")


class StorePlace(NamedTuple):
    """An append-only store: `user` can add to what is in `folder` of `host`, and read it. Written as
    `ssh:backup-shop@vault:/srv/backups/shop` or `ssh://backup-shop@vault:2222/srv/backups/shop`."""

    user: str
    host: str
    folder: str
    port: int = 22

    @property
    def written(self) -> str:
        if self.port == 22 and ":" not in self.host:
            return f"ssh:{self.user}@{self.host}:{self.folder}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"ssh://{self.user}@{host}{f':{self.port}' if self.port != 22 else ''}{self.folder}"

    @property
    def repository(self) -> str:
        """Its folder over there."""
        return f"{self.folder}/repository"

    @property
    def without_dockworthy(self) -> str:
        """The repository as restic alone reaches it: as root of that host, on the day on which this one is gone."""
        if self.port == 22 and ":" not in self.host:
            return f"sftp:root@{self.host}:{self.repository}"
        return f"sftp:{self.admin.removeprefix('ssh:')}/{self.repository}"

    @property
    def admin(self) -> str:
        """How root comes to that host, as `backup target` takes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"ssh://root@{host}{f':{self.port}' if self.port != 22 else ''}"


def store_place(place: str) -> StorePlace | None:
    """None for a place of another kind. Raises UsageError for one that begins as a store's and is none."""
    if not place.startswith("ssh:"):
        return None
    found = _STORE.fullmatch(place)
    user, host, folder, port = ("", "", "", 22)
    if found:
        user, host = found["login"] or found["user"], found["v6"] or found["name"] or found["host"]
        folder, port = found["folder"].rstrip("/"), int(found["port"] or 22)
    fits = _USER_NAME.fullmatch(user) and _HOST_NAME.fullmatch(host) and _PLAIN_PATH.fullmatch(folder)
    if not fits or not 0 < port < 65536:
        raise UsageError(
            f"{place} is no append-only store",
            hint="`dockworthy backup target ssh://root@HOST` makes one, and prints its place, as "
            "ssh:backup-shop@vault:/srv/backups/shop",
        )
    return StorePlace(user, host, folder, port)


def place_for_restic(place: str) -> str:
    """As restic itself takes it."""
    store = store_place(place)
    return store.without_dockworthy if store is not None else place


def ssh_to(store: StorePlace, folder: str) -> tuple[str, ...]:
    """The command that reaches a store, and nothing else of that host. `folder`: of the repository on this host, with
    the key for this alone and the host key that was pinned. Nobody's configuration of ssh has a say."""
    options = (
        "BatchMode=yes",
        "IdentitiesOnly=yes",
        "IdentityAgent=none",
        f"UserKnownHostsFile={folder}/known_hosts",
        "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes",
        "UpdateHostKeys=no",
        "ConnectTimeout=20",
        "ServerAliveInterval=20",
    )
    settings = (f"-o{each}" for each in options)
    port = () if store.port == 22 else ("-p", str(store.port))
    return ("ssh", "-T", "-F", "none", "-i", f"{folder}/ssh_key", *settings, *port, f"{store.user}@{store.host}")


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
