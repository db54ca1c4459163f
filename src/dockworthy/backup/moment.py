"""A data set as it is at one moment: held by the file system where it can, so that its containers stand still for that
moment alone, and not for as long as its files are read."""

from __future__ import annotations

import posixpath
import secrets
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from ..engine.site import Site
from ..host_scripts import HostScript
from ..interruption import to_its_end

MOMENT = ".dockworthy-moment."
"""Begins the name of the folder beside the data in which it is held. Nobody's data."""
_HOLD = HostScript(__package__, "hold_moment.sh")
_DROP = HostScript(__package__, "drop_moment.sh")
_HOLDING = 600.0
"""Seconds: a copy that shares its blocks takes a second for 20,000 files or so."""
_DROPPING = 3600.0


class HeldMoment(Struct, frozen=True):
    """`path`: where the data lies as it was; `by`: "snapshot" or "clone"."""

    path: str
    by: str


@asynccontextmanager
async def held_moment(site: Site, path: str) -> AsyncIterator[HeldMoment | None]:
    """The folder `path` as it is when the block begins; None where its file system can't hold it. Call it while nobody
    writes. The folder that it lies in is removed at the end, or by the next run. Raises HostError."""
    mark = f"{_marks(site)}{secrets.token_hex(6)}"
    folder = f"{posixpath.dirname(path).rstrip('/')}/{MOMENT}{secrets.token_hex(6)}"
    try:
        done = await site.shell.run(_HOLD.with_arguments(mark, folder, path), seconds=_HOLDING)
        by, _, below = done.output.rstrip("\n").partition(" ")
        if done.status or not below:
            await site.shell.run(_DROP.with_arguments(mark), seconds=_DROPPING)
            yield None
        else:
            yield HeldMoment(f"{folder}{below}", by)
    finally:
        await to_its_end(site.shell.run(_DROP.with_arguments(mark), seconds=_DROPPING))


async def drop_left_moments(site: Site) -> None:
    """What a run that was killed left. Raises HostError."""
    marks = await site.shell.run(f"ls -d {shlex.quote(_marks(site))}* 2>/dev/null")
    if left := [each for each in marks.output.splitlines() if not each.endswith(".new")]:
        await site.shell.run(_DROP.with_arguments(*left), seconds=_DROPPING)


def _marks(site: Site) -> str:
    return f"{site.state}/backup/moment."
