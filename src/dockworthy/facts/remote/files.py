"""The files of a host over ssh, for the same readers as everywhere.

The readers say what they need: what they ask for and was not read yet is fetched, and they are run again, until they
find everything. So they may follow a setting to a file to a folder, and nobody keeps a second list of what they read;
usual.py only spares the first rounds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from ...engine.ssh.host import SshHost
from ...engine.ssh.shell import ShellLost
from ...errors import HostError
from ...host_scripts import HostScript
from ..host.reading import number_or
from ..host.root import Root
from . import sweep
from .capture import Capture, HostQuestion
from .captured_root import CapturedRoot
from .replies import Replies
from .script import lines_of
from .usual import USUAL


class Hello(NamedTuple):
    """`clock`: the host's, in seconds since 1970, None where it has no date. `lacks`: programs that are needed."""

    uid: int
    clock: int | None
    byteorder: str
    lacks: tuple[str, ...]

    @classmethod
    def parse(cls, content: bytes) -> Hello:
        """Lines of `name=value`. An odd value is as good as none."""
        lines = content.decode("utf-8", "replace").splitlines()
        said = {name: value.strip() for name, _, value in (line.partition("=") for line in lines)}
        clock = said.get("time", "")
        return cls(
            uid=number_or(said.get("uid", ""), -1),
            clock=number_or(clock, 0) or None,
            byteorder="big" if said.get("one") == "256" else "little",
            lacks=tuple(said.get("lacks", "").split()),
        )


T = TypeVar("T")

_MOST_ROUNDS = 16
_MOST_QUESTIONS = 20_000
"""At a time: a host that leads readers to more is not an honest one."""


class RemoteFiles:
    """`hello` what the host said first; `skew` how many seconds its clock is ahead of ours, None where it has none."""

    def __init__(self, host: SshHost) -> None:
        self._host = host
        self._capture = Capture()
        self._turn = asyncio.Lock()
        self._gap = ""
        self.rounds = 0
        self.skew: float | None = None
        self.hello: Hello

    async def begin(self) -> None:
        """Sends what the host needs to answer. Raises HostError where it can't."""
        asked = time.time()
        try:
            async for reply in self._host.shell.run(_functions() + b"\nhello hello", ends=self._host.ends):
                if reply.id == "hello":
                    self.hello = Hello.parse(reply.content)
        except ShellLost as lost:
            raise await self._lost(lost) from None
        if self.hello.lacks:
            lacks = ", ".join(self.hello.lacks)
            raise HostError(
                f"{self._host.address.host} has a shell, and lacks what it takes to read it: {lacks}",
                hint="coreutils or busybox, grep and findutils are enough",
            )
        if self.hello.clock is not None:
            now = time.time()
            self.skew = self.hello.clock + 0.5 - (asked + now) / 2
            if abs(self.skew) <= now - asked + 1:
                self.skew = 0.0  # whole seconds, asked over a network: that is no difference

    async def fetch_first(self, wanted: Iterable[HostQuestion]) -> None:
        """All processes, what is wanted, and what is usual. Raises HostError: without it nothing is known."""
        async with self._turn:
            lines = lines_of(dict.fromkeys([*wanted, *USUAL]))
            replies = Replies(self._capture, lines)
            script = b"\n".join([sweep.SCRIPT, *(line.text for line in lines)])
            try:
                async for reply in self._host.shell.run(script, ends=self._host.ends):
                    sweep.take(self._capture, reply)
                    replies.take(reply)
            except ShellLost as lost:
                raise await self._lost(lost) from None

    async def read(self, reader: Callable[[Root], T]) -> T:
        """Raises NotHeld where the host was lost before the reader had what it needs."""
        for _ in range(_MOST_ROUNDS):
            root = self._root()
            try:
                found = await asyncio.to_thread(reader, root)
            except Exception:
                if not root.wanted:
                    raise
            else:
                if not root.wanted:
                    return found
            await self._fetch(root.wanted)  # whatever came of it, it came of files that nobody had read
        self._gap = self._gap or "its files lead on and on"
        return await asyncio.to_thread(reader, self._root())

    def _root(self) -> CapturedRoot:
        as_root = self.hello.uid == 0
        return CapturedRoot(self._capture, as_root=as_root, byteorder=self.hello.byteorder, gap=self._gap)

    async def _fetch(self, wanted: Iterable[HostQuestion]) -> None:
        """Asks what another reader has not asked meanwhile. With the host lost, the gap has a reason from then on."""
        async with self._turn:
            questions = [question for question in wanted if not self._capture.has(question)][:_MOST_QUESTIONS]
            if self._gap or not questions:
                return
            self.rounds += 1
            lines = lines_of(questions)
            replies = Replies(self._capture, lines)
            try:
                async for reply in self._host.shell.run(b"\n".join(line.text for line in lines), ends=self._host.ends):
                    replies.take(reply)
            except ShellLost as lost:
                self._gap = str(lost) or await self._host.why_lost()

    async def _lost(self, lost: ShellLost) -> HostError:
        reason = str(lost) and f"{self._host.address.host}: {lost}"
        return HostError(reason or await self._host.why_lost(), hint="read it again, when the host stays reachable")


def first_questions(reader: Callable[[Root], T]) -> list[HostQuestion]:
    """What a reader asks of a host of which nothing is known yet."""
    root = CapturedRoot(Capture(), as_root=True, byteorder="little")
    reader(root)
    return list(root.wanted)


def _functions() -> bytes:
    return HostScript(__package__, "host.sh").text.encode()
