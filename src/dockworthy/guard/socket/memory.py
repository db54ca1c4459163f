"""How much of requests and answers may be held at a time: what is judged or changed as a whole is held as a whole."""

from __future__ import annotations

MOST = 256 * 1024 * 1024
SHARE = 64 * 1024 * 1024
"""Bytes, of one user, container or certificate."""
FREE = 64 * 1024
"""Bytes of one connection that are not counted: nearly all requests are smaller."""
NO_ROOM = "the guard holds too many large requests at a time; try again"


class Memory:
    def __init__(self, most: int = MOST, share: int = SHARE) -> None:
        self._most, self._share = most, share
        self._held: dict[str, int] = {}
        self._sum = 0

    def take(self, owner: str, size: int) -> bool:
        """False where there is no room."""
        own = self._held.get(owner, 0)
        if own + size > self._share or self._sum + size > self._most:
            return False
        self._held[owner], self._sum = own + size, self._sum + size
        return True

    def give_back(self, owner: str, size: int) -> None:
        own = self._held.get(owner, 0) - size
        self._sum -= size
        if own > 0:
            self._held[owner] = own
        else:
            self._held.pop(owner, None)


class Held:
    """What one connection holds."""

    def __init__(self, memory: Memory, owner: str) -> None:
        self._memory, self._owner = memory, owner
        self._size = self._taken = 0

    def add(self, size: int) -> bool:
        """False where there is no room."""
        over = max(self._size + size - FREE - self._taken, 0)
        if over and not self._memory.take(self._owner, over):
            return False
        self._size, self._taken = self._size + size, self._taken + over
        return True

    def clear(self) -> None:
        self._memory.give_back(self._owner, self._taken)
        self._size = self._taken = 0


__all__ = ["FREE", "MOST", "NO_ROOM", "SHARE", "Held", "Memory"]
