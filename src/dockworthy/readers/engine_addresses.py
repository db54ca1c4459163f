"""Where an engine listens: by its settings, by what systemd handed to it, and in fact."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ..model.host import DaemonProcess
from ..model.host_paths import without_var
from ..model.json_parts import items, part
from ..model.published_ports import PublishedPort
from .daemon_written import settings_of

_SWARM_PORTS = ("2377", "7946")


def other_addresses(
    daemon: DaemonProcess,
    file: Mapping[str, Any],
    known: Collection[str],
    *,
    info: Mapping[str, Any],
    published: Sequence[PublishedPort],
) -> Iterator[str]:
    """Where its API may be reached besides the sockets whose paths are `known`: as `tcp://0.0.0.0:2375`,
    `unix:///srv/second.sock`, or as somebody wrote it (`:2375`). Those that are written come first.

    `file`: daemon.json; `info`: GET /info; `published`: ports that the engine may hold for containers and services."""
    settings = {**file, **settings_of(daemon.argv[1:])}
    known = {without_var(path) for path in known}
    written = [str(each) for each in (*items(file, "hosts"), *items(settings, "hosts"))]
    for each in dict.fromkeys(written):
        path = each.removeprefix("unix://") if each.startswith("unix://") else ""
        if each and not each.startswith("fd://") and without_var(path) not in known:
            yield each
            known.add(without_var(path) or each.rpartition(":")[2])
    inner = without_var(str(settings.get("exec-root") or "/var/run/docker")) + "/"
    for each in daemon.listens:
        scheme, _, place = each.partition("://")
        path, port = without_var(place), place.rpartition(":")[2]
        if scheme == "unix" and path not in known and not path.startswith(inner):
            yield each
        if scheme == "tcp" and port not in known and not _has_other_purpose(place, settings, info, published):
            yield each


def _has_other_purpose(
    place: str, settings: Mapping[str, Any], info: Mapping[str, Any], published: Sequence[PublishedPort]
) -> bool:
    """Is this TCP address of the engine's for its metrics, the swarm, or a published port?"""
    address, _, port = place.rpartition(":")
    if port == str(settings.get("metrics-addr") or "").rpartition(":")[2]:
        return True
    if part(info, "Swarm", "LocalNodeState") not in (None, "", "inactive"):
        own = {
            str(part(each, "Addr")).rpartition(":")[2]
            for each in items(info, "Swarm", "RemoteManagers")
            if part(each, "NodeID") == part(info, "Swarm", "NodeID")
        }
        if port in {*_SWARM_PORTS, *own}:
            return True
    return any(str(each.port) == port and each.is_at(address, each.port) for each in published)
