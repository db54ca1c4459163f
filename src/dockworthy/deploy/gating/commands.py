"""Runs the commands that must pass before a deploy: one after the other, each with a limit, none left running."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from ...facts.secret_values import hidden
from ...model.before_deploy import MustPass

_SHOWN_LINES = 20
_SHOWN_BYTES = 8_000
_GRACE = 2.0
"""Seconds that a command has to end once it is told to."""


async def why_failed(test: MustPass, folder: Path, environ: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """`("", ())` where it ended with status 0; else why, and the last lines that it printed, secrets hidden."""
    with tempfile.TemporaryFile() as output:  # not a pipe: what it leaves running in the background would hold that
        try:
            process = await asyncio.create_subprocess_exec(
                *test.words,
                cwd=folder,
                env={**os.environ, **environ},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        except OSError as error:
            return f"can't be run: {error.strerror or error}", ()
        try:
            why = await _ended(process, test)
        finally:
            await _none_left(process)
        return why, _last_lines(output) if why else ()


async def _ended(process: asyncio.subprocess.Process, test: MustPass) -> str:
    try:
        async with asyncio.timeout(test.seconds):
            status = await process.wait()
    except TimeoutError:
        return f"did not end within {test.within}"
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}" if status else ""


async def _none_left(process: asyncio.subprocess.Process) -> None:
    """Ends all that it started, unless it went into a session of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)
    if process.returncode is None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await process.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _last_lines(output: IO[bytes]) -> tuple[str, ...]:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _SHOWN_BYTES))
    text = hidden(output.read().decode(errors="replace"))
    return tuple(line[:300] for line in text.splitlines()[-_SHOWN_LINES:])
