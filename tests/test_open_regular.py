"""Only regular files are opened, also where somebody exchanges a file while it is looked at."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dockworthy.errors import UnreadableInput
from dockworthy.facts.host.root import Root
from dockworthy.guard.path_lookups import LookedUpFiles
from dockworthy.input_files import open_regular, read_input, read_start

READERS: dict[str, Callable[[Path], bytes]] = {
    "a host": lambda path: Root(Path("/")).read_bytes(str(path)),
    "a saved host": lambda path: Root(path.parent).read_bytes(f"/{path.name}"),
    "a pull request": read_input,
    "its start": lambda path: read_start(path, 100).encode(),
    "the guard": lambda path: LookedUpFiles().read(str(path), 100),
}


@pytest.fixture(params=["by a link", "by itself"])
def exchanged(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, list[int]]:
    """A file that becomes a pipe as soon as somebody has looked at it; and the kinds of all that was opened."""
    (tmp_path / "good").write_bytes(b"good")
    os.mkfifo(tmp_path / "pipe")
    by_link = request.param == "by a link"
    path, opened = tmp_path / "file", list[int]()
    path.symlink_to("good") if by_link else path.write_bytes(b"good")
    looked, opens = os.stat, os.open

    def exchange() -> None:
        aside = tmp_path / "aside"
        aside.symlink_to("pipe") if by_link else os.mkfifo(aside)
        os.replace(aside, path)

    def look(asked: Any, *more: Any, **named: Any) -> os.stat_result:
        found = looked(asked, *more, **named)
        if str(asked) == str(path):
            exchange()
        return found

    def open_(asked: Any, flags: int, *more: Any, **named: Any) -> int:
        handle = opens(asked, flags, *more, **named)
        if flags & os.O_PATH:
            exchange()
        else:
            opened.append(stat.S_IFMT(os.fstat(handle).st_mode))
        return handle

    monkeypatch.setattr(os, "stat", look)
    monkeypatch.setattr(os, "open", open_)
    return path, opened


@pytest.mark.parametrize("reader", READERS)
def test_what_becomes_a_pipe_is_not_opened(exchanged: tuple[Path, list[int]], reader: str) -> None:
    path, opened = exchanged
    try:
        assert READERS[reader](path) in (b"good", b"")
    except (OSError, UnreadableInput):
        pass
    assert set(opened) <= {stat.S_IFREG}


@pytest.mark.parametrize("what", ["/dev/zero", "/dev/null", "/", "/dev/tty"])
def test_what_is_no_file_is_refused(what: str) -> None:
    with pytest.raises(OSError, match="not a regular file"):
        open_regular(what)


def test_a_link_at_the_end_is_followed_only_where_it_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(b"good")
    (tmp_path / "link").symlink_to("good")
    with os.fdopen(open_regular(tmp_path / "link"), "rb") as file:
        assert file.read() == b"good"
    with pytest.raises(OSError):
        open_regular(tmp_path / "link", follow=False)


def test_what_may_not_be_read_says_so_by_its_own_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        open_regular(tmp_path / "nothing")


def test_descriptors_do_not_stay_open(tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(b"good")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        os.close(open_regular(tmp_path / "good"))
        with pytest.raises(OSError):
            open_regular(tmp_path)
    assert len(os.listdir("/proc/self/fd")) == before
