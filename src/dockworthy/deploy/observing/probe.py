"""Probes: requests of our own to a service, as a client would send them, and what came of them.

Nothing is repeated behind our back: one request, one connection, one answer. `ProbeTarget` says where a service is
asked, `Probed` counts what came back, `Probing` sends requests until it is told to end.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import math
import os
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import httptools
from msgspec import Struct, structs

from ...model.deploy_settings import Route

if TYPE_CHECKING:
    import ssl


MOST_BYTES = 1 << 20
"""Of an answer: what comes after that is not waited for."""
_CHUNK = 1 << 16


class ProbeFailed(Exception):
    """`str()` says why, in a few words. `status`: of the answer, where there was one."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status


class ProbeConnection:
    """To a unix socket, or an address and port. It stays open between requests unless it is told to end.

    `tls`: whose certificate it shows is not asked; whether the service works is.
    """

    def __init__(self, at: Path | tuple[str, int], *, tls: bool = False) -> None:
        self._at = at
        self._tls = tls
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, host: str, path: str, *, keep: bool) -> int:
        """The status of the answer, when all of it is here. Raises ProbeFailed, also for 5xx.

        A kept connection that was closed before anything of an answer came may have been at its end just when it was
        used: as every client does, it asks once more on a new one, and what that says counts.
        """
        kept = self._streams is not None and not self._streams[0].at_eof()
        if not kept:
            await self.close()
        try:
            return await self._ask(host, path, keep)
        except _Nothing:
            if not kept:
                raise ProbeFailed("closed without an answer") from None
        try:
            return await self._ask(host, path, keep)
        except _Nothing:
            raise ProbeFailed("closed without an answer") from None

    async def close(self) -> None:
        if self._streams is not None:
            writer, self._streams = self._streams[1], None
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _ask(self, host: str, path: str, keep: bool) -> int:
        answer = _Answer()
        ended = False
        try:
            reader, writer = self._streams = self._streams or await connected(self._at, host if self._tls else "")
            ended = True
            writer.write(_request(host, path, keep))
            while not answer.complete and answer.size < MOST_BYTES:
                chunk = await reader.read(_CHUNK)
                if not chunk:
                    break
                answer.feed(chunk)
            ended = not (keep and answer.complete and answer.keeps)
        except OSError as error:
            if answer.begun or not ended:
                raise ProbeFailed(_why(error)) from None
            raise _Nothing from None
        finally:
            if ended:
                await self.close()
        return answer.judged()


class _Nothing(Exception):
    """The connection ended, and nothing had come."""


class _Answer:
    """`httptools` calls the `on_` methods."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.begun = False
        self.complete = False
        self.keeps = False
        self.size = 0

    def feed(self, chunk: bytes) -> None:
        self.begun = True
        self.size += len(chunk)
        try:
            self._parser.feed_data(chunk)
        except httptools.HttpParserError:
            raise ProbeFailed("what came is not HTTP") from None

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:  # else it only says that an answer will come
            self.complete = True
            self.keeps = self._parser.should_keep_alive()

    def judged(self) -> int:
        if not self.begun:
            raise _Nothing
        status: int = self._parser.get_status_code()
        if status >= 500:
            raise ProbeFailed(str(status), status)
        # Without a length its end is that of the connection, which the parser can't tell from a cut.
        if not self.complete and self.size < MOST_BYTES and (status < 200 or self._has_length):
            raise ProbeFailed(f"{status}, cut off in the middle", status)
        return status

    _has_length = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self._has_length |= name.lower() in (b"content-length", b"transfer-encoding")


def _why(error: OSError) -> str:
    if reason := getattr(error, "reason", ""):  # of TLS: its number is none of the system's
        return f"TLS: {reason}"
    return os.strerror(error.errno) if error.errno else "the connection broke"


def _request(host: str, path: str, keep: bool) -> bytes:
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: dockworthy-probe",
        "Accept: */*",
        f"Connection: {'keep-alive' if keep else 'close'}",
    )
    return "\r\n".join((*lines, "", "")).encode()


async def connected(
    at: Path | tuple[str, int], tls_name: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """`tls_name`: the name that is asked for by TLS ("": without TLS). Raises OSError."""
    tls = _unverified() if tls_name else None
    name = tls_name or None
    if isinstance(at, tuple):
        return await asyncio.open_connection(*at, ssl=tls, server_hostname=name)
    # A socket's path has 107 bytes, and a state folder can be deep: it is named by its open folder.
    folder = os.open(at.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        return await asyncio.open_unix_connection(f"/proc/self/fd/{folder}/{at.name}", ssl=tls, server_hostname=name)
    finally:
        os.close(folder)


@functools.cache
def _unverified() -> ssl.SSLContext:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


PER_SECOND = 10.0
"""To one route."""


class ProbeTarget(Struct, frozen=True):
    """`at` is a unix socket, or an address and a port.

    `strict`: a failure counts from the first good answer on; else only once the release is observed (its service was
    to be away for a moment). `must_answer`: from then on it counts also where there never was a good answer. `tls`: it
    is asked by TLS. `bad_from`: the status from which on an answer is none. `says_it_leaves`: while containers are
    exchanged, 503 is the word by which an old one asks the edge for no more requests, and no failure.
    """

    service: str
    host: str
    path: str
    at: Path | tuple[str, int]
    strict: bool = True
    must_answer: bool = True
    per_second: float = PER_SECOND
    tls: bool = False
    bad_from: int = 500
    says_it_leaves: bool = False


def probe_targets(
    route: Route,
    at: Path | tuple[str, int],
    *,
    strict: bool = True,
    touched: bool = True,
    tls: bool = False,
    ours: bool = True,
    drains: bool = False,
) -> tuple[ProbeTarget, ...]:
    """Of a route: its health path, and what people come for, its own path. `touched`: the release changes its service.
    `ours`: the edge is; another one may answer 404 itself where it knows no healthy container. `drains`: those
    that leave answer badly at the health path on purpose, until the edge notices.

    A service may be well by its health path and answer 500 to everything else; but what stands at a route's own path,
    nobody said: it is only asked of one that answered well once. So it is with a service that is left alone: what did
    not work before is none of the release's faults.
    """
    host = route.host.replace("*.", "edge.", 1)
    own, health = _own_path(route), _health_path(route)
    bad_from = 500 if ours else 400
    if health is None:
        return (ProbeTarget(route.service, host, own, at, strict, touched, tls=tls),)
    asks = ProbeTarget(route.service, host, health, at, strict and not drains, touched, tls=tls, bad_from=bad_from)
    if health == own:
        return (asks,)
    half = PER_SECOND / 2
    comes_for = ProbeTarget(route.service, host, own, at, strict, False, half, tls)
    return (structs.replace(asks, per_second=half, says_it_leaves=True), comes_for)


def _own_path(route: Route) -> str:
    return f"{route.path.rstrip('/')}/" if route.strip_path else route.path


def _health_path(route: Route) -> str | None:
    """As the edge is asked for it; None where the route leads to none."""
    below = route.path.rstrip("/")
    if route.strip_path and route.health:
        return f"{below}{route.health}"
    return route.health if route.health == route.path or route.health.startswith(f"{below}/") else None


_KEPT_TIMES = 20_000
_KEPT_FAILURES = 5


class ProbeFailure(Struct, frozen=True):
    """`at`: seconds since 1970. `says`: `502`, `timed out after 5 s`."""

    at: float
    says: str


class Probed(Struct, frozen=True):
    """`answered`: those that came to an answer, of any status, and `errors` those of them with 5xx or a cut: an edge
    counts them, too, also those that do not count here. Times in seconds, of what was answered since the release is
    observed; None where nothing was."""

    sent: int = 0
    failed: int = 0
    answered: int = 0
    errors: int = 0
    p50: float | None = None
    p95: float | None = None
    slowest: float | None = None
    first: tuple[ProbeFailure, ...] = ()


class ProbeTally:
    """Counts the probes of one service; the times of the newest alone, so that a long watch does not grow."""

    def __init__(self) -> None:
        self._sent = self._failed = self._answered = self._errors = 0
        self._times: deque[float] = deque(maxlen=_KEPT_TIMES)
        self._first: list[ProbeFailure] = []

    def answered(self, seconds: float) -> None:
        self._sent += 1
        self._answered += 1
        self._times.append(seconds)

    def failed(self, failure: ProbeFailure, *, answered: bool) -> None:
        self._sent += 1
        self._failed += 1
        self._answered += answered
        self._errors += answered
        if len(self._first) < _KEPT_FAILURES:
            self._first.append(failure)

    def left_out(self) -> None:
        """One with 5xx that is not to count here; an edge counted it."""
        self._answered += 1
        self._errors += 1

    def forget_times(self) -> None:
        """While containers are exchanged a request may wait for the next one: that tells nothing of the new ones."""
        self._times.clear()

    def probed(self) -> Probed:
        return Probed(
            self._sent,
            self._failed,
            self._answered,
            self._errors,
            percentile(self._times, 0.5),
            percentile(self._times, 0.95),
            max(self._times, default=None),
            tuple(self._first),
        )


def percentile(times: Iterable[float], share: float) -> float | None:
    """The smallest of `times` that so large a share of them does not exceed; None where there are none."""
    ordered = sorted(times)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


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
            self._failed(ProbeFailure(at, str(failed)), answered=failed.status is not None)
        except TimeoutError:
            self._failed(ProbeFailure(at, f"timed out after {_WAITS:.0f} s"), answered=False)
        else:
            self._answered = True
            self.tally.answered(time.monotonic() - began)
        finally:
            if keeps:
                self._kept_is_free = True
            else:
                await connection.close()

    def _failed(self, failure: ProbeFailure, *, answered: bool) -> None:
        """A service that never answered is still on its way, until the release is observed."""
        if self.counts:
            self.tally.failed(failure, answered=answered)
        elif answered:
            self.tally.left_out()
