"""How the socket tells the plugin who asks: by a header that is good once, for one request.

The plugin is the same process. While one guard takes over from another, the engine may ask either about what came
through the other: with a key that both hold, each knows the other's tickets.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct

from ..request import GuardRequest

HEADER = "X-Dockworthy-Ticket"
_NAME = HEADER.lower()
GOOD_FOR = 60.0
"""Seconds: an engine asks its plugin at once; one that does not, never does."""
MOST = 10_000


class Vouched(Struct, frozen=True, kw_only=True):
    """`who` as the audit names them; the policy does not bind an admin."""

    who: str
    is_admin: bool
    role: str = ""
    grant: str = ""


_Sealed = tuple[str, bool, str, float, str, str]


class _Ticket(Struct, frozen=True):
    vouched: Vouched
    method: str
    target: str
    body: bytes
    until: float


class Tickets:
    """Of those that nobody took, the oldest go first. `key`: what other guards hold, too; None: there are none."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, key: bytes | None = None) -> None:
        self._open: dict[str, _Ticket] = {}
        self._clock, self._key = clock, key
        self._own, self._random = secrets.token_urlsafe(9), _random()
        self._spent: dict[str, float] = {}
        """Tickets of other guards that were taken here, and until when each was good."""

    def stamp(
        self, method: str, target: str, body: bytes, *, is_admin: bool, who: str, role: str = "", grant: str = ""
    ) -> tuple[str, str]:
        now = self._clock()
        self._forget(now)
        until = now + GOOD_FOR
        ticket = _Ticket(
            Vouched(who=who, is_admin=is_admin, role=role, grant=grant), method, target, _digest(body), until
        )
        token = f"{self._own}.{next(self._random)}"
        if self._key is not None:
            token = f"{token}.{_written(ticket)}"
            token = f"{token}.{_seal(self._key, token, ticket)}"
        self._open[token] = ticket
        return HEADER, token

    def redeem(self, asked: GuardRequest) -> Vouched | None:
        """None where there is no ticket, or one of another request: then it is judged as anybody's."""
        token = asked.headers.get(_NAME, "")
        ticket = self._open.pop(token, None) or (self._of_another(token, asked) if token else None)
        if ticket is None or ticket.until < self._clock():
            return None
        if (ticket.method, ticket.target) != (asked.method, asked.target):
            return None
        unseen = not asked.body and asked.target.endswith("/auth")  # whose body no engine shows
        return ticket.vouched if unseen or ticket.body == _digest(asked.body) else None

    def _of_another(self, token: str, asked: GuardRequest) -> _Ticket | None:
        """A guard's that holds the same key: its clock is the machine's."""
        parts = token.split(".")
        if self._key is None or len(parts) != 4 or parts[0] == self._own or token in self._spent:
            return None
        ticket = _read(parts[2], asked)
        if ticket is None or not hmac.compare_digest(parts[3], _seal(self._key, token.rpartition(".")[0], ticket)):
            return None
        now = self._clock()
        self._spent = {each: until for each, until in self._spent.items() if until >= now}
        if len(self._spent) >= MOST:
            return None
        self._spent[token] = ticket.until
        return ticket

    def _forget(self, now: float) -> None:
        while self._open:
            oldest = next(iter(self._open))
            if len(self._open) < MOST and self._open[oldest].until >= now:
                return
            del self._open[oldest]


def _random() -> Iterator[str]:
    """Each 24 bytes in hex, never twice; many are drawn at a time, which costs a request less."""
    while True:
        drawn = secrets.token_hex(24 * 64)
        yield from (drawn[start : start + 48] for start in range(0, len(drawn), 48))


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=32).digest() if body else _NOTHING


_NOTHING = hashlib.blake2b(b"", digest_size=32).digest()


def _written(ticket: _Ticket) -> str:
    """In hex: what it says beside the request that it is for."""
    vouched = ticket.vouched
    return msgspec.json.encode(
        (vouched.who, vouched.is_admin, ticket.body.hex(), ticket.until, vouched.role, vouched.grant)
    ).hex()


def _read(text: str, asked: GuardRequest) -> _Ticket | None:
    try:
        who, is_admin, body, until, role, grant = msgspec.json.decode(bytes.fromhex(text), type=_Sealed)
        vouched = Vouched(who=who, is_admin=is_admin, role=role, grant=grant)
        return _Ticket(vouched, asked.method, asked.target, bytes.fromhex(body), until)
    except (ValueError, msgspec.DecodeError):
        return None


def _seal(key: bytes, token: str, ticket: _Ticket) -> str:
    sealed = "\0".join((token, ticket.method, ticket.target)).encode()
    return hashlib.blake2b(sealed, key=key, digest_size=24).hexdigest()
