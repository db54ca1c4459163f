"""Which requests failed, by the edge's own log: its counts only tell how many. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from ...model.rollout import EDGE_NETWORK, Task, TaskState

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
