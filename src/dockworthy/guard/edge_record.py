"""The edge's own container, and those that it serves, known by what root wrote on this host: a label or a name is the
choice of whoever makes a container.

`dockworthy deploy` writes the Compose file of the edge before it makes the container. A request that makes the same has
no command of its own, no files and no variables: whoever sends it gets the edge, and nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ..model.edge_network import EDGE_NETWORKS
from ..model.own_places import EDGE_STATE
from ..model.workload import Container, Mount, MountKind
from ..readers.api_object import ApiObject
from .path_lookups import LookedUpFiles
from .path_ownership import who_may_swap

EDGE_FOLDER = EDGE_STATE
"""Root's; an edge of another account is none under a guard, which lets no container mount what an account owns."""
_FILES = ("coming.json", "compose.json")
_SETTINGS = re.compile(r"/[0-9a-f]{8,64}/haproxy\.cfg")
_MOST_BYTES = 16 * 1024 * 1024
_MOST_PROJECTS = 10_000


def edge_specs(files: LookedUpFiles) -> Sequence[Mapping[str, Any]]:
    """The service of each file that is there and is root's alone."""
    return tuple(_specs(files))


def _specs(files: LookedUpFiles) -> Iterator[Mapping[str, Any]]:
    for name in _FILES:
        found = ApiObject(_written(f"{EDGE_FOLDER}/{name}", files), name).at("services", "proxy").data
        if isinstance(found, dict):
            yield found


def edge_names(files: LookedUpFiles) -> frozenset[str]:
    """The secret names by which containers join the edge's network: of the routes that there are, and of a deploy that
    is on its way."""
    found: set[str] = set()
    for folder in (f"{EDGE_FOLDER}/routes", f"{EDGE_FOLDER}/joining"):
        try:
            names = files.names(folder)
        except OSError:
            continue
        for name in names if len(names) <= _MOST_PROJECTS else ():
            written = _written(f"{folder}/{name}", files) if name.endswith(".json") else None
            aliases = written.get("aliases") if isinstance(written, dict) else written
            each = aliases.values() if isinstance(aliases, dict) else aliases if isinstance(aliases, list) else ()
            found.update(str(alias) for alias in each)
    return frozenset(found)


def _written(path: str, files: LookedUpFiles) -> Any:
    """A file that is root's alone; None where it is not, or can't be read."""
    try:
        found = msgspec.json.decode(files.read(path, _MOST_BYTES))
        is_roots = files.entry(path)[0].st_uid == 0 and not who_may_swap(path, files)
    except (OSError, msgspec.MsgspecError):
        return None
    return found if is_roots else None


def is_made_of(request: ApiObject, container: Container, spec: Mapping[str, Any]) -> bool:
    """Is `container`, which `request` would make, what `spec` says?"""
    return (
        _runs_its_program(request, spec)
        and request.at("Cmd").data == spec.get("command")
        and _check(request) == _wanted_check(spec)
        and all(mount.kind is MountKind.BIND and not _comes_in_later(mount) for mount in container.mounts)
        and sorted((mount.source, mount.target, mount.read_only) for mount in container.mounts) == sorted(_binds(spec))
        and _asks_nobody_else(request, spec)
    )


def checks_settings(request: ApiObject) -> bool:
    """Is its command `-c -f FILE`, with which HAProxy checks a file of settings, and ends?"""
    command = request.at("Cmd").data
    return isinstance(command, list) and len(command) == 3 and command[:2] == ["-c", "-f"]


def reads_its_settings(request: ApiObject, container: Container, spec: Mapping[str, Any]) -> bool:
    """Does `dockworthy deploy` have HAProxy check new settings like this, before it uses them? The container has no
    network, runs nothing else, and ends."""
    settings = [(source, target) for source, target, read_only in _binds(spec) if read_only]
    host = request.at("HostConfig")
    return (
        _runs_its_program(request, spec)
        and checks_settings(request)
        and any(_SETTINGS.fullmatch(str(request.at("Cmd").data[2]).removeprefix(target)) for _, target in settings)
        and not request.at("Healthcheck").data
        and not host.at("Links").data
        and host.word("NetworkMode") == "none"
        and not dict(request.entries("NetworkingConfig", "EndpointsConfig")).keys() - {"none"}
        and all(mount.read_only and not _comes_in_later(mount) for mount in container.mounts)
        and [(mount.source, mount.target) for mount in container.mounts] == settings
    )


def _runs_its_program(request: ApiObject, spec: Mapping[str, Any]) -> bool:
    """As its user, without variables, and apart from other containers: a process in the same PID namespace that has
    the same user id reads its files through /proc."""
    host = request.at("HostConfig")
    return (
        request.word("Image") == spec.get("image")
        and request.at("Entrypoint").data == spec.get("entrypoint")
        and request.word("User") == spec.get("user")
        and not request.at("Env").data
        and not host.at("VolumesFrom").data
        and not any(":" in host.word(mode) for mode in ("NetworkMode", "PidMode", "IpcMode"))
    )


def _binds(spec: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """Source, target, and whether it is only read, in the order of the Compose file."""
    volumes = [each for each in spec.get("volumes") or () if isinstance(each, dict)]
    return [(str(each.get("source")), str(each.get("target")), each.get("read_only") is True) for each in volumes]


def _asks_nobody_else(request: ApiObject, spec: Mapping[str, Any]) -> bool:
    """It finds the containers that it serves by their names: on its own networks, from the engine alone."""
    host, endpoints = request.at("HostConfig"), dict(request.entries("NetworkingConfig", "EndpointsConfig"))
    return (
        {host.word("NetworkMode"), *endpoints} <= {"", *EDGE_NETWORKS}
        and (host.at("Dns").data or []) == (spec.get("dns") or [])
        and not any(host.at(key).data for key in ("DnsSearch", "DnsOptions", "ExtraHosts", "Links"))
        and not any(endpoint.at("Links").data for endpoint in endpoints.values())
    )


def _comes_in_later(mount: Mount) -> bool:
    """Would it show, or pass on, what is mounted there after its start?"""
    return mount.propagation not in ("", "private", "rprivate")


def _check(request: ApiObject) -> list[str]:
    return [str(word) for word in request.at("Healthcheck", "Test").data or ()]


def _wanted_check(spec: Mapping[str, Any]) -> list[str]:
    check = spec.get("healthcheck") or {}
    return ["NONE"] if check.get("disable") else [str(word).replace("$$", "$") for word in check.get("test") or ()]
