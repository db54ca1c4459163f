"""A shell on a host, this one or over ssh, which stays open: it runs scripts and says how each ended."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import os
import shlex
import tarfile
from collections.abc import AsyncIterator
from typing import NamedTuple

from ..errors import HostError, UsageError
from ..host_scripts import HostScript
from .ssh.address import is_ssh, ssh_address
from .ssh.host import SshHost
from .ssh.shell import RemoteShell, ShellLost

_CONNECTING = 20.0
"""Seconds."""


_FRAMED = HostScript(__package__, "framed.sh")
_HOLD = HostScript(__package__, "hold.sh")


CONTENT = HostScript(__package__, "content.sh")
"""The function by which scripts read a file of the host."""
_NOT_READ = {45: "it is no regular file", 46: "it is too large"}
MOST_FILE = 16 * 1024 * 1024
"""Bytes of a file that is read whole, if not said otherwise."""
_MOST_ANSWER = 128 * 1024 * 1024
"""Bytes that a program of a container may answer."""


class ScriptDone(NamedTuple):
    """How a script ended: its status, what it printed, and the last line that it had to say of an error."""

    status: int
    output: str
    words: str


def archive_in(done: ScriptDone) -> bytes:
    """What a script printed, as it was: for what is no text."""
    return done.output.encode("utf-8", "surrogateescape")


def unpacked_files(host: str, archive: bytes) -> tuple[dict[str, bytes], dict[str, str]]:
    """The files that `tar` packed on a host, and its links: name -> where it leads. Raises HostError for a broken
    archive."""
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    if not archive.strip(b"\0\n"):
        return files, links
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            for entry in tar:
                if entry.issym():
                    links[entry.name] = entry.linkname
                elif entry.isreg() and (file := tar.extractfile(entry)) is not None:
                    files[entry.name] = file.read()
    except tarfile.TarError as error:
        raise HostError(f"{host}: the files did not arrive whole: {error}", hint="try again") from None
    return files, links


class HostShell:
    """Runs scripts one after the other in one shell, which stays open: a lock that a script takes is held."""

    def __init__(self, remote: RemoteShell, name: str, host: SshHost | None = None, *, command: str = "harden") -> None:
        self._remote = remote
        self._host = host
        self._command = command
        self._turn = asyncio.Lock()
        self.name = name

    async def run(self, script: str, *, given: bytes | None = None, seconds: float = 60.0) -> ScriptDone:
        """Runs `script` (POSIX sh). Raises HostError where the host is lost, or does not answer in time.

        `given` is its standard input: that is seen in no process list, and in no file on its way.
        """
        return await self._run(script, given, seconds, "''")

    async def ask(self, script: str, *, given: bytes | None = None, seconds: float = 60.0) -> ScriptDone:
        """The same for a script that prints what a program of a container says: that may be anything, and never end.
        One that says too much is ended, and its status is 1."""
        return await self._run(script, given, seconds, str(_MOST_ANSWER))

    async def _run(self, script: str, given: bytes | None, seconds: float, most: str) -> ScriptDone:
        coded = base64.b64encode(script.encode()).decode()
        call = f"framed {coded} {most} </dev/null"
        if given is not None:
            call = f"base64 -d <<'END' | framed {coded} {most}\n{base64.encodebytes(given).decode()}END"
        # In braces: one that is cut off on its way is a syntax error, and nothing of it runs.
        return await self._send(f"{{ {_FRAMED.text}{call}\n}}\n", seconds)

    async def within(self, script: str, *, seconds: float = 60.0) -> ScriptDone:
        """Runs `script` in the shell itself: what it opens stays open, and nothing that it says is ever in a file.

        It ends with `r done STATUS WORDS`; what it prints for us goes to descriptor 3. A mistake in it ends the shell.
        """
        return await self._send(f"{{ {script}\n}}\n", seconds)

    async def _send(self, framed: str, seconds: float) -> ScriptDone:
        """One at a time. What was begun is read to its end also where its caller is cancelled: the next one would else
        be given its answer."""
        sending = asyncio.ensure_future(self._answer(framed, seconds))
        sending.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(sending)

    async def _answer(self, framed: str, seconds: float) -> ScriptDone:
        found = ScriptDone(1, "", "the shell said nothing")
        try:
            async with self._turn:
                async for reply in self._remote.run(framed.encode(), ends=asyncio.get_running_loop().time() + seconds):
                    if reply.id == "done":
                        found = ScriptDone(reply.status, reply.content.decode("utf-8", "surrogateescape"), reply.words)
        except ShellLost as lost:
            why = str(lost) or (await self._host.why_lost() if self._host is not None else "the shell ended")
            raise HostError(
                f"{self.name} was lost in the middle: {why}",
                hint=f"run dockworthy {self._command} again: it tells what was done, and ends what was begun",
            ) from None
        return found

    async def hold(self, path: str, who: str) -> str:
        """Takes the lock `path` for `who` until this shell ends; `""`, or who has it already."""
        script = f"{_HOLD.text}{shlex.join(('hold', path, who))}"
        status, holder = 1, ""
        try:
            async for reply in self._remote.run(script.encode(), ends=asyncio.get_running_loop().time() + _CONNECTING):
                if reply.id == "lock":
                    status, holder = reply.status, reply.words
        except ShellLost as lost:
            raise HostError(f"{self.name} was lost: {lost}") from None
        if status == 2:
            hint = "is the file system read-only, or something else than a file there?"
            raise HostError(f"{path} can't be written on {self.name}", hint=hint)
        return "" if status == 0 else holder or "somebody"

    async def file(self, path: str, *, most: int = MOST_FILE, seconds: float = 60.0) -> str | None:
        """A file's text; None where there is none. It goes through no other file. Raises HostError where it can't be
        read, is no regular file, or has more than `most` bytes."""
        quoted = shlex.quote(path)
        done = await self.within(
            f'{CONTENT.text}why=$(content {quoted} {most} 2>&1 >&3 8>&- 9>&-); r done "$?" "$why"', seconds=seconds
        )
        if done.status == 44:
            return None
        if done.status:
            raise HostError(
                f"{self.name}: {path} can't be read: {_NOT_READ.get(done.status, done.words)}",
                hint="dockworthy keeps a file there: see what it is, and remove it",
            )
        return done.output


@contextlib.asynccontextmanager
async def shell_on(endpoint: str, *, sudo: bool = False) -> AsyncIterator[HostShell]:
    """A root shell on the engine's host: over ssh where `endpoint` says so, else on this machine.

    Raises UsageError where this process is not root, HostError where ssh does not get in.
    """
    if is_ssh(endpoint):
        ends = asyncio.get_running_loop().time() + _CONNECTING
        address = ssh_address(endpoint)
        async with SshHost(address, sudo=sudo, ends=ends) as host:
            shell = HostShell(host.shell, address.host, host)
            await _must_be_root(shell, "come as root, or use --sudo")
            yield shell
        return
    if os.geteuid() != 0:
        raise UsageError("only root can make a host fit", hint="sudo dockworthy harden …")
    async with shell_here(command="harden") as shell:
        yield shell


@contextlib.asynccontextmanager
async def shell_here(*, command: str) -> AsyncIterator[HostShell]:
    """A shell on this machine, as who runs this. `command`: the one to run again where it is lost."""
    process = await asyncio.create_subprocess_exec(
        "sh",
        "-s",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,  # ^C is for us: what is half done is finished or taken back
    )
    remote = RemoteShell(process)
    try:
        await remote.begin(b"", ends=asyncio.get_running_loop().time() + _CONNECTING)
        yield HostShell(remote, "this host", command=command)
    finally:
        await _ended(process)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """The shell ends when its input does."""
    if process.stdin is not None:
        process.stdin.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2.0):
            await process.wait()
    if process.returncode is None:
        process.kill()
        await process.wait()


async def _must_be_root(shell: HostShell, hint: str) -> None:
    if (await shell.run("id -u")).output.strip() != "0":
        raise UsageError(f"only root can make {shell.name} fit", hint=hint)
