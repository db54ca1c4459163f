"""What a new HAProxy is told of the servers that the old one knows, so that it does not begin with none. Pure."""

from __future__ import annotations

from collections import defaultdict

from .haproxy.waiting import HOLD

_BACKEND, _ID, _NAME, _ADDRESS, _STATE, _ADMIN = 1, 2, 3, 4, 5, 6
"""Columns of `show servers state`."""


def compacted(state: str) -> str:
    """The answer to `show servers state` with the servers that get requests in the first slots of each backend.

    The first answer of the DNS fills slots from the first one on, and empties those behind that had the same address.
    An address that stands where it would be put stays, and its server goes on.
    """
    head = [line for line in state.splitlines() if line and not _is_row(line)]
    backends: defaultdict[str, list[list[str]]] = defaultdict(list)
    for line in filter(_is_row, state.splitlines()):
        backends[line.split()[_BACKEND]].append(line.split())
    return "\n".join([*head, *(" ".join(row) for rows in backends.values() for row in _moved(rows))]) + "\n"


def _is_row(line: str) -> bool:
    return line[:1].isdigit() and " " in line


def _moved(rows: list[list[str]]) -> list[list[str]]:
    """Slots keep their number and name; what is in them moves. Where requests wait is the last one, and stays."""
    filled = sorted(
        rows, key=lambda row: (row[_NAME] == HOLD, row[_ADDRESS] == "-", row[_ADMIN] != "0", row[_STATE] == "0")
    )
    return [[*row[:_ID], slot[_ID], slot[_NAME], *row[_ADDRESS:]] for slot, row in zip(rows, filled, strict=True)]
