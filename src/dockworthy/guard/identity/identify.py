"""Who asks: makes an identity of what the kernel or TLS tells of a connection. A container's root is never the
host's."""

from __future__ import annotations

import grp
import os
import pwd
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .identity import NOBODY, Identity
from .peer import Peer
from .processes import ContainerQuestions, PeerProcess, first_process, runs_on


async def identity_of(peer: Peer, engine: ContainerQuestions, proc: Path = Path("/proc")) -> Identity:
    """A container by what its first process and who connected have in common; then, and only where nothing speaks of a
    container, the user of this host. Raises EngineError where the engine does not say."""
    if peer.process is not None and (peer.containers or peer.mounts):
        found = await _container_of(peer, peer.process, engine, proc)
        if not runs_on(peer.process, proc):  # what it had in common may have become another's
            return Identity(name=f"{NOBODY.name}: the process that connected has ended, or moved")
        if found is not None:
            return _container(found)
    if peer.foreign or peer.containers:
        why = peer.foreign or "it runs in a container that this engine does not know"
        return Identity(name=f"{NOBODY.name}: {why}")
    return user(peer.uid, peer.groups)


async def _container_of(
    peer: Peer, process: PeerProcess, engine: ContainerQuestions, proc: Path
) -> Mapping[str, Any] | None:
    """The innermost whose id its control group names, of those that it is in; else the one whose mounts it sees."""
    for id in reversed(peer.containers):
        found = await engine.container(id)
        if found is not None and found.get("Id") == id:
            first = await first_process(found, engine, proc)
            if first is not None and (first.cgroup == process.cgroup or _same_mounts(first, peer)):
                return found
    if peer.mounts:
        for found in (await engine.running()).values():
            if _mounts_of(found, proc) == peer.mounts:
                first = await first_process(found, engine, proc)
                if first is not None and _same_mounts(first, peer):
                    return found
    return None


def _same_mounts(first: PeerProcess, peer: Peer) -> bool:
    """No two containers share a mount namespace, and none has the host's."""
    return bool(peer.mounts) and first.mounts == peer.mounts


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


def _mounts_of(found: Mapping[str, Any], proc: Path) -> str:
    """Not for sure: it sorts out who need not be asked about."""
    state = found.get("State")
    try:
        return os.readlink(proc / str(state.get("Pid")) / "ns/mnt") if isinstance(state, dict) else ""
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
