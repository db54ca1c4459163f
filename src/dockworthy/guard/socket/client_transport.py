"""What goes to a client, how much of it may wait there, and whether the client is read from now."""

from __future__ import annotations

import asyncio

from .memory import FREE, HeldMemory

MOST_BEHIND = 4 * 1024 * 1024
"""Bytes that wait for a client that must read."""


class ClientTransport:
    """Before it is opened, and after its end, all that it is asked to do is nothing."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._held_by: set[str] = set()
        self._paused = False
        self._behind = 0
        """Bytes that wait for the client, as far as they are counted in its memory."""

    def opened(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def lost(self) -> None:
        self._transport = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    @property
    def waiting(self) -> int:
        """Bytes that the client did not read yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def keeps_up(self, memory: HeldMemory) -> bool:
        """Of a client that must read: what waits for it is counted in its `memory`. False where that is too much."""
        waiting = self.waiting
        more = waiting - max(self._behind, FREE)
        if more <= 0:
            return True
        if waiting > MOST_BEHIND or not memory.add(more):
            return False
        self._behind = waiting
        return True

    def has_caught_up(self, memory: HeldMemory) -> None:
        """The client has read."""
        if self._behind:
            memory.clear()
            self._behind = 0

    # Reading is held for any of several reasons, and goes on when none is left.

    @property
    def is_held(self) -> bool:
        return bool(self._held_by)

    def hold(self, reason: str) -> None:
        self._held_by.add(reason)
        if not self._paused and self._transport is not None and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def will_hold(self, reason: str) -> None:
        """Notes a reason to stop reading from the client, and does not stop yet: the reason is often gone before the
        caller would `hold`, and to stop and start again costs time."""
        self._held_by.add(reason)

    def is_held_for(self, reason: str) -> bool:
        return reason in self._held_by

    def release(self, *reasons: str) -> None:
        self._held_by.difference_update(reasons)
        if self._paused and not self._held_by and self._transport is not None and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def release_all(self) -> None:
        self.release(*tuple(self._held_by))

    # How it ends.

    def can_write_eof(self) -> bool:
        return self._transport is not None and self._transport.can_write_eof()

    def write_eof(self) -> None:
        if self._transport is not None:
            self._transport.write_eof()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
