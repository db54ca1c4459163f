"""A shell on this machine: each script gets its own answer, whatever became of the one before."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dockworthy.engine import host_shell
from dockworthy.engine.host_shell import HostShell, ScriptDone, shell_here
from dockworthy.engine.ssh.shell import FRAME, Reply
from dockworthy.errors import HostError
from machines.odd_files import ODD, odd
from patience import patience


async def test_one_after_the_other_and_each_its_answer(tmp_path: Path) -> None:
    async with shell_here(command="deploy") as shell:
        found = await asyncio.gather(*(shell.run(f"sleep 0.0{5 - number}; echo {number}") for number in range(5)))
        assert [done.output for done in found] == [f"{number}\n" for number in range(5)]
        failed = await shell.run("echo no >&2; exit 7")
        assert (failed.status, failed.words) == (7, "no")
        within = await shell.within("kept=5; printf 'x\\ny' >&3; r done 3 'some words'")
        assert within == (3, "x\ny", "some words")
        assert (await shell.within('r done 0 "$kept"')).words == "5"


async def test_what_is_given_comes_whole(tmp_path: Path) -> None:
    content = bytes(range(256)) * 2000
    async with shell_here(command="deploy") as shell:
        assert (await shell.run(f"cat >{tmp_path}/a; echo and more", given=content)).output == "and more\n"
        assert (tmp_path / "a").read_bytes() == content
        assert (await shell.run("wc -c", given=b"")).output.strip() == "0"
        assert (await shell.run("wc -c")).output.strip() == "0"


async def test_who_is_cancelled_takes_nobody_s_answer(tmp_path: Path) -> None:
    async with shell_here(command="deploy") as shell:
        first = asyncio.create_task(shell.run(f"echo one; touch {tmp_path}/begun; sleep 0.2; touch {tmp_path}/ended"))
        async with asyncio.timeout(patience(10)):
            while not (tmp_path / "begun").exists():
                await asyncio.sleep(0.01)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (await shell.run("echo two")).output == "two\n"
        assert (tmp_path / "ended").exists()


class _Recorder:
    """Takes a script instead of a shell."""

    def __init__(self) -> None:
        self.script = b""

    async def run(self, script: bytes, *, ends: float) -> AsyncIterator[Reply]:
        self.script = script
        yield Reply("done", 0, "", b"")


@pytest.mark.parametrize("given", [None, b"some content\n" * 9])
async def test_of_a_script_that_is_cut_off_nothing_runs(tmp_path: Path, given: bytes | None) -> None:
    recorder: Any = _Recorder()
    await HostShell(recorder, "this host").run(f"touch {tmp_path}/done; cat >&2", given=given)
    script = recorder.script.rstrip()
    for length in [*range(0, len(script), 17), len(script) - 1, len(script)]:
        text = b"M=mark\n" + FRAME.text.encode() + script[:length]
        subprocess.run(["sh", "-s"], input=text, capture_output=True, cwd=tmp_path, check=False)
        assert (tmp_path / "done").exists() == (length == len(script)), script[:length]


@pytest.mark.parametrize("kind", ODD)
async def test_what_is_no_file_is_not_read(tmp_path: Path, kind: str) -> None:
    """It would never end, and go on when nobody asks any more."""
    path = odd(tmp_path / "file", kind)
    async with shell_here(command="deploy") as shell, asyncio.timeout(patience(10)):
        with pytest.raises(HostError, match=r"no regular file|too large"):
            await shell.file(str(path))
        assert (await shell.run("echo still here")).output == "still here\n"
        if kind != "far too large":
            with pytest.raises(HostError, match="can't be written"):
                await shell.hold(str(path), "anna")


async def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("one\ntwo")
    (tmp_path / "link").symlink_to("file")
    async with shell_here(command="deploy") as shell:
        assert await shell.file(f"{tmp_path}/file") == await shell.file(f"{tmp_path}/link") == "one\ntwo"
        assert await shell.file(f"{tmp_path}/none") is None
        with pytest.raises(HostError, match="too large"):
            await shell.file(f"{tmp_path}/file", most=6)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo it; echo why >&2; exit 3", ScriptDone(3, "it\n", "why")),
        ("cat; kill -TERM $$", ScriptDone(143, "given", "Terminated")),
        ("true", ScriptDone(0, "", "")),
        ("printf 'no end of line' >&2; exit 1", ScriptDone(1, "", "no end of line")),
        ("sleep 30 >/dev/null 2>&1 3>&- & echo begun", ScriptDone(0, "begun\n", "")),
    ],
)
async def test_programs_of_containers_are_asked_as_any_other(script: str, expected: ScriptDone) -> None:
    async with shell_here(command="backup") as shell, asyncio.timeout(patience(10)):
        assert await shell.ask(script, given=b"given") == expected


@pytest.mark.parametrize("script", ["yes", "tr '\\0' x </dev/zero", "yes; exit 0", "trap '' PIPE; yes; exit 0"])
async def test_one_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    monkeypatch.setattr(host_shell, "_MOST_ANSWER", 1 << 20)
    async with shell_here(command="backup") as shell, asyncio.timeout(patience(10)):
        done = await shell.ask(script)
        assert (done.status, done.words, len(done.output)) == (1, "its answer has more than 1 MiB", 1 << 20)
        assert (await shell.run("echo next")).output == "next\n"


async def test_of_its_errors_the_last_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    endless = "head -c 5000000 /dev/zero | tr '\\0' x >&2; echo >&2"
    async with shell_here(command="backup") as shell:
        done = await shell.ask(f"{endless}; find {tmp_path} -type f -size +100k; echo last >&2")
    assert done == ScriptDone(0, "", "last")
