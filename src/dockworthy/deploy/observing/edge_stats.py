"""What HAProxy tells of the requests while a release is observed: its counters, and its log of those that failed."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Self

from msgspec import Struct

from ...errors import DockworthyError
from ...model.rollout import EDGE_NETWORK, Task, TaskState

ASKED = "show info;show stat"


class Counts(Struct, frozen=True):
    """Of one backend. `errors`: answers of 5xx, `cut`: that ended in the middle; both are what a client sees. The rest
    is what HAProxy made good for: attempts that failed, requests that were sent again or to another container.

    `seconds`: how long the newest requests took, on average; None where there was none.
    """

    requests: int = 0
    errors: int = 0
    cut: int = 0
    connection_errors: int = 0
    response_errors: int = 0
    retries: int = 0
    redispatches: int = 0
    seconds: float | None = None

    @property
    def failed(self) -> int:
        return self.errors + self.cut


class Moment(Struct, frozen=True):
    """`process` tells a HAProxy from the one that took over from it, whose counts begin at 0."""

    process: str
    backends: Mapping[str, Counts]


_PROCESS = re.compile(r"^Pid: \d", re.MULTILINE)
_COLUMNS = {
    "requests": "req_tot",
    "errors": "hrsp_5xx",
    "cut": "srv_abrt",
    "connection_errors": "econ",
    "response_errors": "eresp",
    "retries": "wretr",
    "redispatches": "wredis",
}


def moment(answer: str) -> Moment:
    """From HAProxy's answer to ASKED; what it does not say is 0. Raises ValueError where it is no such answer, or only
    part of one: what is missing would be counted anew when it is told again."""
    info, head, table = answer.partition("# pxname,")
    if not head:
        raise ValueError("that is not the answer of HAProxy to `show stat`")
    if not table.endswith("\n\n") or not _PROCESS.search(info):
        raise ValueError("that is not all of HAProxy's answer")
    facts = dict(line.split(": ", 1) for line in info.splitlines() if ": " in line)
    rows = csv.DictReader([f"pxname,{table.splitlines()[0]}", *table.splitlines()[1:]])
    return Moment(
        f"{facts.get('Pid', '')} {facts.get('Start_time_sec', '')}",
        {row["pxname"]: _counts(row) for row in rows if row.get("svname") == "BACKEND"},
    )


def counted_between(before: Moment, after: Moment) -> dict[str, Counts]:
    """Backend -> what was counted meanwhile. After a reload it is what the new process counted: what the old one goes
    on to count, until its last connection ends, nobody tells."""
    fresh = before.process != after.process
    return {
        name: _difference(Counts() if fresh else before.backends.get(name, Counts()), now)
        for name, now in after.backends.items()
    }


def added(one: Mapping[str, Counts], other: Mapping[str, Counts]) -> dict[str, Counts]:
    """Both together, backend by backend; the time is that of `other`, which is the later one."""
    return {name: _sum(one.get(name, Counts()), other.get(name, Counts())) for name in dict.fromkeys((*one, *other))}


def of_service(backends: Mapping[str, Counts], project: str, service: str) -> Counts | None:
    """Of all its routes; None where the edge has none of it."""
    name = f"{project}:{service}"
    found = [counts for backend, counts in backends.items() if backend == name or backend.startswith(f"{name}:")]
    if not found:
        return None
    total = found[0]
    for counts in found[1:]:
        total = _sum(total, counts)
    return total


def _counts(row: Mapping[str, str | None]) -> Counts:
    took = row.get("ttime") or ""
    return Counts(
        **{field: _number(row.get(column)) for field, column in _COLUMNS.items()},
        seconds=int(took) / 1000 if took.isdecimal() and int(took) else None,
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def _difference(before: Counts, after: Counts) -> Counts:
    """Where there are fewer requests than before, they were set back: what there is now was counted since."""
    if after.requests < before.requests:
        before = Counts()
    return Counts(
        **{field: max(0, getattr(after, field) - getattr(before, field)) for field in _COLUMNS}, seconds=after.seconds
    )


def _sum(one: Counts, other: Counts) -> Counts:
    return Counts(
        **{field: getattr(one, field) + getattr(other, field) for field in _COLUMNS},
        seconds=one.seconds if other.seconds is None else other.seconds,
    )


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


_LINE = re.compile(
    r"(?P<at>\S+)T(?P<clock>[\d:]{8})\S* \S+ (?P<asked>\S+ \S+) (?P<status>-?\d+) \d+ (?P<took>-?\d+) ms "
    r"(?P<backend>\S+)/\S+ (?P<server>\S+) (?P<ended>\S+)"
)
"""A line of the format that the edge's configuration sets, with the engine's timestamp before it."""
_ENDED = {
    "SC": "its container took no connection",
    "sC": "its container took no connection in time",
    "SH": "its container hung up before it answered",
    "sH": "its container did not answer in time",
    "SD": "its container hung up in the middle of the answer",
    "sD": "its container stopped in the middle of the answer",
    "sQ": "no container was free for it in time",
}
"""By the first two letters of HAProxy's termination state: https://docs.haproxy.org/3.0/configuration.html (8.5)."""
_SHOWN = 3


class FailedRequest(Struct, frozen=True):
    """`asked` is method, host and path; `server` the address of the container, `ended` HAProxy's termination state."""

    clock: str
    asked: str
    status: int
    took: int
    server: str
    ended: str

    def __str__(self) -> str:
        """`GET shop.example.com/cart got 502 from 172.18.0.5 after 12 ms at 12:00:01 UTC: ... (SH--)`."""
        why = _ENDED.get(self.ended[:2], "the application's own answer" if self.ended.startswith("--") else "")
        got = f"got {self.status}" if self.status > 0 else "got no answer"
        who = f" from {self.server}" if self.server[:1].isdigit() else ""
        return f"{self.asked} {got}{who} after {self.took} ms at {self.clock} UTC{why and f': {why}'} ({self.ended})"


def failed_in(log: str, project: str, services: Collection[str]) -> Iterator[FailedRequest]:
    """From lines of the log, each after the engine's timestamp. What clients broke off themselves did not fail."""
    names = frozenset(f"{project}:{service}" for service in services)
    for line in log.splitlines():
        read = _LINE.fullmatch(line.strip())
        if read is None or ":".join(read["backend"].split(":")[:2]) not in names:
            continue
        status = int(read["status"])
        if status >= 500 or read["ended"][:1] in "Ss":
            yield FailedRequest(read["clock"], read["asked"], status, int(read["took"]), read["server"], read["ended"])


def answering_errors(log: str, project: str, running: Mapping[str, Iterable[Task]]) -> dict[str, str]:
    """Services of which containers that run now answered with 5xx themselves: service -> how often, in words."""
    found = {}
    for service, tasks in running.items():
        here = {task.addresses.get(EDGE_NETWORK) for task in tasks if task.state is TaskState.RUNNING}
        own = [each for each in failed_in(log, project, [service]) if each.server in here and each.ended[:2] == "--"]
        if own:
            found[service] = f"{service} answered {own[-1].status} to {len(own)} of its last requests"
    return found


def told(failed: Collection[FailedRequest]) -> str:
    """The first of them, in a line; empty where there is none."""
    if not failed:
        return ""
    first, more = list(failed)[:_SHOWN], len(failed) - _SHOWN
    return "at the edge: " + "; ".join(map(str, first)) + (f"; and {more} more" if more > 0 else "")
