"""By which hashes the tasks of a project are known as what it asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from ..model.compose_project import FILE_PARTS, ComposeProject
from ..model.release import Release
from .rendering import Rendered
from .secret_versions import mounted
from .targets.maker import Maker


async def hashes_of(
    maker: Maker,
    rendered: Rendered,
    spec: ComposeProject,
    off_edge: ComposeProject,
    with_other_contents: Collection[str],
) -> tuple[Mapping[str, str], dict[str, set[str]]]:
    """Service -> its hash, and those that say the same: of the definition before it had a route, and, where nothing
    that it mounts changed since the last release, of the person's own file."""
    if not maker.adopts:
        return await maker.hashes_of(spec), {name: set() for name in spec.services}
    if off_edge == spec:
        hashes = without = await maker.hashes_of(spec)
    else:
        hashes, without = await asyncio.gather(maker.hashes_of(spec), maker.hashes_of(off_edge))
    return hashes, {
        name: {without[name]} if name in with_other_contents else {without[name], rendered.hashes[name]}
        for name in spec.services
    }


def with_other_contents(rendered: Rendered, versions: Mapping[str, str], last: Release | None) -> frozenset[str]:
    """The services whose secrets or configs hold something else now. Compose's hash says nothing of a content: that it
    is another one only the last release tells."""
    if last is None:
        return frozenset()
    return frozenset(
        name
        for name, service in rendered.spec.services.items()
        for before in ({**last.versions, **dict(mounted(last.spec, [name]))},)
        for part in FILE_PARTS
        for use in service.references(part)
        if before.get(f"{part}.{use.source}") != versions.get(f"{part}.{use.source}")
    )
