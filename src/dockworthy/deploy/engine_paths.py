"""Where the engine that a project is shipped to keeps its data and listens: the paths of the host in a file are judged
by that, and a file does not know it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..engine.site import Site
from ..host_scripts import HostScript
from ..model.compose_project import FILE_PARTS, ComposeLogging, ComposeProject
from ..model.own_places import GUARD_SERVING, GUARD_STATE_SERVING, GUARDS_SERVING
from ..model.workload import EnginePaths

_WORDS = HostScript(__package__, "guard_words.sh")
_USUAL = EnginePaths()
_NAMES = ("--people", "--docker")
_MAY_NAME_FILES = (b"env_file", b"label_file", b"include", b"extends", b"\\")
"""Words of a Compose file that names files of variables or labels, or another file that may do so. A backslash may
write any of them in other letters."""


async def engine_paths(site: Site, spec: ComposeProject, files: Sequence[str]) -> EnginePaths:
    """The usual ones where the project names no path of the host's; `files` is what it was rendered from. A socket at
    which people reach the guard counts as the engine's, whatever it is called: what a container may do there is not
    known before it runs. Raises EngineError, HostError."""
    if not _mounts_of_host(spec) and not _takes_in_files(spec) and not any(map(_may_name_files, files)):
        return _USUAL
    info = await site.engine.get("/info")
    done = await site.shell.run(_WORDS.with_arguments(GUARD_SERVING, GUARDS_SERVING, GUARD_STATE_SERVING))
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


def _takes_in_files(spec: ComposeProject) -> bool:
    """By a build, or by the socket of a log driver."""
    return any(service.has("build") or _logs_to_socket(service.logging) for service in spec.services.values())


def _logs_to_socket(logging: ComposeLogging | None) -> bool:
    return logging is not None and any(value.lower().startswith("unix") for value in logging.options.values())


def _may_name_files(file: str) -> bool:
    """Compose renders their content, and no longer says where it is from."""
    try:
        text = Path(file).read_bytes().replace(b"\0", b"")  # of UTF-16, too
    except OSError:
        return True
    return any(word in text for word in _MAY_NAME_FILES)


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
