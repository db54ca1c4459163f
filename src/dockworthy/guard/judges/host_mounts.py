"""What of the host a container or service would mount, beside all that is mounted already."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping

from ...model.guard_policy import GuardPolicy
from ...model.volume_options import bound_path
from ...model.workload import Mount, MountKind
from ..decision import Refusal, refused
from ..floor.mounts import KEPT_IN, RECURSIVE_SINCE, HostPaths, listed_for, may_list
from ..floor.replaceable import Mounted, refused_replaceable
from ..large_requests import computed_aside
from .case import Case

_FEW = 200
"""Mounts, of a request and of all that is there, that are judged at once; for more others shall not wait."""
_LOOKS_FOR = 5.0
"""Seconds."""


def bound(mount: Mount) -> str:
    """The path of the host that a mount leads to; `""` where it leads to none."""
    path = mount.host_path or (mount.source if mount.kind is MountKind.BIND else "")
    return path if path.startswith("/") else ""


def host_mounts(
    mounts: Iterable[Mount], holder: str, host: HostPaths, open_below: Collection[str] = ()
) -> Iterator[Mounted]:
    """Those that lead to a path of the host. `open_below`: targets of mounts below which something stays writable."""
    for mount in mounts:
        for way in host.spellings(path) if (path := bound(mount)) else ():
            yield Mounted(
                holder=holder, path=way, writable=not mount.read_only,
                follows=mount.propagation not in KEPT_IN or mount.target in open_below,
                volume=mount.source if mount.kind is MountKind.VOLUME else "",
            )  # fmt: skip


def not_refused(mounts: Iterable[Mount], policy: GuardPolicy) -> tuple[Mount, ...]:
    """Without those whose path is refused as it is written: what the policy does not list is not looked at."""
    return tuple(
        mount for mount in mounts
        if not (path := bound(mount)) or may_list(path, policy) or mount.driver not in ("", "local")
    )  # fmt: skip


async def looked_at(case: Case, mounts: Iterable[Mount], options: Iterable[Mapping[str, str]] = ()) -> HostPaths:
    """The host's files for what a request mounts, by `mounts` or by the `options` of volumes, as far as the policy
    lists it."""
    each = tuple(mounts)
    written = (*options, *(mount.options for mount in each))
    paths = [mount.source for mount in each if mount.kind is MountKind.BIND]
    paths += [path for of_one in written for path in (of_one.get("device", ""), bound_path("", of_one))]
    listed = [path for path in paths if path.startswith("/") and may_list(path, case.policy.guard)]
    more = [bound(mount) for mount in not_refused(each, case.policy.guard)]
    return await case.world.looked_at(dict.fromkeys((*listed, *filter(None, more))))


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
    host = await case.world.looked_at()

    def judged() -> tuple[Refusal, ...]:
        until = time.monotonic() + _LOOKS_FOR
        return tuple(refused_replaceable(mounts, others, host, until=until))

    refusals = judged() if len(mounts) + len(others) <= _FEW else await computed_aside(judged)
    if refusals and take_back is not None:
        take_back()
    for refusal in refusals:
        yield refusal


async def refused_ways_in(
    case: Case, mounts: Iterable[Mounted], *, remapped: bool = True, listed: bool = False
) -> AsyncIterator[Refusal]:
    """Of what a container may write, or the engine fills: a volume, also one that is mounted to be read, is given an
    image's files while it is empty. What is mounted below a folder, now or later, is written where that comes in,
    although the folder itself is only read. `remapped`: would root in the container be another user, where the engine
    remaps users? `listed`: look only at what the policy lists; other paths are refused as such."""
    seen = dict.fromkeys(each.path for each in mounts if each.writable or each.volume or each.follows)
    paths = [path for path in seen if path and not (listed and listed_for(path, case.policy.guard) is None)]
    if not paths or (remapped and "userns" in ((await case.world.context()).features or ())):
        return
    host = await case.world.looked_at()
    # Whoever writes what gives root is root already: other rules judge that.
    entered = [path for path in paths if not host.own_paths().give_root(path, host.tree())]
    for path, way in zip(entered, await case.world.ways_in(entered), strict=True):
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
    engines = (await case.world.context()).api_version >= RECURSIVE_SINCE
    return engines and (spoken is None or spoken >= RECURSIVE_SINCE)
