"""Paths of the host are looked at in threads, with a limit of time: one on a network file system may never answer.

A thread that the kernel holds can't be ended. So none is sent where another one does not come back from: the mount that
does not answer is remembered, and whoever asks for something below it waits without a thread, and is refused at the
limit. When the kernel lets the thread go, or something else is mounted there, it is looked at again.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import stat
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from ..errors import EngineError
from ..input_files import followed, is_inside, open_regular
from .host_tree import HostTree

LIMIT = 5.0
"""Seconds for what one request looks at. A network file system whose server is busy takes a fraction of one."""
_TICK = 0.1
"""Seconds without a step: then whoever comes behind is not sent there."""
_WORKING = 4
"""Threads that get on. More would only take the one interpreter from each other."""
_HELD = 64
"""Threads that the kernel holds, of which each mount takes at most as many as are working."""
_ACCESS_LISTS = frozenset(("system.posix_acl_access", "system.nfs4_acl", "system.richacl"))

T = TypeVar("T")


class PathHangs(EngineError):
    """What a request mounts can't be looked at; `place` is what does not answer."""

    def __init__(self, place: str, *, says: str = "") -> None:
        self.place = place
        super().__init__(
            says or f"{place} does not answer within {LIMIT:g} s, so what lies there can't be told",
            hint=f"see to its file system: `findmnt -T {place}`, is its server up? If it is gone for good, "
            f"`umount -f {place}` on the host",
        )


class LookedUpFiles:
    """Entries of the host's folders, each looked at once. `step` hears of each before, and of `""` after."""

    def __init__(self, step: Callable[[str], None] = lambda path: None) -> None:
        self._step = step
        self._seen: dict[str, tuple[os.stat_result, str] | int] = {}

    def entry(self, path: str) -> tuple[os.stat_result, str]:
        """What `lstat` says, and where it leads to if it is a link. Raises OSError."""
        known = self._seen.get(path)
        if known is None:
            self._step(path)
            try:
                found = os.lstat(path)
                known = found, os.readlink(path) if stat.S_ISLNK(found.st_mode) else ""
            except OSError as error:
                known = error.errno or 0
            self._step("")
            self._seen[path] = known
        if isinstance(known, int):
            raise OSError(known, os.strerror(known), path)
        return known

    def has_access_list(self, folder: str) -> bool:
        self._step(folder)
        try:
            return bool(_ACCESS_LISTS & set(os.listxattr(folder, follow_symlinks=False)))
        except OSError:  # a file system without any
            return False
        finally:
            self._step("")

    def read(self, path: str, most: int) -> bytes:
        """The content of a regular file that is no link. Raises OSError, also for one of more than `most` bytes."""
        self._step(path)
        try:
            with os.fdopen(open_regular(path, follow=False), "rb") as opened:
                content = opened.read(most + 1)
        finally:
            self._step("")
        if len(content) > most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        return content

    def names(self, folder: str) -> list[str]:
        """Raises OSError."""
        self._step(folder)
        try:
            return sorted(os.listdir(folder))
        finally:
            self._step("")

    def real(self, path: str) -> str:
        """Where the links of a whole path lead; what is not there is taken as it is written."""
        return followed(path, self._link_at)

    def _link_at(self, path: str) -> str:
        try:
            return self.entry(path)[1]
        except OSError:
            return ""


class _MeetsSlow(Exception):
    """A look comes to a place that does not answer. `is_optional`: it can do without what lies there."""

    def __init__(self, place: str, *, is_optional: bool = False) -> None:
        self.place, self.is_optional = place, is_optional


class _Abandoned(Exception):
    """Nobody waits for it any more."""


class _Slow:
    """A place that does not answer `since` a moment of the loop's clock. `device`: what was mounted there; `held`:
    how many threads are."""

    def __init__(self, since: float, device: str) -> None:
        self.since, self.device = since, device
        self.held = 0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class PathLookup(Generic[T]):
    """One look, in a thread of its own. `at`: the entry of which the kernel is asked now, if it is; `held`: at what."""

    def __init__(
        self, work: Callable[[PathLookup[T]], T], slow: Mapping[str, _Slow], ended: Callable[[PathLookup[T]], None]
    ) -> None:
        self.files = LookedUpFiles(self._step)
        self._work, self._slow, self._ended = work, slow, ended
        self.at, self.steps, self.is_optional, self.is_abandoned = "", 0, False, False
        self.held: _Slow | None = None
        self.result: T | None = None
        self.error: Exception | None = None

    def real(self, path: str, known: str) -> str:
        """Where `path` leads; where that does not answer, what was `known` of it before."""
        self.is_optional = bool(known)
        try:
            return self.files.real(path)
        except _MeetsSlow:
            if not known:
                raise
            return known
        finally:
            self.is_optional = False

    def run(self) -> None:
        try:
            self.result = self._work(self)
        except Exception as error:
            self.error = error
        self._ended(self)

    def _step(self, path: str) -> None:
        if self.is_abandoned:
            raise _Abandoned
        for place in tuple(self._slow) if path else ():
            if is_inside(path, place):
                raise _MeetsSlow(place, is_optional=self.is_optional)
        self.at = path
        self.steps += 1


class PathLookups:
    """The look-ups of one world, in one loop."""

    def __init__(self, tree: Callable[[], HostTree]) -> None:
        self._tree = tree
        self._slow: dict[str, _Slow] = {}
        self._places = asyncio.Semaphore(_WORKING)
        self._held = 0
        self._running: set[asyncio.Task[Any]] = set()

    async def look(self, work: Callable[[PathLookup[T]], T], *paths: str) -> T:
        """`paths`: what it looks at, as far as that is known. Raises PathHangs, and what `work` raises. It is watched
        to its end, also where nobody waits for it."""
        running = asyncio.get_running_loop().create_task(self._looked(work, paths))
        self._running.add(running)
        running.add_done_callback(self._forget_task)
        return await asyncio.shield(running)

    def _forget_task(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        _ = task.cancelled() or task.exception()

    async def _looked(self, work: Callable[[PathLookup[T]], T], paths: Sequence[str]) -> T:
        until = _now() + LIMIT
        while True:
            try:
                return await self._tried(work, paths, until)
            except _MeetsSlow as passed:
                slow = self._slow.get(passed.place)
                if slow is None or passed.is_optional:
                    continue
                left = min(until, slow.since + LIMIT) - _now()
                if left <= 0 or not (await asyncio.wait((slow.ended,), timeout=left))[0]:
                    raise PathHangs(passed.place) from None

    async def _tried(self, work: Callable[[PathLookup[T]], T], paths: Sequence[str], until: float) -> T:
        """Raises _MeetsSlow where it comes by a place that does not answer, or is held there itself."""
        self._forget_what_is_gone()
        if self._held >= _HELD:
            raise PathHangs("/", says=f"{self._held} looks at paths of this host do not come back; no more are begun")
        async with self._places:
            for place in self._slow:
                if any(is_inside(path, place) for path in paths):
                    raise _MeetsSlow(place)
            loop = asyncio.get_running_loop()
            done: asyncio.Future[None] = loop.create_future()

            def ended(look: PathLookup[T]) -> None:
                with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                    loop.call_soon_threadsafe(self._settle, look, done)

            look = PathLookup(work, self._slow, ended)
            threading.Thread(target=look.run, name="paths", daemon=True).start()
            steps, began = 0, _now()
            while not (await asyncio.wait((done,), timeout=_TICK))[0]:
                if look.at and look.steps == steps:
                    look.is_abandoned = True  # it ends when the kernel lets it go
                    raise _MeetsSlow(self._hold(look, began), is_optional=look.is_optional)
                steps = look.steps
                if _now() > until:
                    look.is_abandoned = True
                    raise PathHangs("/", says=f"the paths that it mounts take more than {LIMIT:g} s to look at")
        if look.error is not None:
            raise look.error
        return look.result  # type: ignore[return-value]

    def _hold(self, look: PathLookup[Any], began: float) -> str:
        """The place that does not answer: the whole mount, but of the host's first file system, and of what mounts
        others at a touch, that path alone."""
        at = look.at
        mount = self._tree().mount_of(at)
        alone = mount is None or mount.target == "/" or mount.fstype == "autofs"
        place = at if mount is None or alone else mount.target
        slow = self._slow.setdefault(place, _Slow(began, "" if mount is None else mount.device))
        look.held, slow.held = slow, slow.held + 1
        self._held += 1
        return place

    def _settle(self, look: PathLookup[Any], done: asyncio.Future[None]) -> None:
        done.set_result(None)
        if look.held is None:
            return
        self._held -= 1
        look.held.held -= 1
        if look.held.held <= 0:
            for place in [place for place, slow in self._slow.items() if slow is look.held]:
                self._forget(place)

    def _forget_what_is_gone(self) -> None:
        """Where something else is mounted now, or nothing, threads that are still held say nothing of it."""
        for place, slow in list(self._slow.items()):
            mount = self._tree().mount_of(place)
            if ("" if mount is None else mount.device) != slow.device:
                self._forget(place)

    def _forget(self, place: str) -> None:
        self._slow.pop(place).ended.set_result(None)


def _now() -> float:
    return asyncio.get_running_loop().time()
