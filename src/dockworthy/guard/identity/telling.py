"""From what the kernel or TLS tells to an identity. A container's root is never the host's."""

from __future__ import annotations

import grp
import os
import pwd
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from .identity import NOBODY, Identity
from .peer import Peer


class Containers(Protocol):
    """What is asked of the engine. Raises EngineError."""

    async def container(self, reference: str) -> Mapping[str, Any] | None: ...

    async def running(self) -> Mapping[str, int]:
        """Id -> its first process, of each container that runs."""


async def identity_of(peer: Peer, engine: Containers, proc: Path = Path("/proc")) -> Identity:
    """A container by its control group, else by its mount namespace; then, and only where nothing speaks of a
    container, the user of this host. Raises EngineError where the engine does not say."""
    for id in peer.containers:
        found = await engine.container(id)
        if found is not None and found.get("Id") == id:
            return _container(found)
    if peer.mounts:
        for id, first in (await engine.running()).items():
            if _mounts_of(first, proc) == peer.mounts:
                found = await engine.container(id)
                return NOBODY if found is None else _container(found)
    if peer.foreign or peer.containers:
        why = peer.foreign or "it runs in a container that this engine does not know"
        return Identity(name=f"{NOBODY.name}: {why}")
    return user(peer.uid, peer.groups)


def user(uid: int, groups: tuple[int, ...] = ()) -> Identity:
    """Users and groups go by their names, and by their numbers."""
    name = _name_of_user(uid)
    named = {f"group:{gid}" for gid in groups} | {f"group:{_name_of_group(gid)}" for gid in groups}
    return Identity(name=f"user {name}", names=frozenset({f"user:{name}", f"user:{uid}"} | named), is_root=uid == 0)


def certificate(details: Mapping[str, Any] | None) -> Identity:
    """What `ssl.SSLSocket.getpeercert` gives of one that was verified: the subject's common name, and its end."""
    if not details:
        return NOBODY
    names = [value for parts in details.get("subject", ()) for kind, value in parts if kind == "commonName"]
    if len(names) != 1 or not names[0].isprintable() or names[0] != names[0].strip() or not names[0]:
        return Identity(name=f"{NOBODY.name}: a certificate without one common name")
    return Identity(
        name=f"certificate {names[0]}",
        names=frozenset({f"certificate:{names[0]}"}),
        until=ssl.cert_time_to_seconds(details["notAfter"]),
    )


def _container(found: Mapping[str, Any]) -> Identity:
    name = str(found.get("Name", "")).lstrip("/")
    return Identity(name=f"container {name}", names=frozenset({f"container:{name}"}))


def _mounts_of(pid: int, proc: Path) -> str:
    try:
        return os.readlink(proc / str(pid) / "ns" / "mnt")
    except OSError:
        return ""


def _name_of_user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _name_of_group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


__all__ = ["Containers", "certificate", "identity_of", "user"]
