"""How many connections there may be, and how many of one and the same: nobody takes the guard away from the others."""

from __future__ import annotations

import contextlib
import resource
from typing import Protocol

from msgspec import Struct

from .memory import Held, Memory

MOST = 2048
SHARE = 256
"""Of one user, container or certificate."""
WAITING = 64
"""Who gets none may still read why; of more at a time, the rest is only hung up on."""
_OTHER_FILES = 256
"""That the guard has open beside its connections, each of which has one of the engine's behind it."""


class Owner(Struct, frozen=True):
    """`key` tells one from the other. The host's root can always come in: he has to end what others do."""

    key: str
    is_root: bool = False


class Connected(Protocol):
    @property
    def is_idle(self) -> bool:
        """Between two requests."""

    def abort(self) -> None: ...


class Place:
    """One's own; `refused` is status and reason where there was none, else `(0, "")`."""

    def __init__(self, places: Places, owner: Owner, connected: Connected, refused: tuple[int, str]) -> None:
        self._places, self._owner, self._connected = places, owner, connected
        self.refused = refused
        self.memory = Held(places.memory, owner.key)

    def leave(self) -> None:
        self.memory.clear()
        self._places.leave(self._owner, self._connected)


class Places:
    def __init__(self, most: int = MOST, share: int = SHARE, waiting: int = WAITING) -> None:
        self._most, self._share, self._waiting = most, share, waiting
        self.memory = Memory()
        self._taken: dict[str, dict[Connected, None]] = {}
        self._count = 0
        self._turned: set[Connected] = set()

    def enter(self, owner: Owner, connected: Connected) -> Place:
        """Who is refused may wait for its answer, or is hung up on at once."""
        refused = self._take(owner, connected)
        if refused[0] and len(self._turned) >= self._waiting:
            connected.abort()
        elif refused[0]:
            self._turned.add(connected)
        return Place(self, owner, connected, refused)

    def _take(self, owner: Owner, connected: Connected) -> tuple[int, str]:
        """An idle one of the same owner's makes room first: its program will open another."""
        own = self._taken.setdefault(owner.key, {})
        if len(own) >= self._share and not self._make_room(owner, own):
            return 429, f"{owner.key} has {len(own)} connections to the guard already, and all are in use"
        if self._count >= self._most and not owner.is_root:
            return 503, f"the guard has {self._count} connections already, and takes no more"
        own[connected] = None
        self._count += 1
        return 0, ""

    def leave(self, owner: Owner, connected: Connected) -> None:
        """Also where it had none."""
        self._turned.discard(connected)
        own = self._taken.get(owner.key, {})
        if connected in own:
            del own[connected]
            self._count -= 1
        if not own:
            self._taken.pop(owner.key, None)

    def _make_room(self, owner: Owner, own: dict[Connected, None]) -> bool:
        oldest = next((each for each in own if each.is_idle), None)
        if oldest is None:
            return False
        del own[oldest]
        self._count -= 1
        oldest.abort()
        return True


def places_here() -> Places:
    """As many as this process may have files open; it asks for all that it may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST if soft == resource.RLIM_INFINITY else max(min(MOST, (soft - _OTHER_FILES) // 2), 16)
    return Places(most, min(SHARE, max(most // 2, 1)))


__all__ = ["MOST", "SHARE", "WAITING", "Connected", "Owner", "Place", "Places", "places_here"]
