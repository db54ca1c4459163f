"""Which requests bring a body that is sent on while it comes: archives and raw streams, never JSON."""

from __future__ import annotations

import re

from ..routes.route import Body
from ..routes.table import ROUTES, pattern_of
from ..target import read_target
from .request_head import RequestHead

_STREAMS = tuple((route.method, re.compile(pattern_of(route))) for route in ROUTES if route.body is Body.STREAM)
_METHODS = frozenset(method for method, _ in _STREAMS)


def streams(head: RequestHead) -> bool:
    """Raises NotCanonical for a target that can't be read, where it matters here: the gate reads it anyhow."""
    if head.method not in _METHODS:
        return False
    path = read_target(head.target).path
    return any(method == head.method and pattern.fullmatch(path) for method, pattern in _STREAMS)


__all__ = ["streams"]
