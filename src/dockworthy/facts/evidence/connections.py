"""Whom tools that send (logs, metrics) are connected to now: a program may run and reach nobody."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator, Sequence

from ...model.evidence import RunningTool, ToolConnection, ToolTask
from ...model.knowledge.tools import tool_of_container
from ...model.snapshot import ContainerFacts
from ..host.root import Root
from .endpoints import image_of, pid_of, programs_of

_SENDS = {ToolTask.LOGS, ToolTask.METRICS}
_ESTABLISHED, _LISTENS = "01", "0A"
_MOST = 8
"""Addresses of one tool."""


def read_connections(
    root: Root, running: Sequence[RunningTool], containers: Sequence[ContainerFacts]
) -> tuple[ToolConnection, ...]:
    """Connections that the tools made, to other places than this host's loopback. As root, or of own processes."""
    found: list[ToolConnection] = []
    for tool in running:
        if _SENDS & set(tool.does):
            found += _of(root, tool.tool, tool.program, tool.pid, inodes=_sockets(root, tool.pid))
    for container in containers:
        told = tool_of_container(image_of(container), programs_of(container))
        if told is not None and _SENDS & set(told[0].does) and (pid := pid_of(container)):
            found += _of(root, told[0].name, f"container/{container.name}", pid, inodes=None)
    return tuple(found)


def _of(root: Root, tool: str, who: str, pid: int, *, inodes: frozenset[str] | None) -> list[ToolConnection]:
    """`inodes`: the sockets of the process, None for all of its network (a container's own)."""
    rows = [row.split() for name in ("tcp", "tcp6") for row in root.word(f"/proc/{pid}/net/{name}").splitlines()[1:]]
    rows = [row for row in rows if len(row) > 9]
    served = {row[1].rsplit(":", 1)[-1] for row in rows if row[3] == _LISTENS}
    made = (
        row for row in rows
        if row[3] == _ESTABLISHED and row[1].rsplit(":", 1)[-1] not in served and (inodes is None or row[9] in inodes)
    )  # fmt: skip
    to = dict.fromkeys(address for row in made if (address := _address(row[2], root.byteorder)))
    return [ToolConnection(tool, who, address) for address in list(to)[:_MOST]]


def _sockets(root: Root, pid: int) -> frozenset[str]:
    return frozenset(_inodes(root, pid))


def _inodes(root: Root, pid: int) -> Iterator[str]:
    for name in root.names_or_none(f"/proc/{pid}/fd"):
        try:
            target = root.link(f"/proc/{pid}/fd/{name}")
        except OSError:
            continue
        if target.startswith("socket:["):
            yield target[8:-1]


def _address(written: str, byteorder: str) -> str:
    """`0100007F:1F90` as the kernel writes it -> `address:port`; `""` for a loopback address, or none.

    The kernel writes 32-bit words of its own byte order.
    """
    number, _, port = written.partition(":")
    try:
        words = struct.unpack(f"{'<' if byteorder == 'little' else '>'}{len(number) // 8}I", bytes.fromhex(number))
        address = ipaddress.ip_address(struct.pack(f">{len(words)}I", *words))
        shown = getattr(address, "ipv4_mapped", None) or address
        place = f"[{shown}]" if shown.version == 6 else str(shown)
        return "" if shown.is_loopback else f"{place}:{int(port, 16)}"
    except (ValueError, struct.error):
        return ""
