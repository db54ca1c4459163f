"""A POSIX shell on a host that takes commands from us and gives each answer in a frame of its own.

A frame is `CONTENT NEWLINE MARK ID STATUS WORDS NEWLINE`. The mark is random and new for each shell: nothing that a
file holds can end a frame, and whatever a login script prints before the first mark is skipped.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from typing import NamedTuple

from ...host_scripts import HostScript

_CHUNK = 1 << 18
_STATUS = re.compile(r"[0-9]{1,9}")
_MOST_BYTES = 256 * 1024 * 1024
"""Of one run of commands: a host that sends more is not the one we know how to read."""

FRAME = HostScript(__package__, "frame.sh")
"""`r ID STATUS WORDS` ends a frame. Everything else goes to descriptor 3, too."""


class Reply(NamedTuple):
    """`words`: what the command said of an error, in one line."""

    id: str
    status: int
    words: str
    content: bytes


class ShellLost(Exception):
    """The shell ended, or did not answer in time: the reason in words, `""` where only ssh knows."""


class RemoteShell:
    """Over the standard input and output of a process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._mark = secrets.token_hex(16).encode()
        self._buffer = bytearray()

    @property
    def unframed(self) -> str:
        """What came and belongs to no answer."""
        return self._buffer.decode("utf-8", "replace")

    async def begin(self, script: bytes, *, ends: float) -> None:
        """Defines what later commands need; `ends` is loop time. Raises ShellLost."""
        head = b"M=" + self._mark + b"\n" + FRAME.text.encode() + script
        async for _ in self.run(head, ends=ends):
            pass

    async def run(self, script: bytes, *, ends: float) -> AsyncIterator[Reply]:
        """The replies to a script as they come. Raises ShellLost; those that came until then have been given."""
        assert self._process.stdin is not None
        read = 0
        try:
            self._process.stdin.write(script + b"\nr end 0\n")
            async with asyncio.timeout_at(ends):
                while True:
                    for reply in self._framed():
                        read += len(reply.content)
                        if reply.id == "end":
                            return
                        yield reply
                    if read + len(self._buffer) > _MOST_BYTES:
                        raise ShellLost("it sent more than a host has to tell")
                    await self._more()
        except TimeoutError:
            raise ShellLost("it did not answer in time") from None
        except (ConnectionError, BrokenPipeError):
            raise ShellLost("") from None

    async def _more(self) -> None:
        assert self._process.stdout is not None
        chunk = await self._process.stdout.read(_CHUNK)
        if not chunk:
            raise ShellLost("")
        self._buffer += chunk

    def _framed(self) -> list[Reply]:
        """The replies that are complete; the rest stays in the buffer."""
        replies = []
        mark = b"\n" + self._mark + b" "
        done = 0
        while (at := self._buffer.find(mark, done)) >= 0:
            end = self._buffer.find(b"\n", at + len(mark))
            if end < 0:
                break
            id, status, words = (*self._buffer[at + len(mark) : end].decode("utf-8", "replace").split(" ", 2), "", "")[
                :3
            ]
            replies.append(
                Reply(id, int(status) if _STATUS.fullmatch(status) else 1, words, bytes(self._buffer[done:at]))
            )
            done = end + 1
        del self._buffer[:done]
        return replies
