"""Results are written whole or not at all, and nothing that is in the way is destroyed."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from dockworthy.cli.output import deliver
from dockworthy.cli.show import paper
from dockworthy.errors import OutputError


def test_a_new_file_has_the_mode_that_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        deliver("text", str(tmp_path / "new"))
    finally:
        os.umask(before)
    assert (tmp_path / "new").read_text() == "text"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_an_old_file_is_replaced_at_once_and_keeps_its_mode(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text("old")
    old.chmod(0o604)
    with old.open() as reader:
        deliver(b"new", str(old))
        assert reader.read() == "old"
    assert old.read_text() == "new"
    assert stat.S_IMODE(old.stat().st_mode) == 0o604
    assert os.listdir(tmp_path) == ["old"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    deliver("text", str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "text"


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    seen: list[bytes] = []
    reader = threading.Thread(target=lambda: seen.append(pipe.read_bytes()))
    reader.start()
    deliver("text", str(pipe))
    reader.join(10)
    assert seen == [b"text"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_device_stays_a_device() -> None:
    deliver("text", os.devnull)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@pytest.mark.parametrize("where", ["no/such/folder/file", "."])
def test_what_can_not_be_written_is_said(tmp_path: Path, where: str) -> None:
    with pytest.raises(OutputError, match=r"can't be written: \w+"):
        deliver("text", str(tmp_path / where))
    assert os.listdir(tmp_path) == []


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    (tmp_path / "file").write_text("old")
    with pytest.raises(OutputError, match="No space left"):
        deliver("new", str(tmp_path / "file"))
    assert os.listdir(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text() == "old"


@pytest.mark.parametrize(
    ("variables", "colour"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({}, False)],
)
def test_colour_on_a_terminal_that_can(
    variables: dict[str, str], colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**variables, "COLUMNS": "300"}.items():
        monkeypatch.setenv(name, value)
    assert paper(None) == (100, colour)
    assert paper("report.txt") == (80, False)


def test_no_colour_where_no_terminal_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout.isatty", lambda: False)
    assert paper(None) == (80, False)


def test_a_link_in_place_of_what_is_written_changes_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder of somebody else, who may rename there at any moment."""
    victim, old = tmp_path / "of-root", tmp_path / "shared" / "report"
    victim.write_text("secret")
    victim.chmod(0o600)
    old.parent.mkdir()
    old.write_text("old")
    old.chmod(0o4777)
    flush = os.fsync

    def swapped(handle: int) -> None:
        flush(handle)
        for new in old.parent.glob(".report.*"):
            new.unlink()
            new.symlink_to(victim)

    monkeypatch.setattr(os, "fsync", swapped)
    deliver("text", str(old))
    assert victim.read_text() == "secret" and stat.S_IMODE(victim.stat().st_mode) == 0o600


def test_a_file_in_place_of_a_pipe_is_not_written_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim, pipe = tmp_path / "of-root", tmp_path / "pipe"
    victim.write_text("secret")
    os.mkfifo(pipe)

    def swapped(path: str) -> int:
        mode = os.stat(path).st_mode
        pipe.unlink()
        pipe.symlink_to(victim)
        return mode

    monkeypatch.setattr("dockworthy.cli.output._mode_of", swapped)
    with pytest.raises(OutputError):
        deliver("text", str(pipe))
    assert victim.read_text() == "secret"
