"""What HAProxy counts of a backend, between two moments. Source: the answer to `show info;show stat`,
https://docs.haproxy.org/3.0/management.html (9.1 and 9.3)."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping

from msgspec import Struct

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
