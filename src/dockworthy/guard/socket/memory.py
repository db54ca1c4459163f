"""How much of requests and answers may be held at a time: what is judged or changed as a whole is held as a whole."""

from __future__ import annotations

from collections.abc import Sequence

MOST = 256 * 1024 * 1024
SHARE = 64 * 1024 * 1024
"""Bytes, of one user, container or certificate."""
FREE = 64 * 1024
"""Bytes of one connection that are not counted: nearly all requests are smaller."""
NO_ROOM = "the guard holds too many large requests at a time; try again"


class ConnectionMemory:
    def __init__(self, most: int = MOST, share: int = SHARE) -> None:
        self._most, self._share = most, share
        self._held: dict[str, int] = {}
        self._sum = 0

    def take(self, owners: Sequence[str], size: int) -> bool:
        """From the share of each. False where there is no room."""
        fullest = max(self._held.get(each, 0) for each in owners)
        if fullest + size > self._share or self._sum + size > self._most:
            return False
        self._sum += size
        for each in owners:
            self._held[each] = self._held.get(each, 0) + size
        return True

    def give_back(self, owners: Sequence[str], size: int) -> None:
        self._sum -= size
        for each in owners:
            own = self._held.get(each, 0) - size
            if own > 0:
                self._held[each] = own
            else:
                self._held.pop(each, None)


class HeldMemory:
    """What one connection holds."""

    def __init__(self, memory: ConnectionMemory, *owners: str) -> None:
        self._memory, self._owners = memory, owners
        self._size = self._taken = 0

    def add(self, size: int) -> bool:
        """False where there is no room."""
        over = max(self._size + size - FREE - self._taken, 0)
        if over and not self._memory.take(self._owners, over):
            return False
        self._size, self._taken = self._size + size, self._taken + over
        return True

    def clear(self) -> None:
        self._memory.give_back(self._owners, self._taken)
        self._size = self._taken = 0
