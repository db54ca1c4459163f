"""When a certificate is to be renewed: by its share of life, so that short-lived ones are in time, too. Pure."""

from __future__ import annotations

import ssl

from msgspec import Struct

DAY = 86400.0
_SOONEST = 30 * DAY
_SHARE = 3
"""A third of its life, thirty days at the most: what Let's Encrypt advises for 90 days, and two days for six."""


class Lifetime(Struct, frozen=True):
    """In seconds since 1970, as the certificate says."""

    begins: float
    ends: float

    @property
    def due(self) -> float:
        """From then on it is renewed."""
        return self.ends - min(_SOONEST, (self.ends - self.begins) / _SHARE)

    def is_due(self, now: float) -> bool:
        return now >= self.due

    def is_late(self, now: float) -> bool:
        """Half of the time that there was for it is over."""
        return now >= (self.due + self.ends) / 2


def lifetime(begins: str, ends: str) -> Lifetime:
    """From openssl's and HAProxy's words (`Nov 26 19:21:41 2026 GMT`). Raises ValueError for others."""
    return Lifetime(ssl.cert_time_to_seconds(begins), ssl.cert_time_to_seconds(ends))


def left_in_words(ends: float, now: float) -> str:
    """`in 12 days`, `in 5 hours`, `2 days ago`."""
    seconds = abs(ends - now)
    number, unit = (seconds / DAY, "day") if seconds >= 2 * DAY else (seconds / 3600, "hour")
    count = f"{int(number)} {unit}{'' if int(number) == 1 else 's'}"
    return f"{count} ago" if ends < now else f"in {count}"
