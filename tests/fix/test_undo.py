"""`dockworthy fix --undo`: what was changed is put back whole, and never over what somebody else wrote since."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from dockworthy.cli.run import run
from fix.shop_file import AFTER, BEFORE, kept_files


def test_last_change_is_put_back_byte_for_byte(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = b"\xef\xbb\xbf" + BEFORE.replace("\n", "\r\n").encode()
    compose.write_bytes(before)
    compose.chmod(0o640)
    assert run(["fix", "compose.yaml"]) == 0 and compose.read_bytes() != before
    assert run(["fix", "--undo", "compose.yaml"]) == 0
    assert compose.read_bytes() == before and compose.stat().st_mode & 0o777 == 0o640
    assert "put back" in capsys.readouterr().out


def test_undone_twice_says_so_and_changes_nothing(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fix", "compose.yaml"]) == run(["fix", "--undo", "compose.yaml"]) == 0
    when = compose.stat().st_mtime_ns
    capsys.readouterr()
    assert run(["fix", "--undo", "compose.yaml"]) == 0
    assert "undone already" in capsys.readouterr().out and compose.stat().st_mtime_ns == when


def test_changes_are_undone_one_after_the_other(compose: Path) -> None:
    assert run(["fix", "compose.yaml"]) == run(["fix", "--all", "compose.yaml"]) == 0
    assert compose.read_text() not in (BEFORE, AFTER)
    assert run(["fix", "--undo", "compose.yaml"]) == 0 and compose.read_text() == AFTER
    assert run(["fix", "--undo", "compose.yaml"]) == 0 and compose.read_text() == BEFORE
    assert run(["fix", "compose.yaml"]) == 0 and compose.read_text() == AFTER
    assert run(["fix", "--undo", "compose.yaml"]) == 0 and compose.read_text() == BEFORE


def test_file_that_changed_since_is_refused_and_told_where_the_old_one_lies(
    compose: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["fix", "compose.yaml"]) == 0
    compose.write_text(AFTER + "# theirs\n")
    assert run(["fix", "--undo", "compose.yaml"]) == 2
    err = capsys.readouterr().err
    (kept,) = kept_files(compose)
    assert "changed since" in err and str(kept) in err and compose.read_text() == AFTER + "# theirs\n"


def test_one_that_can_not_be_put_back_stops_all(compose: Path) -> None:
    other = compose.parent / "other.yaml"
    other.write_text(BEFORE)
    assert run(["fix", "."]) == 0
    other.write_text("services: {}\n")
    assert run(["fix", "--undo", "compose.yaml", "other.yaml"]) == 2
    assert run(["fix", "--undo", "."]) == 2
    assert compose.read_text() == AFTER, "all or none"


def test_folder_stands_for_all_that_was_changed_in_it(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = compose.parent / "sub" / "compose.yaml"
    other.parent.mkdir()
    other.write_text(BEFORE)
    assert run(["fix", "."]) == 0 and other.read_text() == AFTER
    capsys.readouterr()
    assert run(["fix", "--undo", "--format", "json", "."]) == 0
    assert (compose.read_text(), other.read_text()) == (BEFORE, BEFORE)
    document = json.loads(capsys.readouterr().out)
    assert [(file["file"], file["state"]) for file in document["files"]] == [
        ("compose.yaml", "undone"),
        ("sub/compose.yaml", "undone"),
    ]


@pytest.mark.parametrize("option", ["--dry-run", "--diff"])
def test_what_only_shows_puts_nothing_back(compose: Path, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fix", "--all", "compose.yaml"]) == 0
    fixed = compose.read_text()
    assert run(["fix", "--undo", option, "compose.yaml"]) == 0
    out = "".join(capsys.readouterr())
    assert compose.read_text() == fixed and "hunter2" not in out
    assert ("would be put back" in out) is (option == "--dry-run")
    assert ("+    privileged: true" in out) is (option == "--diff")
    assert run(["fix", "--undo", "compose.yaml"]) == 0 and compose.read_text() == BEFORE


def test_never_changed_file_has_nothing_to_undo(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fix", "--undo", "compose.yaml"]) == 2
    assert "nothing to undo" in capsys.readouterr().err and compose.read_text() == BEFORE


def test_file_that_is_gone_or_whose_old_content_is_not_kept_is_refused(
    compose: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["fix", "compose.yaml"]) == 0
    (kept,) = kept_files(compose)
    kept.write_text("services: {evil: {image: evil, privileged: true}}\n")
    assert run(["fix", "--undo", "compose.yaml"]) == 2
    assert "no longer kept" in capsys.readouterr().err and compose.read_text() == AFTER
    kept.write_text(BEFORE)
    compose.unlink()
    assert run(["fix", "--undo", "compose.yaml"]) == 2
    assert "not there any more" in capsys.readouterr().err and not compose.exists()


def test_what_was_put_back_by_hand_is_undone(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fix", "compose.yaml"]) == 0
    compose.write_text(BEFORE)
    assert run(["fix", "--undo", "compose.yaml"]) == 0
    assert "says already" in capsys.readouterr().out and compose.read_text() == BEFORE


def test_through_a_link_the_file_itself_is_put_back(compose: Path) -> None:
    real = compose.parent / "real.yaml"
    compose.rename(real)
    compose.symlink_to("real.yaml")
    assert run(["fix", "compose.yaml"]) == 0
    assert run(["fix", "--undo", "real.yaml"]) == 0
    assert compose.is_symlink() and real.read_text() == BEFORE


def test_change_that_was_refused_leaves_no_record(compose: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockworthy.repair._is_as_planned", lambda *_: False)
    assert run(["fix", "compose.yaml"]) == 13
    assert run(["fix", "--undo", "compose.yaml"]) == 2


def test_terminal_is_asked_and_no_means_no(compose: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(["fix", "compose.yaml"]) == 0
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(), isatty=lambda: True))
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    assert run(["fix", "--undo", "compose.yaml"]) == 2 and compose.read_text() == AFTER
    assert run(["fix", "--undo", "--yes", "compose.yaml"]) == 0 and compose.read_text() == BEFORE


@pytest.mark.parametrize("other", [["--all"], ["--control", "privileged"], ["--verify"], ["--engine"]])
def test_undo_goes_with_nothing_that_repairs(compose: Path, other: list[str]) -> None:
    assert run(["fix", "compose.yaml"]) == 0
    assert run(["fix", "--undo", *other, "compose.yaml"]) == 2
    assert run(["fix", "--undo", "-"]) == 2
    assert compose.read_text() == AFTER
