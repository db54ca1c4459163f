"""`dockworthy fix` on files as they lie on a disk: links, modes, other people's changes, death in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dockworthy.cli.run import run
from dockworthy.fix import file_changes as replacing
from fix.shop_file import AFTER, BEFORE


def test_link_stays_a_link(compose: Path) -> None:
    real = compose.parent / "real.yaml"
    compose.rename(real)
    compose.symlink_to("real.yaml")
    assert run(["fix", "compose.yaml"]) == 0
    assert compose.is_symlink() and real.read_text() == AFTER


def test_hard_link_is_refused(compose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.link(compose, compose.parent / "second")
    assert run(["fix", "compose.yaml"]) == 2
    assert "second name" in capsys.readouterr().err and compose.read_text() == BEFORE


def test_file_that_changed_meanwhile_is_refused(
    compose: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def changes_it(*_: object, **__: object) -> Path:
        compose.write_text("services: {}\n")
        return Path("kept")

    monkeypatch.setattr("dockworthy.repair.keep_old", changes_it)
    assert run(["fix", "compose.yaml"]) == 2
    assert "meanwhile" in capsys.readouterr().err and compose.read_text() == "services: {}\n"
    assert [path.name for path in compose.parent.iterdir()] == ["compose.yaml"]


def test_killed_in_the_middle_leaves_the_old_file_whole(compose: Path) -> None:
    """The process ends, as by SIGKILL, between the new file beside it and the rename."""
    dying = (
        "import os, sys; from dockworthy.cli.run import run\n"
        "os.replace = lambda *_, **__: os._exit(9)\n"
        "sys.exit(run(['fix', 'compose.yaml']))"
    )
    died = subprocess.run([sys.executable, "-c", dying], capture_output=True, check=False)
    assert died.returncode == 9
    assert compose.read_text() == BEFORE
    (beside,) = (path for path in compose.parent.iterdir() if path != compose)
    os.utime(beside, (0, 0))
    assert run(["fix", "compose.yaml"]) == 0
    assert compose.read_text() == AFTER
    assert list(compose.parent.iterdir()) == [compose], "the next run takes away what the dead one left"


def test_old_file_that_can_not_be_kept_stops_it(
    compose: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKWORTHY_STATE", str(compose))
    assert run(["fix", "compose.yaml"]) == 13
    assert "hint:" in capsys.readouterr().err and compose.read_text() == BEFORE


def test_folder_that_can_not_be_written_to(
    compose: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = os.open

    def refused(path: str, how: int, *more: int, **named: int | None) -> int:  # root may write everywhere
        if os.fspath(path).endswith(".dockworthy-new"):
            raise PermissionError(13, "Permission denied")
        return opened(path, how, *more, **named)

    monkeypatch.setattr(replacing.os, "open", refused)
    assert run(["fix", "compose.yaml"]) == 13
    assert "compose.yaml can't be written: Permission denied" in capsys.readouterr().err
    assert compose.read_text() == BEFORE


def test_what_is_not_judged_as_planned_is_put_back(
    compose: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("dockworthy.repair._is_as_planned", lambda *_: False)
    assert run(["fix", "compose.yaml"]) == 13
    assert "as it was before" in capsys.readouterr().err and compose.read_text() == BEFORE


def test_byte_order_mark_and_line_ends_stay(compose: Path) -> None:
    compose.write_bytes(b"\xef\xbb\xbf" + BEFORE.replace("\n", "\r\n").encode())
    assert run(["fix", "compose.yaml"]) == 0
    assert compose.read_bytes() == b"\xef\xbb\xbf" + AFTER.replace("\n", "\r\n").encode()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_owner_stays(compose: Path) -> None:
    os.chown(compose, 1234, 2345)
    assert run(["fix", "compose.yaml"]) == 0
    status = compose.stat()
    assert compose.read_text() == AFTER and (status.st_uid, status.st_gid) == (1234, 2345)


@pytest.mark.parametrize(
    "content",
    [b"services: {web: \xff}", b"[" * 20_000, b"services:\n  web: &a [*a]\n", b"", b"\0", b"services: null"],
)
def test_bad_input_ends_with_a_sentence(compose: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    compose.write_bytes(content)
    assert run(["fix", "--all", "compose.yaml"]) == 2
    said = "".join(capsys.readouterr())
    assert "compose.yaml" in said and "Traceback" not in said and compose.read_bytes() == content


@pytest.mark.parametrize("path", ["/dev/zero", "nowhere.yaml", "folder.yaml"])
def test_what_is_no_file_is_refused(compose: Path, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    (compose.parent / "folder.yaml").mkdir()
    assert run(["fix", "--all", path]) == 2
    assert path in "".join(capsys.readouterr())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes other people's files")
def test_root_who_repairs_somebody_elses_file_changes_nothing_behind_a_link(
    compose: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder's owner may put a link in place of the new file at any moment."""
    victim = tmp_path / "of-root"
    victim.write_text("secret")
    victim.chmod(0o600)
    os.chown(compose, 1234, 1234)
    compose.chmod(0o4777)
    before = victim.stat()
    opened = os.fdopen

    def swapped(handle: int, *how: str) -> object:
        for new in compose.parent.glob(".*.dockworthy-new"):
            new.unlink()
            new.symlink_to(victim)
        return opened(handle, *how)

    monkeypatch.setattr(replacing.os, "fdopen", swapped)
    run(["fix", "compose.yaml"])
    after = victim.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
    assert victim.read_text() == "secret"
