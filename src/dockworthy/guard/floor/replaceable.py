"""Binds whose path another container can replace: the engine follows links when a container starts.

Root in a container is the host's root as far as the files of its writable mounts go. Who writes a folder puts a link in
the place of anything below it, and the next start of a container that binds what lay there mounts what the link leads
to; with a restart policy nobody is asked about that start. So no container binds what lies below a folder that a
container may write. Two that bind the very same folder are fine: nobody replaces that but who writes above it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence

from msgspec import Struct

from ..decision import Refusal, refused
from ..host_tree import HostTree, Place
from ..request import TooMuch
from .mounts import HostPaths

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


def refused_replaceable(
    asked: Sequence[Mounted], others: Sequence[Mounted], host: HostPaths, *, until: float = math.inf
) -> Iterator[Refusal]:
    """`asked`: what one container or service would mount; `others`: what all that are there do, also stopped ones.
    `until`: the end of judging, on the monotonic clock. Raises TooMuch."""
    tree, own = host.tree(), host.own_paths()
    known = [each for each in others if each.path]
    may_gain = (each for each in _until(until, (*known, *asked)) if not own.give_root(each.path, tree))
    writers = {top: each for each in may_gain for top in _written(each, tree)}
    mounted = {folder: each for each in _until(until, known) for folder in tree.decides(each.path)}
    for mount in _until(until, asked):
        writer = next((writers[folder] for folder in tree.decides(mount.path) if folder in writers), None)
        below = next((mounted[top] for top in _written(mount, tree) if top in mounted), None)
        if writer is not None:
            says = f"{writer.holder} can write {writer.path}, and put a link in the place of {mount.path}"
        elif below is not None:
            says = f"{mount.path} would be writable, and {below.holder} mounts {below.path}, which could be replaced"
        else:
            continue
        yield refused("guard/replaceable", _TITLE, says, _REMEDY)


def _until(end: float, mounts: Sequence[Mounted]) -> Iterator[Mounted]:
    for mount in mounts:
        if time.monotonic() > end:
            raise TooMuch("to compare its mounts with all that are there takes too long")
        yield mount


def _written(mount: Mounted, tree: HostTree) -> tuple[Place, ...]:
    """The tops of what its holder writes."""
    if mount.writable:
        return tree.reached(mount.path)
    return tree.reached(mount.path)[1:] if mount.follows or not tree.recursive else ()
