"""Commands that must pass before a deploy: how they end, what is shown of them, and that none is left."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from dockworthy.deploy.gate import why_failed
from dockworthy.model.before_deploy import MustPass
from patience import Limit


def run(test: MustPass, folder: Path, **environ: str) -> tuple[str, tuple[str, ...]]:
    return asyncio.run(why_failed(test, folder, environ))


def shell(text: str, within: str = "10s") -> MustPass:
    return MustPass(text, shell=True, within=within)


def test_words_are_no_shells_unless_that_is_asked(tmp_path: Path) -> None:
    (tmp_path / "here").touch()
    assert run(MustPass("test -e here"), tmp_path) == ("", ())
    assert run(MustPass(("test", "$X", "=", "a b")), tmp_path, X="a b") == ("ended with status 1", ())
    assert run(shell('test "$X" = "a b"'), tmp_path, X="a b") == ("", ())
    assert run(MustPass("sh -c 'exit 3'"), tmp_path)[0] == "ended with status 3"


@pytest.mark.parametrize(
    ("test", "why"),
    [
        (MustPass("./nowhere"), "can't be run: No such file or directory"),
        (shell("kill -9 $$"), "was ended by SIGKILL"),
        (shell("trap '' TERM; sleep 60", "300ms"), "did not end within 300ms"),
    ],
)
def test_how_it_ends_otherwise(test: MustPass, why: str, tmp_path: Path) -> None:
    assert run(test, tmp_path)[0] == why


def test_its_last_lines_are_shown_without_secrets(tmp_path: Path) -> None:
    _, lines = run(shell("seq 1 5000; echo password=hunter22hunter >&2; exit 1"), tmp_path)
    assert lines[0] == "4982" and lines[-2] == "5000" and len(lines) == 20
    assert "hunter22" not in lines[-1] and lines[-1].startswith("password=")
    _, lines = run(shell("head -c 100000 /dev/zero | tr '\\0' x; exit 1"), tmp_path)
    assert len(lines) == 1 and len(lines[0]) == 300


def test_what_it_leaves_in_the_background_ends_with_it(tmp_path: Path) -> None:
    assert run(shell("sleep 100000 & echo $! >pid"), tmp_path) == ("", ()), "it was not waited for"
    assert ends(int((tmp_path / "pid").read_text()))


def test_interrupted_it_ends_at_once(tmp_path: Path) -> None:
    async def interrupted() -> None:
        task = asyncio.create_task(why_failed(shell("echo $$ >pid; exec sleep 300", "5m"), tmp_path, {}))
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(interrupted())
    assert ends(int((tmp_path / "pid").read_text()))


def ends(pid: int, seconds: float = 10.0) -> bool:
    """Whether it is gone, or will be. A process that nobody has waited for yet lives no more."""
    limit = Limit(seconds)
    while limit.left > 0:
        try:
            if "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text():
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False
