"""How the socket tells the plugin who asks: by a header that is good once, for one request, from this process alone."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable

from msgspec import Struct

from ..asked import Asked

HEADER = "X-Dockworthy-Ticket"
GOOD_FOR = 60.0
"""Seconds: an engine asks its plugin at once; one that does not, never does."""
MOST = 10_000


class Vouched(Struct, frozen=True, kw_only=True):
    """`who` as the audit names them; the policy does not bind an admin."""

    who: str
    is_admin: bool


class _Ticket(Struct, frozen=True):
    vouched: Vouched
    method: str
    target: str
    body: bytes
    until: float


class Tickets:
    """Of those that nobody took, the oldest go first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._open: dict[str, _Ticket] = {}
        self._clock = clock

    def stamp(self, method: str, target: str, body: bytes, *, is_admin: bool, who: str) -> tuple[str, str]:
        self._forget()
        token = secrets.token_urlsafe(24)
        vouched = Vouched(who=who, is_admin=is_admin)
        self._open[token] = _Ticket(vouched, method, target, _digest(body), self._clock() + GOOD_FOR)
        return HEADER, token

    def redeem(self, asked: Asked) -> Vouched | None:
        """None where there is no ticket, or one of another request: then it is judged as anybody's."""
        ticket = self._open.pop(asked.headers.get(HEADER.lower(), ""), None)
        if ticket is None or ticket.until < self._clock():
            return None
        if (ticket.method, ticket.target) != (asked.method, asked.target):
            return None
        unseen = not asked.body and asked.target.endswith("/auth")  # whose body no engine shows
        return ticket.vouched if unseen or ticket.body == _digest(asked.body) else None

    def _forget(self) -> None:
        now = self._clock()
        while self._open:
            oldest = next(iter(self._open))
            if len(self._open) < MOST and self._open[oldest].until >= now:
                return
            del self._open[oldest]


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=32).digest()


__all__ = ["GOOD_FOR", "HEADER", "MOST", "Tickets", "Vouched"]
