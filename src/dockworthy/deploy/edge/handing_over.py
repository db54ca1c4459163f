"""What a new HAProxy is told of the servers that the old one knows, so that it does not begin with none. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from .haproxy.waiting import HOLD

_BACKEND, _ID, _NAME, _ADDRESS, _STATE, _ADMIN, _DNS_NAME, _PORT = 1, 2, 3, 4, 5, 6, 17, 18
"""Columns of `show servers state`."""


def compacted(state: str) -> str:
    """The answer to `show servers state` with the servers that get requests in the first slots of each backend.

    The first answer of the DNS fills slots from the first one on, and empties those behind that had the same address.
    An address that stands where it would be put stays, and its server goes on. The slots of each DNS name are filled by
    themselves.
    """
    head = [line for line in state.splitlines() if line and not _is_row(line)]
    backends: defaultdict[tuple[str, str], list[list[str]]] = defaultdict(list)
    for line in filter(_is_row, state.splitlines()):
        row = line.split()
        backends[row[_BACKEND], row[_DNS_NAME]].append(row)
    return "\n".join([*head, *(" ".join(row) for rows in backends.values() for row in _moved(rows))]) + "\n"


def with_new_backends(state: str, lead_to: Mapping[str, Sequence[str]]) -> str:
    """The answer to `show servers state`, and for each backend that this HAProxy has not yet the servers of one that
    leads to the same: a new route of a service that runs is answered from the first moment on.

    `lead_to`: backend -> DNS names with their port, of its containers.
    """
    rows = [row for line in state.splitlines() if _is_row(line) and (row := line.split())[_NAME] != HOLD]
    known = {row[_BACKEND] for row in rows}
    same = {f"{row[_DNS_NAME]}:{row[_PORT]}": row[_BACKEND] for row in rows}
    more = [
        " ".join([row[0], name, *row[_ID:]])
        for name, names in lead_to.items()
        if name not in known
        for to in names
        for row in rows
        if row[_BACKEND] == same.get(to) and f"{row[_DNS_NAME]}:{row[_PORT]}" == to
    ]
    return "\n".join([*state.splitlines(), *more])


def _is_row(line: str) -> bool:
    return line[:1].isdigit() and " " in line


def _moved(rows: list[list[str]]) -> list[list[str]]:
    """Slots keep their number and name; what is in them moves."""
    filled = sorted(rows, key=lambda row: (row[_ADDRESS] == "-", row[_ADMIN] != "0", row[_STATE] == "0"))
    return [[*row[:_ID], slot[_ID], slot[_NAME], *row[_ADDRESS:]] for slot, row in zip(rows, filled, strict=True)]
