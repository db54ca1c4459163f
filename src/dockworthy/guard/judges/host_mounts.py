"""What of the host a container or service would mount, beside all that is mounted already."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Iterable, Iterator

from ...model.dialect import Version
from ...model.workload import Mount, MountKind
from ..aside import computed_aside
from ..decision import Refusal, refused
from ..floor.mounts import KEPT_IN, listed_for
from ..floor.replaceable import Mounted, refused_replaceable
from ..host_tree import spellings
from .case import Case

_FEW = 200
"""Mounts, of a request and of all that is there, that are judged at once; for more others shall not wait."""
_LOOKS_FOR = 5.0
"""Seconds."""
_RECURSIVE_SINCE = Version(1, 44)
"""Of the API: Engine 25 makes what is mounted below a read-only bind read-only, too."""


def host_mounts(mounts: Iterable[Mount], holder: str, *, id: str = "") -> Iterator[Mounted]:
    """Those that lead to a path of the host."""
    for mount in mounts:
        path = mount.host_path or (mount.source if mount.kind is MountKind.BIND else "")
        for way in spellings(path) if path.startswith("/") else ():
            yield Mounted(
                holder=holder, path=way, writable=not mount.read_only,
                follows=mount.propagation not in KEPT_IN, id=id,
                volume=mount.source if mount.kind is MountKind.VOLUME else "",
            )  # fmt: skip


async def refused_beside_others(
    case: Case, asked: Iterable[Mounted], *, but: Collection[str] = (), unasked: bool = False
) -> AsyncIterator[Refusal]:
    """`but`: ids of containers that do not count as others. `unasked`: it starts without another question, so that it
    counts for others from now on."""
    mounts = tuple(asked)
    if not mounts:
        return
    take_back = case.world.announce(mounts) if unasked else None
    others = tuple(other for other in await case.world.mounted() if other.id not in but)

    def judged() -> tuple[Refusal, ...]:
        until = time.monotonic() + _LOOKS_FOR
        return tuple(refused_replaceable(mounts, others, case.world, until=until))

    refusals = judged() if len(mounts) + len(others) <= _FEW else await computed_aside(judged)
    if refusals and take_back is not None:
        take_back()
    for refusal in refusals:
        yield refusal


async def refused_ways_in(
    case: Case, mounts: Iterable[Mounted], *, remapped: bool = True, listed: bool = False
) -> AsyncIterator[Refusal]:
    """Of what a container may write, or the engine fills: a volume, also one that is mounted to be read, is given an
    image's files while it is empty. `remapped`: would root in the container be another user, where the engine remaps
    users? `listed`: look only at what the policy lists; other paths are refused as such."""
    seen = dict.fromkeys(each.path for each in mounts if each.writable or each.volume)
    paths = [path for path in seen if path and not (listed and listed_for(path, case.policy.guard) is None)]
    if not paths or (remapped and "userns" in ((await case.world.context()).features or ())):
        return
    for path in paths:
        if case.world.own_paths().give_root(path, case.world.tree()):
            continue  # whoever writes it is root already: other rules judge that
        way = case.world.way_in(path)
        if way is not None:
            yield refused(
                "guard/way-in",
                "Nobody but root can enter on the host what a container writes",
                f"{path} would be writable, and every user of the host can enter {way.folder}: a setuid program or a "
                "device that the container makes there would give them root",
                way.remedy(path),
            )


async def is_recursive(case: Case) -> bool:
    """A client that speaks an older API gets what engines did then (moby: DefaultReadOnlyNonRecursive)."""
    spoken = case.call.version
    engines = (await case.world.context()).api_version >= _RECURSIVE_SINCE
    return engines and (spoken is None or spoken >= _RECURSIVE_SINCE)


__all__ = ["host_mounts", "is_recursive", "refused_beside_others", "refused_ways_in"]
