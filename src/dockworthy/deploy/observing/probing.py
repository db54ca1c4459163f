"""Sends requests of our own to services, as clients would, and keeps count of what comes back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from .probe_connection import ProbeConnection, ProbeFailed
from .probe_target import ProbeTarget
from .probed import Failure, Probed, ProbeTally

_AT_MOST = 50.0
"""A second, of all targets together."""
_WAITS = 5.0
"""Seconds for an answer."""
_UNDER_WAY = 64


class Prober:
    """Probes from when it is entered until it is left: each target in turn on a kept connection and on a new one."""

    def __init__(self, targets: Sequence[ProbeTarget]) -> None:
        self._sources = [_Source(target) for target in targets]
        self._slower = max(1.0, sum(target.per_second for target in targets) / _AT_MOST)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for number, source in enumerate(self._sources):
            every = self._slower / source.target.per_second
            after = every * number / len(self._sources)  # not all at the same moment
            self._tasks.append(asyncio.create_task(source.run(every, after=after)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def begin(self) -> None:
        """From now on failures count also of services that were to be away, or have to answer and never did."""
        for source in self._sources:
            source.begin()

    @property
    def counting(self) -> frozenset[str]:
        """The services whose failures count by now."""
        return frozenset(source.target.service for source in self._sources if source.counts)

    def probed(self) -> Mapping[str, tuple[Probed, ...]]:
        """Service -> what was seen of it, one for each of its targets."""
        found: dict[str, tuple[Probed, ...]] = {}
        for source in self._sources:
            service = source.target.service
            found[service] = (*found.get(service, ()), source.tally.probed())
        return found


_LEAVES = 503


class _Source:
    """The probes of one target."""

    def __init__(self, target: ProbeTarget) -> None:
        self.target = target
        self.tally = ProbeTally()
        self._answered = self._begun = False
        self._kept = ProbeConnection(target.at, tls=target.tls)
        self._kept_is_free = True
        self._under_way: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        if not self.target.strict:
            self.tally = ProbeTally()
        self.tally.forget_times()
        self._begun = True

    @property
    def counts(self) -> bool:
        before = self._answered and self.target.strict
        return before or (self._begun and (self._answered or self.target.must_answer))

    async def run(self, every: float, *, after: float) -> None:
        clock = asyncio.get_running_loop().time
        due = clock() + after
        keeps = True
        try:
            while True:
                await asyncio.sleep(max(0.0, due - clock()))
                due = max(due + every, clock())  # what was missed is not made up for
                if len(self._under_way) < _UNDER_WAY:
                    keeps = not keeps
                    task = asyncio.create_task(self._probe(keeps))
                    self._under_way.add(task)
                    task.add_done_callback(self._under_way.discard)
        finally:
            under_way = list(self._under_way)
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
            await self._kept.close()

    async def _probe(self, keeps: bool) -> None:
        keeps = keeps and self._kept_is_free
        connection = self._kept if keeps else ProbeConnection(self.target.at, tls=self.target.tls)
        if keeps:
            self._kept_is_free = False
        at, began = time.time(), time.monotonic()
        try:
            async with asyncio.timeout(_WAITS):
                status = await connection.get(self.target.host, self.target.path, keep=keeps)
            if status >= self.target.bad_from:
                raise ProbeFailed(str(status), status)
        except ProbeFailed as failed:
            if failed.status == _LEAVES and self.target.says_it_leaves and not self._begun:
                self.tally.left_out()
                return
            self._failed(Failure(at, str(failed)), answered=failed.status is not None)
        except TimeoutError:
            self._failed(Failure(at, f"timed out after {_WAITS:.0f} s"), answered=False)
        else:
            self._answered = True
            self.tally.answered(time.monotonic() - began)
        finally:
            if keeps:
                self._kept_is_free = True
            else:
                await connection.close()

    def _failed(self, failure: Failure, *, answered: bool) -> None:
        """A service that never answered is still on its way, until the release is observed."""
        if self.counts:
            self.tally.failed(failure, answered=answered)
        elif answered:
            self.tally.left_out()
