"""What probes saw of a service, as it comes in."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

from msgspec import Struct

_KEPT_TIMES = 20_000
_KEPT_FAILURES = 5


class Failure(Struct, frozen=True):
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
    first: tuple[Failure, ...] = ()


class ProbeTally:
    """Counts the probes of one service; the times of the newest alone, so that a long watch does not grow."""

    def __init__(self) -> None:
        self._sent = self._failed = self._answered = self._errors = 0
        self._times: deque[float] = deque(maxlen=_KEPT_TIMES)
        self._first: list[Failure] = []

    def answered(self, seconds: float) -> None:
        self._sent += 1
        self._answered += 1
        self._times.append(seconds)

    def failed(self, failure: Failure, *, answered: bool) -> None:
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
