"""Who stands by is noted on the host, and had by who takes the note first: its time, or a deploy."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dockworthy.deploy.targets.standby import StandbyMarks
from dockworthy.engine.host_shell import shell_here
from dockworthy.errors import HostError
from patience import patience

IDS = ("a" * 64, "b" * 64)


def with_marks(folder: Path, work: Callable[[StandbyMarks], Awaitable[None]]) -> None:
    async def inner() -> None:
        async with shell_here(command="deploy") as shell:
            await work(StandbyMarks(shell, str(folder), "/nowhere/sock"))

    asyncio.run(inner())


def test_they_are_read_with_what_is_left_and_taken_once(tmp_path: Path) -> None:
    folder = tmp_path / "it's a place"

    async def work(marks: StandbyMarks) -> None:
        assert await marks.read() == ()
        await marks.keep(IDS, 600.0)
        (found,) = await marks.read()
        assert found.tasks == IDS and 595 < found.left <= 600
        assert [oct(each.stat().st_mode & 0o777) for each in folder.iterdir()] == ["0o600"]
        assert await marks.take([found]) and await marks.read() == ()
        assert not await marks.take([found]), "it was another's already"
        assert not list(folder.iterdir())

    with_marks(folder, work)


def test_whose_time_is_over_is_told_too_and_what_is_no_mark_is_not(tmp_path: Path) -> None:
    (tmp_path / "standby.1").write_text(f"1000 {IDS[0]}\n")
    (tmp_path / "standby.2.over").write_text(f"9999999999 {IDS[1]}\n")
    (tmp_path / "standby.3").write_text("")
    (tmp_path / "standby.4").write_text("$(reboot) x\n")

    async def work(marks: StandbyMarks) -> None:
        found = await marks.read()
        assert [(each.mark, each.left <= 0, each.tasks) for each in found] == [
            ("standby.1", True, IDS[:1]),
            ("standby.2.over", True, IDS[1:]),
        ]
        await marks.forget(found)
        assert await marks.read() == ()

    with_marks(tmp_path, work)


def test_when_the_time_is_over_the_process_on_the_host_takes_the_mark_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It removes each container, and the mark when they are gone: what a killed one leaves, the next deploy finds."""
    told, folder = tmp_path / "told", tmp_path / "marks"
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(f'#!/bin/sh\nls {folder} >>{told}\nprintf "%s\\n" "$*" >>{told}\n')
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:{os.environ['PATH']}")

    async def work(marks: StandbyMarks) -> None:
        assert await marks.keep(IDS, 1.0), "nobody on the host removes them"
        async with asyncio.timeout(patience(20)):
            while not told.exists() or list(folder.iterdir()):
                await asyncio.sleep(0.05)

    with_marks(folder, work)
    lines = told.read_text().splitlines()
    assert [line for line in lines if line.startswith("-H")] == [
        f"-H unix:///nowhere/sock container {do} {id}" for id in IDS for do in ("stop", "rm --force")
    ]
    marks = {line for line in lines if not line.startswith("-H")}
    assert len(marks) == 1 and marks.pop().endswith(".over"), "another deploy could have taken it, too"


def test_a_folder_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    async def work(marks: StandbyMarks) -> None:
        with pytest.raises(HostError, match="can't be written"):
            await marks.keep(IDS, 1.0)

    with_marks(tmp_path / "file" / "folder", work)
