"""Name servers that the host asks."""

from __future__ import annotations

from ...model.field import Field
from .reading import written
from .root import Root

_RESOLV_CONF = "/etc/resolv.conf"


def read_dns(root: Root) -> Field[tuple[str, ...]]:
    """The `nameserver` lines of /etc/resolv.conf, in order. The engine gives them to containers."""
    rows = (line.split() for line in root.read(_RESOLV_CONF).splitlines())
    return written(tuple(row[1] for row in rows if len(row) >= 2 and row[0] == "nameserver"), _RESOLV_CONF)
