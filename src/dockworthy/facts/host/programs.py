"""A program that is asked something: it starts at once, its answer is fetched later, under a deadline.

Only ever one that reads, and only on the real root. The answer goes to memory, so it never waits for us.
"""

from __future__ import annotations

import mmap
import os
import select
import subprocess
from contextlib import suppress

SECONDS = 2.0
PATH = "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin:/usr/local/bin"


class ProgramFailed(Exception):
    """The reason in words."""


class AskedProgram:
    """To be closed in any case: `close` ends the program where it still runs."""

    def __init__(self, command: list[str]) -> None:
        self._memory = -1
        self._process: subprocess.Popen[bytes] | None = None
        with suppress(OSError):
            self._memory = os.memfd_create("answer", os.MFD_CLOEXEC)
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._memory,
                stderr=subprocess.DEVNULL,
                env={"PATH": PATH, "LC_ALL": "C"},
            )

    def answer(self) -> mmap.mmap | bytes:
        """What it printed, `b""` for nothing. Raises ProgramFailed."""
        if self._process is None:
            raise ProgramFailed("it could not be started")
        try:
            self._wait_for_its_end()
            status = self._process.wait(0)
        except subprocess.TimeoutExpired:
            raise ProgramFailed(f"no answer in {SECONDS:g} s") from None
        if status:
            raise ProgramFailed(f"it failed with status {status}")
        if not os.fstat(self._memory).st_size:
            return b""
        return mmap.mmap(self._memory, 0, access=mmap.ACCESS_READ)

    def _wait_for_its_end(self) -> None:
        """`Popen.wait` looks every 50 ms; the kernel tells at once."""
        assert self._process is not None
        try:
            descriptor = os.pidfd_open(self._process.pid)
        except OSError:
            self._process.wait(SECONDS)
            return
        select.select([descriptor], [], [], SECONDS)
        os.close(descriptor)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._memory >= 0:
            os.close(self._memory)
            self._memory = -1
