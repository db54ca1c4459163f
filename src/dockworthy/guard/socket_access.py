"""Who reaches an engine by its socket: members of the socket's group, and containers that have it mounted."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from ..model.guard_policy import Binding
from .identity.identify import user
from .identity.identity import Identity


class SocketHolder(Struct, frozen=True, kw_only=True):
    """A container that runs with the socket mounted. `by_folder`: it has a folder in which the socket lies, so that it
    sees another socket at that path as soon as there is one; a mounted file stays the old one until it is restarted."""

    name: str
    image: str = ""
    by_folder: bool = False


def holders_in(listed: Iterable[Mapping[str, Any]], path: str) -> tuple[SocketHolder, ...]:
    """`listed`: what `GET /containers/json` shows; `path` of the socket."""
    found = []
    for each in listed:
        name = str((each.get("Names") or ["?"])[0]).lstrip("/")
        image = str(each.get("Image", ""))
        sources = [str(mount.get("Source", "")) for mount in each.get("Mounts") or () if mount.get("Type") == "bind"]
        reaching = [source for source in map(os.path.realpath, filter(None, sources)) if _holds(source, path)]
        if reaching:
            found.append(SocketHolder(name=name, image=image, by_folder=not any(map(_is_file, reaching))))
    return tuple(sorted(found, key=lambda one: one.name))


def _holds(source: str, path: str) -> bool:
    real = os.path.realpath(path)
    return real == source or os.path.commonpath((real, source)) == source


def _is_file(path: str) -> bool:
    return not os.path.isdir(path)


def unknown_names(roles: Iterable[Binding], containers: frozenset[str]) -> tuple[str, ...]:
    """A sentence for each name in `guard.roles` that nobody has here: a typing error, or somebody who comes later.
    `containers`: names of those that are there, running or not."""
    unknown = []
    for who in dict.fromkeys(each.who for each in roles):
        kind, _, name = who.partition(":")
        if not _is_known(kind, name, containers):
            unknown.append(
                f"WARNING: the policy gives {who} a role, and this host has no {kind} of that name: whoever comes "
                "under it has the role; is it spelt right?"
            )
    return tuple(unknown)


def _is_known(kind: str, name: str, containers: frozenset[str]) -> bool:
    """Certificates are known to whoever signs them alone, and a number needs no name."""
    if kind == "container":
        return name in containers
    try:
        if kind == "user" and not name.isdigit():
            pwd.getpwnam(name)
        elif kind == "group" and not name.isdigit():
            grp.getgrnam(name)
    except KeyError:
        return False
    return True


def members_of(group: str) -> tuple[str, ...]:
    """Users of this host, without root; also those whose first group it is. Empty for a group that there is none of."""
    with contextlib.suppress(KeyError):
        entry = grp.getgrgid(int(group)) if group.isdigit() else grp.getgrnam(group)
        first = [each.pw_name for each in pwd.getpwall() if each.pw_gid == entry.gr_gid]
        return tuple(name for name in dict.fromkeys((*entry.gr_mem, *first)) if name != "root")
    return ()


def identity_named(name: str) -> Identity:
    """A user of this host with all groups; by the name alone where there is no such user."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return Identity(name=f"user {name}", names=frozenset({f"user:{name}"}))
    return user(entry.pw_uid, tuple(os.getgrouplist(name, entry.pw_gid)))
