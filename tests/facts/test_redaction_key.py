"""The key of the redaction."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dockworthy.facts.redaction_key import LENGTH, key_in
from dockworthy.state_directory import state_directory


def test_made_once_and_kept(tmp_path: Path) -> None:
    key = key_in(tmp_path / "state" / "dockworthy")
    assert len(key) == LENGTH
    assert key_in(tmp_path / "state" / "dockworthy") == key
    file = tmp_path / "state" / "dockworthy" / "redaction.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in file.parent.iterdir()] == ["redaction.key"]


def test_runs_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: key_in(tmp_path), range(32)))) == 1


def test_where_it_can_not_be_kept_it_is_for_this_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    first, second = key_in(tmp_path / "file"), key_in(tmp_path / "file")
    assert len(first) == LENGTH and first != second


@pytest.mark.parametrize("content", [b"", b"short", b"x" * (LENGTH + 1)])
def test_a_damaged_key_is_not_used(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "redaction.key"
    file.write_bytes(content)
    file.chmod(0o600)
    assert key_in(tmp_path) != content
    assert file.read_bytes() == content  # it may be somebody's: nothing is written over


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "redaction.key"
    file.write_bytes(b"x" * LENGTH)
    file.chmod(0o644)
    assert key_in(tmp_path) != b"x" * LENGTH


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"x" * LENGTH)
    (tmp_path / "other").chmod(0o600)
    (tmp_path / "redaction.key").symlink_to(tmp_path / "other")
    assert key_in(tmp_path) != b"x" * LENGTH


def test_where_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert state_directory({"HOME": "/home/a"}) == Path("/var/lib/dockworthy")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert state_directory({"HOME": "/home/a"}) == Path("/home/a/.local/state/dockworthy")
    assert state_directory({"HOME": "/home/a", "XDG_STATE_HOME": "/s"}) == Path("/s/dockworthy")
    assert state_directory({"HOME": "/home/a", "DOCKWORTHY_STATE": "/t"}) == Path("/t")
