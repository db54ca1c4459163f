"""Paths of the guard, its engine and the edge, which no container mounts, whatever the policy lists."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct

from ..model.own_places import (
    EDGE_STATE,
    ENGINE_SOCKET,
    ENGINE_TO_READ,
    ENGINE_TO_WRITE,
    LOGS,
    PLUGINS,
    PROVEN,
    TO_READ,
    TO_WRITE,
)
from .host_tree import HostTree, spellings


class OwnPaths(Struct, frozen=True, kw_only=True):
    """`sockets`: of the guard and the engine. `powers`: who writes them is root on the host, or unguarded. `hidden`:
    who reads them has sockets or secrets. `kept`: what others may read. `edge`: keys and routes of every project, for
    the edge's own container alone."""

    sockets: tuple[str, ...]
    powers: tuple[str, ...]
    hidden: tuple[str, ...]
    kept: tuple[str, ...]
    edge: tuple[str, ...]

    def refuses(self, path: str, tree: HostTree, *, read_only: bool) -> str:
        """The path of these that a mount of `path` would open; `""` where it opens none."""
        shut = (*self.sockets, *self.hidden, *self.edge)
        return tree.cover(shut if read_only else (*shut, *self.powers, *self.kept)).met(path)

    def opened(self, path: str, tree: HostTree) -> str:
        """The path of these, sockets aside, that who writes below `path` can change; `""` where there is none. Who may
        have a socket is a control's matter: some are the guard's own."""
        return tree.cover((*self.hidden, *self.powers, *self.kept, *self.edge)).met(path)

    def of_edge(self, path: str, tree: HostTree) -> str:
        """The path of the edge's that who reads below `path` sees; `""` where there is none."""
        return tree.cover(self.edge).met(path)

    def give_root(self, path: str, tree: HostTree) -> bool:
        """Is who writes below `path` root already?"""
        return bool(tree.cover((*self.sockets, *self.powers, *self.hidden)).met(path))


def own_paths(
    *,
    sockets: Iterable[str] = (),
    engine: Iterable[str] = (),
    kept: Iterable[str] = (),
    keys: Iterable[str] = (),
    real: Callable[[str], str] = os.path.realpath,
) -> OwnPaths:
    """Those of an installed guard, with `sockets` and folders of the `engine` that lie elsewhere, files that only
    root changes (`kept`: logs, policies), and private `keys`. `real` tells where links lead."""
    return OwnPaths(
        sockets=_spelt((ENGINE_SOCKET, *sockets), real),
        powers=_spelt((*ENGINE_TO_WRITE, *TO_WRITE), real),
        hidden=_spelt((*ENGINE_TO_READ, PLUGINS, *TO_READ, *engine, *keys), real),
        kept=_spelt((LOGS, PROVEN, *kept), real),
        edge=_spelt((EDGE_STATE,), real),
    )


def _spelt(paths: Iterable[str], real: Callable[[str], str]) -> tuple[str, ...]:
    found = (spelling for path in paths if path.startswith("/") for spelling in spellings(path, real))
    return tuple(dict.fromkeys(path for path in found if path != "/"))


def engine_folders(socket: str) -> tuple[str, ...]:
    """Where the engine that listens at `socket` keeps its settings, and what it has while it runs."""
    from ..facts.host.daemon import read_daemon  # facts of the host: most requests mount nothing of it
    from ..facts.host.daemon_json import read_daemon_json
    from ..facts.host.names import Names
    from ..facts.host.processes import Processes
    from ..facts.host.root import Root
    from ..facts.host.settings import EngineSettings, EngineStart
    from ..facts.host.sockets import SocketTables
    from ..model.field import Set, Unknown

    root = Root(Path("/"))
    processes = Processes(root)
    daemon = read_daemon(root, processes, SocketTables(root, processes), socket)
    if not isinstance(daemon, Set):
        return ()
    start = EngineStart.of(daemon, Names(root))
    try:
        file = read_daemon_json(root, start.file_path)
    except OSError as error:
        file = Unknown(str(error))
    settings = EngineSettings.of(start, daemon, file)
    found = (start.file_path, settings.exec_root, settings.data_root, settings.pid_file)
    return tuple(path for path in found if path.startswith("/") and path != "/")
