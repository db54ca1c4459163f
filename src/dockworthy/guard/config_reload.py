"""What is read from files, and read again while requests are judged by it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any, Generic, TypeVar

from ..errors import DockworthyError

LOOK_EVERY = 1.0
"""Seconds between two looks at the files. A change is taken up when two looks see the same: nobody writes any more."""

T = TypeVar("T")
_Look = tuple[tuple[int, int, int] | None, ...]


class Living(Generic[T]):
    """Called, it gives what is in force: the last that could be read. `what` names it in what `say` hears: of each
    change, and of each that was not taken over and why.
    """

    def __init__(self, what: str, load: Callable[[], tuple[T, tuple[Path, ...]]], say: Callable[[str], None]) -> None:
        """`load` names the files that it read. Raises what it raises: there is nothing yet that could stay."""
        self._what, self._load, self._say = what, load, say
        self._value, self._files = load()
        self._read = self._seen = _look(self._files)
        self._reading = asyncio.Lock()

    def __call__(self) -> T:
        return self._value

    @property
    def files(self) -> tuple[Path, ...]:
        """That what is in force was read from."""
        return self._files

    def describe(self, value: T) -> str:
        """What is said of it beside its files."""
        return ""

    async def read_anew(self) -> None:
        """In a thread: requests are answered meanwhile."""
        async with self._reading:
            before = _look(self._files)
            try:
                value, files = await asyncio.to_thread(self._load)
            except Exception as error:
                says = error.says if isinstance(error, DockworthyError) else f"{type(error).__name__}: {error}"
                self._read = before  # once is enough to say it
                self._say(f"the new {self._what} can't be used, the old one stays: {says}")
                return
            self._value, self._files = value, files
            self._read = before if before and len(before) == len(files) else _look(files)
            self._say(f"the {self._what} was read again: {self.describe(value)}{_named(files)}")

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            look = _look(self._files)
            if look != self._read and look == self._seen:
                await self.read_anew()
            self._seen = look

    def followed(self) -> contextlib.AbstractAsyncContextManager[None]:
        """This one alone."""
        return followed(self)


@contextlib.asynccontextmanager
async def followed(*living: Living[Any]) -> AsyncIterator[None]:
    """Each is read again on SIGHUP, and when a file of it changes, until the end of the context."""
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def asked() -> None:
        for each in living:
            task = loop.create_task(each.read_anew())
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGHUP, asked)
    tasks.update(loop.create_task(each.watch()) for each in living)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        for task in tasks:
            task.cancel()


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
