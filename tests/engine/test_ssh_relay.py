"""What joins a session with the engine's socket, where the account may not open it: whatever program the host has."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from dockworthy.engine.ssh.commands import relay
from patience import patience

from .fake import fake_engine

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the relay is root's")

PING = b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n"


def only(folder: Path, *programs: str) -> str:
    """A PATH with nothing else on it."""
    folder.mkdir()
    for program in programs:
        found = shutil.which(program)
        if found is None:
            pytest.skip(f"no {program} here")
        (folder / program).symlink_to(found)
    return str(folder)


async def said(command: str, path: str, *, times: int = 1) -> tuple[bytes, bytes]:
    """What comes back on both outputs; several questions one after the other on one connection."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        shutil.which("sh") or "sh", "-c", command, stdin=pipe, stdout=pipe, stderr=pipe, env={"PATH": path}
    )
    assert process.stdin and process.stdout and process.stderr
    answers = b""
    for _ in range(times):
        process.stdin.write(PING)
        answers += await asyncio.wait_for(process.stdout.read(4096), patience(10))
    process.stdin.close()
    # To the end: an open pipe would outlive the test.
    answers += await asyncio.wait_for(process.stdout.read(), patience(10))
    errors = await asyncio.wait_for(process.stderr.read(), patience(10))
    await asyncio.wait_for(process.wait(), patience(10))
    return answers, errors


@pytest.mark.parametrize("program", ["docker", "socat", "perl"])
async def test_each_program_will_do(program: str, tmp_path: Path) -> None:
    async with fake_engine(tmp_path) as engine:
        command = relay(engine.endpoint.removeprefix("unix://"))
        answers, _ = await said(command, only(tmp_path / "bin", "sh", "id", program), times=2)
    assert answers.count(b"26.1.5") == 2
    # docker asks the engine who it is before it relays.
    assert [call for call in engine.calls if call == "/version"] == ["/version"] * 2


async def test_a_host_with_none_says_so(tmp_path: Path) -> None:
    answers, errors = await said(relay("/x.sock"), only(tmp_path / "bin", "sh", "id", "grep"))
    assert answers == b""
    assert errors.decode().strip() == "no program to speak to a socket with: docker, socat, perl or nc"


@pytest.mark.parametrize("program", ["socat", "perl"])
async def test_nobody_at_the_socket(program: str, tmp_path: Path) -> None:
    answers, errors = await said(relay(str(tmp_path / "x.sock")), only(tmp_path / "bin", "sh", "id", program))
    assert answers == b"" and b"No such file or directory" in errors
