"""A policy that is read anew while requests are judged by it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

from ...errors import DockworthyError
from ..policy_in_force import PolicyInForce

LOOK_EVERY = 1.0
"""Seconds between two looks at the files. A change is taken up when two looks see the same: nobody writes any more."""

Load = Callable[[], tuple[PolicyInForce, tuple[Path, ...]]]
"""Reads the policy and names the files that it was read from. Raises DockworthyError for one that is not understood."""
_Look = tuple[tuple[int, int, int] | None, ...]


class LivingPolicy:
    """Called, it gives the policy in force: the last one that could be read. A request is judged by one of them from
    its beginning to its end. `say` hears of each change, and of each that was not taken over and why.
    """

    def __init__(self, load: Load, say: Callable[[str], None]) -> None:
        """Raises what `load` raises: there is no policy yet that could stay."""
        self._load, self._say = load, say
        self._policy, self._files = load()
        self._read = self._seen = _look(self._files)
        self._reading = asyncio.Lock()

    def __call__(self) -> PolicyInForce:
        return self._policy

    @contextlib.asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """Reads it anew on SIGHUP, and when a file of it changes, until the end of the context."""
        loop = asyncio.get_running_loop()
        tasks: set[asyncio.Task[None]] = set()

        def asked() -> None:
            task = loop.create_task(self.read_anew())
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        loop.add_signal_handler(signal.SIGHUP, asked)
        tasks.add(loop.create_task(self._watch()))
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGHUP)
            for task in tasks:
                task.cancel()

    async def read_anew(self) -> None:
        """In a thread: requests are answered meanwhile."""
        async with self._reading:
            before = _look(self._files)
            try:
                policy, files = await asyncio.to_thread(self._load)
            except Exception as error:
                says = error.says if isinstance(error, DockworthyError) else f"{type(error).__name__}: {error}"
                self._read = before  # once is enough to say it
                self._say(f"the new policy can't be used, the old one stays: {says}")
                return
            self._policy, self._files = policy, files
            self._read = before if before and len(before) == len(files) else _look(files)
            self._say(f"the policy was read anew: level {policy.level.value}, {_named(files)}")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            look = _look(self._files)
            if look != self._read and look == self._seen:
                await self.read_anew()
            self._seen = look


def _look(files: Iterable[Path]) -> _Look:
    """None for a file that is not there."""
    found: list[tuple[int, int, int] | None] = []
    for file in files:
        try:
            seen = os.stat(file)
            found.append((seen.st_ino, seen.st_size, seen.st_mtime_ns))
        except OSError:
            found.append(None)
    return tuple(found)


def _named(files: tuple[Path, ...]) -> str:
    return ", ".join(map(str, files)) or "no file"


__all__ = ["LOOK_EVERY", "LivingPolicy", "Load"]
