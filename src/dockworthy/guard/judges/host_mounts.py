"""What of the host a container or service would mount, beside all that is mounted already."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator

from ...model.dialect import Version
from ...model.workload import Mount, MountKind
from ..decision import Refusal
from ..floor.mounts import KEPT_IN
from ..floor.replaceable import Mounted, refused_replaceable
from ..host_tree import plain
from .case import Case

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
    case: Case, asked: Iterable[Mounted], *, but: Collection[str] = ()
) -> AsyncIterator[Refusal]:
    """`but`: ids of containers that do not count as others."""
    mounts = tuple(asked)
    if not mounts:
        return
    others = tuple(other for other in await case.world.mounted() if other.id not in but)
    for refusal in refused_replaceable(mounts, others, case.world):
        yield refusal


async def is_recursive(case: Case) -> bool:
    return (await case.world.context()).api_version >= _RECURSIVE_SINCE


__all__ = ["host_mounts", "is_recursive", "refused_beside_others"]
