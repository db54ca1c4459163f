"""Docker's own command line, asked in argument lists; it finds the engine as the user's `docker` does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from ..errors import DockworthyError, EngineError, EngineTimeout, UsageError

_PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK")
_DAEMON = "Error response from daemon:"
_GRACE = 5.0
"""Seconds that an interrupted command has to end by itself."""
INSTALL_COMPOSE = "install Docker's Compose plugin (docker-compose-plugin, on Debian docker-compose)"
_OLDEST_COMPOSE = (2, 20)


class CommandDone(Struct, frozen=True):
    """A command that ended: its status and both outputs."""

    status: int
    out: bytes
    err: bytes

    @property
    def said(self) -> str:
        """What it said of its failure: the last lines of both outputs."""
        lines = [line.strip() for line in (self.err or self.out).decode(errors="replace").splitlines() if line.strip()]
        for line in reversed(lines):  # Compose tells what it did before; the engine's own words are what matters
            if _DAEMON in line:
                return line[line.index(_DAEMON) + len(_DAEMON) :].strip()[:500]
        return " ".join(lines[-3:])[:500] or f"exit status {self.status}"


class Docker:
    """`endpoint`: the engine's address, "" for the one that docker finds itself."""

    def __init__(self, endpoint: str = "", environ: Mapping[str, str] = os.environ) -> None:
        self._whole = dict(environ)
        if endpoint:
            self._whole = {name: value for name, value in environ.items() if name != "DOCKER_CONTEXT"}
            self._whole["DOCKER_HOST"] = endpoint
        ours = {
            name: value
            for name, value in self._whole.items()
            if name in _PASSED or name.startswith(("DOCKER_", "BUILDX_", "BUILDKIT_"))
        }
        self._own = {**ours, "COMPOSE_ANSI": "never", "COMPOSE_PROGRESS": "plain", "COMPOSE_MENU": "0"}

    async def run(
        self,
        *arguments: str,
        input: bytes | None = None,
        timeout: float = 60.0,
        whole_environment: bool = False,
        more: Mapping[str, str] | None = None,
    ) -> CommandDone:
        """Runs it to its end, whatever the status. `whole_environment`: also variables that are not docker's own.

        Raises UsageError where docker is not installed, EngineTimeout after `timeout` seconds.
        """
        environment = {**(self._whole if whole_environment else self._own), **(more or {})}
        program = shutil.which("docker", path=environment.get("PATH"))
        if program is None:
            raise UsageError("this needs the docker command, which is not installed", hint="install docker-cli")
        return await run_program((program, *arguments), input=input, timeout=timeout, environment=environment)

    async def must(self, *arguments: str, timeout: float = 60.0) -> str:
        """Its standard output. Raises EngineError with what it said where it failed."""
        done = await self.run(*arguments, timeout=timeout)
        if done.status != 0:
            raise EngineError(f"docker {' '.join(arguments[:2])} failed: {done.said}")
        return done.out.decode(errors="replace")

    async def start_of(self, *arguments: str, size: int = 64 * 1024) -> bytes:
        """The first bytes of its standard output; "" where it failed. What comes after them is not waited for."""
        program = shutil.which("docker", path=self._own.get("PATH")) or "docker"
        process = await _start((program, *arguments), self._own, has_input=False)
        try:
            assert process.stdout is not None
            start = b""
            async with asyncio.timeout(30):
                while len(start) < size and (more := await process.stdout.read(size - len(start))):
                    start += more
            return start
        except TimeoutError:
            return b""
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()

    async def needs_compose(self) -> None:
        """Raises UsageError where there is no Compose, or one that is too old."""
        done = await self.run("compose", "version", "--short")
        if done.status != 0:
            raise UsageError(
                "--verify starts the services with Docker Compose, which is not installed", hint=INSTALL_COMPOSE
            )
        must_be_new_enough(done, "--verify needs")


def must_be_new_enough(done: CommandDone, who_needs: str) -> None:
    """`done`: `compose version --short`; `who_needs`: `deploys need`. Raises UsageError for a Compose that is too old.

    A version that says nothing is taken for a new one: those who build their own call it as they like.
    """
    version = done.out.decode(errors="replace").strip().removeprefix("v")
    numbers = tuple(int(part) for part in version.split("-")[0].split(".")[:2] if part.isdigit())
    if len(numbers) == 2 and numbers < _OLDEST_COMPOSE:
        oldest = ".".join(map(str, _OLDEST_COMPOSE))
        raise UsageError(f"{who_needs} Docker Compose {oldest} or newer, and here is {version}", hint=INSTALL_COMPOSE)


async def run_program(
    arguments: Sequence[str],
    *,
    input: bytes | None = None,
    timeout: float,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> CommandDone:
    """Runs a program to its end, whatever the status. Raises EngineTimeout; ended early, it leaves no process."""
    process = await _start(arguments, environment, has_input=input is not None)
    try:
        async with asyncio.timeout(timeout):
            out, err = await process.communicate(input)
    except TimeoutError:
        await _end(process)
        shown = " ".join([os.path.basename(arguments[0]), *arguments[1:3]])
        raise EngineTimeout(f"{shown} … did not end within {timeout:.0f} s") from None
    except BaseException:
        await asyncio.shield(_end(process))
        raise
    return CommandDone(process.returncode or 0, out, err)


async def _start(
    arguments: Sequence[str], environment: Mapping[str, str], *, has_input: bool
) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.PIPE if has_input else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(environment),
            start_new_session=True,  # ^C is for us: what docker has begun is ended and removed in order
        )
    except OSError as error:
        raise DockworthyError(f"{arguments[0]} can't be started: {error.strerror or error}") from None


async def _end(process: asyncio.subprocess.Process) -> None:
    """Asks it to end, then makes it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await process.communicate()
                return
