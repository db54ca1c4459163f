"""What of the host a container or service would mount, beside all that is mounted already."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator

from ...model.dialect import Version
from ...model.workload import Mount, MountKind
from ..aside import computed_aside
from ..decision import Refusal
from ..floor.mounts import KEPT_IN
from ..floor.replaceable import Mounted, refused_replaceable
from ..host_tree import plain
from .case import Case

_FEW = 50
"""Mounts of a request that are judged at once; of more others shall not wait."""
_RECURSIVE_SINCE = Version(1, 44)
"""Of the API: Engine 25 makes what is mounted below a read-only bind read-only, too."""


def host_mounts(mounts: Iterable[Mount], holder: str, *, id: str = "") -> Iterator[Mounted]:
    """Those that lead to a path of the host."""
    for mount in mounts:
        path = mount.host_path or (mount.source if mount.kind is MountKind.BIND else "")
        if path.startswith("/"):
            yield Mounted(
                holder=holder, path=plain(path), writable=not mount.read_only,
                follows=mount.propagation not in KEPT_IN, id=id,
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
        return tuple(refused_replaceable(mounts, others, case.world))

    refusals = judged() if len(mounts) <= _FEW else await computed_aside(judged)
    if refusals and take_back is not None:
        take_back()
    for refusal in refusals:
        yield refusal


async def is_recursive(case: Case) -> bool:
    return (await case.world.context()).api_version >= _RECURSIVE_SINCE


__all__ = ["host_mounts", "is_recursive", "refused_beside_others"]
