"""As many things are saved at once as there are lanes: shells of one host, each with the repository as it is reached
from there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from ..engine.site import Site
from ..errors import DockworthyError
from .repository import Repository

Lane = tuple[Site, Repository]


class Lanes:
    """Who waits longest gets the next lane that is free. Where something fails in one, nothing else begins, and what is
    under way comes to its end: containers that stand still go on."""

    def __init__(self, lanes: Iterable[Lane]) -> None:
        self._free: asyncio.Queue[Lane] = asyncio.Queue()
        for lane in lanes:
            self._free.put_nowait(lane)
        self._failed: DockworthyError | None = None

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Lane]:
        """Raises what failed in another one before."""
        lane = await self._free.get()
        try:
            if self._failed is not None:
                raise self._failed
            yield lane
        except DockworthyError as error:
            self._failed = self._failed or error
            raise
        finally:
            self._free.put_nowait(lane)
