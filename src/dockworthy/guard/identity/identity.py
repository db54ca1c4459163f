"""An identity, and the names by which dockworthy.yaml may speak of it."""

from __future__ import annotations

import math
import time

from msgspec import Struct


class Identity(Struct, frozen=True, kw_only=True):
    """`name` is how it is told of in an answer (`user alice`); `names` all under which it may be bound
    (`user:alice`, `group:ops`). `is_root`: the host's own root, who could change anything here anyway. `until`: when
    the certificate ends that says so, in seconds since 1970; a connection may live longer."""

    name: str
    names: frozenset[str] = frozenset()
    is_root: bool = False
    until: float = math.inf

    @property
    def has_ended(self) -> bool:
        return time.time() >= self.until

    @property
    def now(self) -> Identity:
        """Itself, or nobody when its time is over."""
        if not self.names or not self.has_ended:
            return self
        return Identity(name=f"{self.name}, which has ended,", until=self.until)


NOBODY = Identity(name="somebody who can't be identified")
