"""Owner and mode of the engine's files: whoever may write them owns the engine, and with it the host."""

from __future__ import annotations

import os
import stat
from functools import partial

from ...model.field import Field, Origin, Set, Source
from ...model.host import FileMode
from .engine_paths import fixed_paths, program_paths, registry_paths, unit_paths
from .names import Names
from .reading import guarded, missing
from .root import Root, clean
from .settings import EngineSettings


def read_files(
    root: Root, settings: EngineSettings, names: Names, socket: str, own_socket: str = ""
) -> dict[str, Field[FileMode]]:
    """Path -> owner and mode, of what the path leads to. An absent file is Unset; its source's `path` is the role.
    `own_socket`: the engine's, where dockworthy's guard stands at `socket`."""
    own = {own_socket: "docker.sock", os.path.dirname(own_socket): "guarded.folder"} if own_socket else {}
    roles = fixed_paths(settings, socket) | own | registry_paths(root) | unit_paths(root) | program_paths(root)
    return {clean(path): guarded(partial(_read, root, names, path, role), clean(path)) for path, role in roles.items()}


def _read(root: Root, names: Names, path: str, role: str) -> Field[FileMode]:
    try:
        own = root.stat(path, follow=False)
        facts = _followed(root, path, own)
    except OSError as error:
        return missing(error, path, role)
    mode = FileMode(
        path=clean(path),
        role=role,
        kind=_kind(facts.st_mode),
        uid=facts.st_uid,
        gid=facts.st_gid,
        mode=stat.S_IMODE(facts.st_mode),
        owner=names.user(facts.st_uid),
        group=names.group(facts.st_gid),
    )
    real = root.identity(path)
    via = Source(clean(real)) if real != path else None
    return Set(mode, Source(clean(path), via=via), Origin.MEASURED)


def _followed(root: Root, path: str, own: os.stat_result) -> os.stat_result:
    """A link's target, or the link itself where it leads nowhere or to a device (a masked unit)."""
    if not stat.S_ISLNK(own.st_mode):
        return own
    try:
        target = root.stat(path)
    except FileNotFoundError:
        return own
    return own if stat.S_ISCHR(target.st_mode) else target


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "directory"
    if stat.S_ISSOCK(mode):
        return "socket"
    return "link" if stat.S_ISLNK(mode) else "file"
