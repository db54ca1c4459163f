"""What dockworthy keeps on a host is mounted in no container of a project: the edge's sockets and keys, the host's
authority, the records and secrets of all projects, the guard with its key and sockets. No exception in dockworthy.yaml
allows it."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from ..engine.site import Site
from ..errors import HostError, Refused
from ..host_scripts import HostScript
from ..model.own_places import STATE, TO_READ, TO_WRITE
from ..model.rollout import Desired
from ..model.volume_options import paths_in

_OWN = (*TO_READ, *TO_WRITE)
_RUNNING = tuple(path for path in _OWN if path.startswith("/run/"))
"""Where they are there, who mounts a folder above them (`/run`) has them. Above the others, as `/etc` and `/opt`, much
is read: who mounts that is judged by `workload/host_mounts`."""
_HINT = "mount the folder of the project's data alone; dockworthy.yaml can't allow this one"

_COMPARE = HostScript(__package__, "own_state.sh")


class HostPath(Struct, frozen=True):
    """A path of the host that a container of the project is to see. `where`: what of the project says so."""

    where: str
    path: str


async def refuse_own_state(site: Site, desired: Desired, volumes: Iterable[Mapping[str, Any]]) -> None:
    """`volumes`: all of the engine, as it lists them. Raises Refused, and HostError where the host does not answer."""
    paths = [*host_paths(desired, volumes)]
    if not paths:
        return
    above = dict.fromkeys((posixpath.normpath(site.state), STATE))
    compare = _COMPARE.with_arguments(
        *(each.path for each in paths),
        dw_own="\n".join(dict.fromkeys((*above, *_OWN))),
        dw_above="\n".join(above),
        dw_running="\n".join(_RUNNING),
    )
    done = await site.shell.run(compare)
    found = done.output.splitlines()
    if done.status or len(found) != len(paths):
        raise HostError(f"{site.name} does not tell where the mounts of {desired.project} lead: {done.words}")
    for each, ours in zip(paths, found, strict=True):
        if ours != "-":
            raise Refused(f"{each.where} mounts {each.path}, and {ours} is dockworthy's own", hint=_HINT)


def refuse_own_file(where: str, path: str, state: str) -> None:
    """`path`: a file of this machine that a project brings as a secret or config. Raises Refused."""
    real = os.path.realpath(path)
    ours = {each: _identity(each) for each in dict.fromkeys((os.path.realpath(state), STATE, *_OWN))}
    at = real
    while True:  # it, and the folders that it is in: also under another name, as by a hard link
        own = next((each for each, known in ours.items() if at == each or (known and known == _identity(at))), "")
        if own:
            raise Refused(f"{where}: {path} is in {own}, which is dockworthy's own", hint=_HINT)
        if at == os.path.dirname(at):
            return
        at = os.path.dirname(at)


def _identity(path: str) -> tuple[int, int] | None:
    """Device and inode; None where there is none that can be seen."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def host_paths(desired: Desired, volumes: Iterable[Mapping[str, Any]]) -> Iterator[HostPath]:
    """Paths of the host that the project would mount: by mounts of services, and by volumes that bind a folder, also
    volumes that are there already. Files of secrets and configs are none of them: `refuse_own_file` looks at those
    where they are read."""
    there = {str(each["Name"]): each.get("Options") or {} for each in volumes}
    for service, written in desired.spec.services.items():
        for mount in written.mounts:
            source = mount.source
            if mount.type == "bind" and source:
                yield HostPath(f"{service}: volumes", source if source.startswith("/") else f"/{source}")
    for key, definition in desired.spec.volumes.items():
        name = desired.spec.object_name("volumes", key)
        for options in (definition.driver_opts, there.get(name, {})):
            for path in paths_in({key: str(value) for key, value in options.items()}):
                yield HostPath(f"volumes.{key}", path)
