"""Which of an engine's sockets is the guard's: as the host shows it, or, unseen, as far as the engine tells."""

from __future__ import annotations

from msgspec import structs

from ..model.field import Field, Set, Source, Unknown
from ..model.guarded_socket import GuardedSocket
from ..model.host import DaemonProcess
from ..model.snapshot import EngineFacts
from ..model.workload import EnginePaths
from .api_object import ApiObject

_PLUGIN = "dockworthy"
_USUAL = "/var/run/docker.sock"
_MAYBE = "dockworthy's guard is this engine's plugin; whether it stands at the socket, too, is seen on the host only"


def with_guard(paths: EnginePaths, facts: EngineFacts, daemon: Field[DaemonProcess]) -> EnginePaths:
    """The engine's own socket then counts beside the usual one."""
    if isinstance(daemon, Set):
        found = daemon.value
        if not found.guarded_at:
            return paths
        guard = GuardedSocket(found.guarded_at, found.container_roles)
        return structs.replace(paths, sockets=(found.own_socket, *paths.sockets), guard=guard)
    info = ApiObject(facts.info.value if isinstance(facts.info, Set) else None, "GET /info")
    plugins = info.texts("Plugins", "Authorization")
    if not isinstance(plugins, Set) or _PLUGIN not in plugins.value:
        return paths
    gap = Unknown(_MAYBE, source=Source("GET /info", "Plugins.Authorization"), tell="run as root on the host")
    return structs.replace(paths, guard=GuardedSocket(_USUAL, gap))


__all__ = ["with_guard"]
