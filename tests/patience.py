"""How long the tests wait on this machine: limits are written for a quiet one, and grow with how slow it is now.

    patience(20)                      seconds for `timeout=`, `asyncio.timeout`, `process.wait`, a socket
    within(20)                        the same as a setting of the product: "40.0s"
    wait_until(condition, "it runs")  polls; fails with these words when the limit is over
    await until(condition, "it runs") the same where an event loop runs; the condition may be a coroutine function
    meanwhile(0.5), lull(0.5)         a time in which something must go on happening, or not happen at all
    Effort                            processor time, in seconds of the machine that the limits are written for

A limit is there to end what hangs; how fast something is, benchmarks/ measure. tests/house/test_patience.py
refuses limits and pauses in tests that do not come from here.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")

QUIET = 2.0
"""The least slowness: what is quiet when a limit is set may be busy a second later."""

_MOST = 30.0
"""Else what hangs would hold a crowded machine up for hours."""

_LOOPS = 200_000
_REFERENCE = 0.008
"""Seconds of processor time that so many loops take on the machine that the limits are written for."""


def slowness() -> float:
    """How many times as long as on a quiet machine things take now, from 2 to 30."""
    return min(max(QUIET, processor() * (1.0 + _waiting() / _cores())), _MOST)


def patience(seconds: float) -> float:
    """The limit that is `seconds` on a quiet machine."""
    return seconds * slowness()


def within(seconds: float) -> str:
    """The same as dockworthy.yaml writes it: for a setting that must not be what fails (`healthy_within`)."""
    return f"{patience(seconds):.1f}s"


class Limit:
    """One that is looked at again and again: time in which the machine is slow counts less."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._slowness = slowness()
        self._began = self._seen = time.monotonic()

    @property
    def left(self) -> float:
        """Seconds as things go now; 0 or less when it is over."""
        now, slow = time.monotonic(), slowness()
        self._left -= (now - self._seen) / max(self._slowness, slow)
        self._seen, self._slowness = now, slow
        return self._left * slow

    def check(self, what: str | Callable[[], object]) -> None:
        """Raises AssertionError when it is over: `what` did not come to be. A function says what is seen instead."""
        if self.left <= 0:
            took = time.monotonic() - self._began
            raise AssertionError(f"{what() if callable(what) else what}: not within {took:.0f} s")


def wait_until(
    condition: Callable[[], T], what: str | Callable[[], object], seconds: float = 60.0, *, pause: float = 0.05
) -> T:
    """What `condition` returns as soon as it is true. Raises AssertionError when the limit is over."""
    limit = Limit(seconds)
    while not (found := condition()):
        limit.check(what)
        time.sleep(pause)
    return found


async def until(
    condition: Callable[[], Awaitable[T] | T],
    what: str | Callable[[], object],
    seconds: float = 20.0,
    *,
    pause: float = 0.05,
) -> T:
    """As `wait_until`; the condition may be a coroutine function."""
    limit = Limit(seconds)
    while True:
        found = condition()
        if inspect.isawaitable(found):
            async with asyncio.timeout(max(limit.left, 1.0)):  # a condition that hangs
                found = await found
        if found:
            return found
        limit.check(what)
        await asyncio.sleep(pause)


async def meanwhile(seconds: float) -> None:
    """Lets so much time pass while something is looked at. Never for what has to happen first: `until` is for that."""
    await asyncio.sleep(seconds)


def lull(seconds: float) -> None:
    """`meanwhile` where no event loop runs."""
    time.sleep(seconds)


async def hang() -> None:
    """Never ends by itself: what a dead server does."""
    await asyncio.Event().wait()


class Effort:
    """`with Effort() as effort: work()`, then `effort.seconds`: what this thread and its processor took for it.

    Who else is on the machine does not count, and a slow processor is taken into account.
    """

    seconds = 0.0

    def __enter__(self) -> Effort:
        self._began = time.thread_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = (time.thread_time() - self._began) / max(processor(), _loops() / _REFERENCE)


@functools.cache
def processor() -> float:
    """How many times as long as on the machine of reference a program computes here, alone; at least 1."""
    return max(1.0, min(_loops() for _ in range(5)) / _REFERENCE)


def _loops() -> float:
    began = time.thread_time()
    total = 0
    for number in range(_LOOPS):
        total += number
    return time.thread_time() - began


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _waiting() -> float:
    """How many threads want a processor or a disk: as a mean of the last minute, or at this moment where it is more.

    This moment alone is no measure: it may be between two bursts. The mean alone learns of a burst too late.
    """
    with contextlib.suppress(OSError, ValueError, IndexError):
        with open("/proc/loadavg") as file:
            mean, _, _, runnable, *_ = file.read().split()
        return max(float(mean), float(runnable.partition("/")[0]) - 1.0)
    with contextlib.suppress(OSError):
        return os.getloadavg()[0]
    return 0.0


def set_alarm(item: Any, seconds: float, over: Callable[[], None]) -> None:
    """pytest-timeout's timer of one test, which grows with the machine's slowness: `over` ends the test.

    `item.cancel_timeout` takes it back, as pytest-timeout expects.
    """
    limit = Limit(seconds)

    def ring(*_: object) -> None:
        if (left := limit.left) > 0:
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.1))
        else:
            over()

    def cancel() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)

    assert threading.current_thread() is threading.main_thread()
    item.cancel_timeout = cancel
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(limit.left, 0.1))
