"""A host over ssh: one connection, held open while it is read, and everything else through it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from ...errors import HostError
from .address import SshAddress
from .commands import first_connection, further_session, shell_command
from .faults import why_lost, why_not_in
from .shell import RemoteShell, ShellLost

_LONGEST_PATH = 80
"""Of the control socket: a unix socket's path has 107 bytes, and ssh adds a name of its own while it connects."""
_STDERR_KEPT = 16_384
_GRACE = 1.0
"""Seconds that ssh has to end by itself."""


class SshHost:
    """An async context manager: entering it connects and brings the shell up. Raises HostError.

    `ends` (loop time) bounds the connection; `control` is the socket for further sessions, `folder` a private one.
    `over`: a connection to the same host that is there already: then it is another shell through that one.
    """

    def __init__(self, address: SshAddress, *, sudo: bool, ends: float, over: SshHost | None = None) -> None:
        self.address = address
        self.sudo = sudo
        self.ends = ends
        self._over = over
        self._folder: Path | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._said = bytearray()
        self.shell: RemoteShell

    @property
    def folder(self) -> Path:
        assert self._folder is not None, "the host was not entered"
        return self._folder

    @property
    def control(self) -> Path:
        return self.folder / "ssh" if self._over is None else self._over.control

    @property
    def said(self) -> str:
        """What ssh and the shell said on standard error, the end of it."""
        return self._said.decode("utf-8", "replace")

    @property
    def has_ended(self) -> bool:
        """Has the ssh connection ended by itself?"""
        return self._process is not None and self._process.returncode is not None

    async def __aenter__(self) -> Self:
        try:
            self._folder = _private_folder()
            await self._connect()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def why_lost(self) -> str:
        """Why the connection is gone, in words."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                if self._listening is not None:
                    await asyncio.shield(self._listening)
        return why_lost(self.address, self.said)

    async def _connect(self) -> None:
        seconds = max(self.ends - asyncio.get_running_loop().time(), 1.0)
        if self._over is not None:
            command = further_session(self.control, shell_command(sudo=self.sudo))
        else:
            command = first_connection(self.address, self.control, seconds=round(seconds) or 1, sudo=self.sudo)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,  # ^C is for us: we close the connection
            )
        except FileNotFoundError:
            raise HostError("ssh is not installed here", hint="apt-get install openssh-client") from None
        self._listening = asyncio.create_task(self._listen(self._process))
        self.shell = RemoteShell(self._process)
        try:
            await self.shell.begin(b"", ends=self.ends)
        except ShellLost as lost:
            status = None if str(lost) else await self._status()
            raise why_not_in(
                self.address, self.said, status, printed=self.shell.unframed, sudo=self.sudo, seconds=seconds
            ) from None

    async def _status(self) -> int | None:
        """ssh's exit status, and all that it said before; None where it does not end."""
        assert self._process is not None and self._listening is not None
        try:
            async with asyncio.timeout(_GRACE):
                await asyncio.shield(self._listening)
                return await self._process.wait()
        except TimeoutError:
            return None

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Standard error must be read all the time, or ssh would wait for us."""
        assert process.stderr is not None
        while chunk := await process.stderr.read(4096):
            self._said += chunk
            del self._said[:-_STDERR_KEPT]

    async def _close(self) -> None:
        """Ends ssh, by asking first, and removes the folder with its sockets."""
        process, self._process = self._process, None
        if process is not None:
            await _end(process)
        if self._listening is not None:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


async def _end(process: asyncio.subprocess.Process) -> None:
    """The shell ends when its input does; ssh with it, unless a forwarding keeps it."""
    if process.stdin is not None:
        process.stdin.close()
    for stop in (process.terminate, process.kill):
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await process.wait()


def _private_folder() -> Path:
    """Only ours (mode 0700), and with a short path."""
    folder = Path(tempfile.mkdtemp(prefix="dockworthy-"))
    if len(bytes(folder)) <= _LONGEST_PATH:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="dockworthy-", dir="/tmp"))
