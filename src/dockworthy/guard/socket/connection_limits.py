"""How many connections there may be, and how many of one and the same: nobody takes the guard away from the others."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from .memory import ConnectionMemory, HeldMemory

MOST = 2048
SHARE = 256
"""Of one user, container or certificate."""
WAITING = 64
"""Who gets none may still read why; of more at a time, the rest is only hung up on."""
_OTHER_FILES = 256
"""That the guard has open beside its connections, each of which has one of the engine's behind it."""


class SlotOwner(Struct, frozen=True):
    """`key` tells one from the other. The host's root can always come in: he has to end what others do. `mounts`: the
    mounts that it sees, where they are not the host's: a container takes user ids as it likes, and has one share."""

    key: str
    is_root: bool = False
    mounts: str = ""

    @property
    def shares(self) -> tuple[str, ...]:
        """Of each it has its part, and of none more."""
        return (self.key, self.mounts) if self.mounts else (self.key,)


class Connected(Protocol):
    @property
    def is_idle(self) -> bool:
        """Between two requests."""

    @property
    def is_served(self) -> bool:
        """Something that it may do is under way."""

    def abort(self) -> None: ...


class ConnectionSlot:
    """One's own; `refused` is status and reason where there was none, else `(0, "")`."""

    def __init__(
        self, places: ConnectionSlots, owner: SlotOwner, connected: Connected, refused: tuple[int, str]
    ) -> None:
        self._places, self._owner, self._connected = places, owner, connected
        self.refused = refused
        self.memory = HeldMemory(places.memory, *owner.shares)

    def leave(self) -> None:
        self.memory.clear()
        self._places.leave(self._owner, self._connected)


class ConnectionSlots:
    def __init__(self, most: int = MOST, share: int = SHARE, waiting: int = WAITING) -> None:
        self._most, self._share, self._waiting = most, share, waiting
        self.memory = ConnectionMemory()
        self._taken: dict[str, dict[Connected, None]] = {}
        self._owners: dict[Connected, SlotOwner] = {}
        self._count = 0
        self._turned: set[Connected] = set()

    def enter(self, owner: SlotOwner, connected: Connected) -> ConnectionSlot:
        """Who is refused may wait for its answer, or is hung up on at once."""
        refused = self._take(owner, connected)
        if refused[0] and len(self._turned) >= self._waiting:
            connected.abort()
        elif refused[0]:
            self._turned.add(connected)
        return ConnectionSlot(self, owner, connected, refused)

    def _take(self, owner: SlotOwner, connected: Connected) -> tuple[int, str]:
        """An idle one of the same owner's makes room first: its program will open another."""
        for each in owner.shares:
            own = self._taken.get(each, {})
            if len(own) >= self._share and not self._make_room(own, lambda one: one.is_idle):
                return 429, f"{owner.key} has {len(own)} connections to the guard already, and all are in use"
        if self._count >= self._most and not owner.is_root and not self._make_room_for(owner):
            return 503, f"the guard has {self._count} connections already, and takes no more"
        for each in owner.shares:
            self._taken.setdefault(each, {})[connected] = None
        self._owners[connected] = owner
        self._count += 1
        return 0, ""

    def leave(self, owner: SlotOwner, connected: Connected) -> None:
        """Also where it had none."""
        self._turned.discard(connected)
        self._forget(connected)

    def _forget(self, connected: Connected) -> None:
        owner = self._owners.pop(connected, None)
        if owner is None:
            return
        self._count -= 1
        for each in owner.shares:
            own = self._taken[each]
            del own[connected]
            if not own:
                del self._taken[each]

    def _make_room_for(self, owner: SlotOwner) -> bool:
        """Somebody may have thousands of user ids. So one goes that serves nobody now, of who has most, and more than
        who comes."""
        least = len(self._taken.get(owner.key, ()))
        more = [own for own in self._taken.values() if len(own) > least]
        more.sort(key=len, reverse=True)

        def may_go(one: Connected) -> bool:
            return not (one.is_served or self._owners[one].is_root)

        return any(self._make_room(own, may_go) for own in more)

    def _make_room(self, own: dict[Connected, None], may_go: Callable[[Connected], bool]) -> bool:
        """The oldest goes."""
        oldest = next((each for each in own if may_go(each)), None)
        if oldest is None:
            return False
        self._forget(oldest)
        oldest.abort()
        return True


def places_here() -> ConnectionSlots:
    """As many as this process may have files open; it asks for all that it may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST if soft == resource.RLIM_INFINITY else max(min(MOST, (soft - _OTHER_FILES) // 2), 16)
    return ConnectionSlots(most, min(SHARE, max(most // 2, 1)))
