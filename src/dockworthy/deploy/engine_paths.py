"""Where the engine that a project is shipped to keeps its data and listens: the mounts in a file are judged by that,
and a file does not know it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..facts.host.guarded_socket import SERVING, SERVING_NOW
from ..host_scripts import HostScript
from ..model.compose_project import FILE_PARTS, ComposeProject
from ..model.own_places import GUARDS_SERVING
from ..model.workload import EnginePaths
from .site import Site

_WORDS = HostScript(__package__, "guard_words.sh")
_USUAL = EnginePaths()
_NAMES = ("--people", "--docker")


async def engine_paths(site: Site, spec: ComposeProject) -> EnginePaths:
    """The usual ones where the project mounts nothing of the host's. A socket at which people reach the
    guard counts as the engine's, whatever it is called: what a container may do there is not known before it runs.
    Raises EngineError, HostError."""
    if not _mounts_of_host(spec):
        return _USUAL
    info = await site.engine.get("/info")
    done = await site.hand.run(_WORDS.with_arguments(SERVING, GUARDS_SERVING, SERVING_NOW))
    sockets = (*_USUAL.sockets, site.socket, *_sockets(done.output.splitlines()))
    return EnginePaths(
        data_root=str(info.get("DockerRootDir") or _USUAL.data_root),
        sockets=tuple(dict.fromkeys(path for path in sockets if path.startswith("/"))),
    )


def _mounts_of_host(spec: ComposeProject) -> bool:
    mounts = (mount for service in spec.services.values() for mount in service.mounts)
    files = (each for part in FILE_PARTS for each in spec.files(part).values())
    return (
        any(mount.type == "bind" for mount in mounts)
        or any(volume.driver_opts for volume in spec.volumes.values())
        or any(each.file for each in files)
    )


def _sockets(words: Sequence[str]) -> Iterator[str]:
    """Of `--people PATH --docker unix://PATH`."""
    before = ""
    for word in words:
        name, equals, value = word.partition("=")
        if equals and name in _NAMES:
            yield value.removeprefix("unix://")
        elif before in _NAMES:
            yield word.removeprefix("unix://")
        before = word
