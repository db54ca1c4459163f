"""Binds whose path another container can replace: the engine follows links when a container starts.

Root in a container is the host's root as far as the files of its writable mounts go. Who writes a folder puts a link in
the place of anything below it, and the next start of a container that binds what lay there mounts what the link leads
to; with a restart policy nobody is asked about that start. So no container binds what lies below a folder that a
container may write. Two that bind the very same folder are fine: nobody replaces that but who writes above it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from ..decision import Refusal, refused
from ..host_tree import HostTree
from .mounts import Host

_TITLE = "No mounted path can be replaced by a container"
_REMEDY = "mount the same folder in both, or the upper one read-only, or folders beside each other, or a volume"


class Mounted(Struct, frozen=True, kw_only=True):
    """A path of the host that is mounted whenever its holder starts. `holder` in words (`container web`); `follows`:
    what is mounted below it later comes in, writable even where this is not; `id` of the container or service;
    `volume`: the name of the volume that leads there."""

    holder: str
    path: str
    writable: bool
    follows: bool = False
    id: str = ""
    project: str = ""
    volume: str = ""


def refused_replaceable(asked: Sequence[Mounted], others: Sequence[Mounted], host: Host) -> Iterator[Refusal]:
    """`asked`: what one container or service would mount; `others`: what all that are there do, also stopped ones."""
    tree = host.tree()
    own = host.own_paths()
    for mount in asked:
        for other in (*others, *asked):
            if _replaces(other, mount.path, tree) and not own.give_root(other.path, tree):
                says = f"{other.holder} can write {other.path}, and put a link in the place of {mount.path}"
            elif other not in asked and _replaces(mount, other.path, tree):
                says = (
                    f"{mount.path} would be writable, and {other.holder} mounts {other.path}, which could be replaced"
                )
            else:
                continue
            yield refused("guard/replaceable", _TITLE, says, _REMEDY)
            return


def _replaces(writer: Mounted, path: str, tree: HostTree) -> bool:
    if writer.writable:
        return tree.can_replace(writer.path, path)
    below_only = writer.follows or not tree.recursive
    return below_only and tree.can_replace(writer.path, path, below_only=True)


__all__ = ["Mounted", "refused_replaceable"]
