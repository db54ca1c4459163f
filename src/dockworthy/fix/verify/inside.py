"""What a container's processes show to the host that they run on: ports that listen, and who they are.

Read in /proc, which only an engine on this host has; nothing is run inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

_LISTENS = "0A"


class Who(Struct, frozen=True):
    """A user and a group, as numbers."""

    uid: int
    gid: int


def listening_ports(facts: Mapping[str, Any], *, local: bool) -> frozenset[int]:
    """TCP ports on which others can reach it; nothing where that can't be seen. `facts` as inspect gives them."""
    pid = (facts.get("State") or {}).get("Pid")
    if not local or not pid or not _is_of(pid, str(facts["Id"])):
        return frozenset()
    found: set[int] = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
        except OSError:
            continue
        found.update(_ports(line.split() for line in lines))
    return frozenset(found)


def stepped_down_to(processes: Mapping[str, Any]) -> Who | None:
    """The user that a service's work is done by, from `GET /containers/ID/top?ps_args=-eo pid,uid,gid`; None: root."""
    counted: dict[Who, int] = {}
    for row in processes.get("Processes") or ():
        words = [word for word in row if word.strip()]
        if len(words) >= 3 and words[1].isdigit() and words[2].isdigit() and int(words[1]) != 0:
            who = Who(int(words[1]), int(words[2]))
            counted[who] = counted.get(who, 0) + 1
    return max(counted, key=lambda who: counted[who]) if counted else None


def _ports(rows: Iterable[list[str]]) -> Iterable[int]:
    for row in rows:
        if len(row) > 3 and row[3] == _LISTENS:
            address, _, port = row[1].rpartition(":")
            loopback = address.endswith("7F") if len(address) == 8 else address == "0" * 24 + "01000000"
            if not loopback:
                yield int(port, 16)


def _is_of(pid: int, container: str) -> bool:
    """Is that pid, as we see pids, a process of the container? The engine may count in another namespace."""
    try:
        return container in Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return False
