"""Asks the edge for its counts all the while, so that a reload in between loses as little of them as may be."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from types import TracebackType
from typing import Self

from ...errors import DockworthyError
from .counting import Counts, Moment, added, counted_between, moment, of_service

Stats = Callable[[], Awaitable[str]]
"""HAProxy's answer to counting.ASKED; raises DockworthyError where it gives none."""

_EVERY = 1.0


class EdgeCounter:
    """Counts from when it is entered. What nobody tells is not counted: `counted` is None until something was told."""

    def __init__(self, stats: Stats | None, project: str) -> None:
        self._stats = stats
        self._project = project
        self._before: Moment | None = None
        self._total: dict[str, Counts] = {}
        self._asking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._stats is not None:
            await self.look()
            self._asking = asyncio.create_task(self._go_on())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def look(self) -> None:
        """Asks now; where there is no answer, the next one tells of this time, too."""
        if self._stats is None:
            return
        with contextlib.suppress(DockworthyError, ValueError):
            now = moment(await self._stats())
            if self._before is not None:
                self._total = added(self._total, counted_between(self._before, now))
            self._before = now

    def forget(self, services: Collection[str]) -> None:
        """What was counted of these until now is not to count."""
        names = tuple(f"{self._project}:{service}" for service in services)
        self._total = {
            backend: counts
            for backend, counts in self._total.items()
            if not any(backend == name or backend.startswith(f"{name}:") for name in names)
        }

    def counted(self, services: Collection[str]) -> Mapping[str, Counts] | None:
        """Service -> what the edge counted of it; None where it told nothing."""
        if self._before is None:
            return None
        found = {service: of_service(self._total, self._project, service) for service in services}
        return {service: counts or Counts() for service, counts in found.items()}

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            await self.look()
