"""What of a project's folder is saved with its data."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from dockworthy.backup.project_files import PackedFiles, packed_files


def names(packed: PackedFiles) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(packed.archive)) as tar:
        return tar.getnames()


def test_compose_files_settings_and_the_files_of_secrets(tmp_path: Path) -> None:
    folder, outside = tmp_path / "shop", tmp_path / "elsewhere"
    (folder / "secrets").mkdir(parents=True)
    for name in ("compose.yaml", "dockworthy.yaml", ".env", "secrets/db", "notes.txt"):
        (folder / name).write_text("x")
    outside.write_text("x")
    packed = packed_files(folder, [folder / "secrets/db", outside, folder / "secrets/gone"])
    assert names(packed) == [".env", "compose.yaml", "dockworthy.yaml", "secrets/db"]
    assert [each.partition(" is not saved: ")[0] for each in packed.left_out] == [
        str(outside), str(folder / "secrets/gone"),
    ]  # fmt: skip


def test_a_folder_that_is_reached_by_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "key").touch()
    (tmp_path / "link").symlink_to("real")
    assert names(packed_files(tmp_path / "link", [tmp_path / "real" / "key"])) == ["key"]
    monkeypatch.chdir(tmp_path / "real")
    assert names(packed_files(Path("."), [tmp_path / "real" / "key"])) == ["key"]


def test_what_is_too_large_is_said(tmp_path: Path) -> None:
    with (tmp_path / "data.yaml").open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    packed = packed_files(tmp_path)
    assert names(packed) == [] and "17,825,792 bytes" in packed.left_out[0]


def test_a_folder_without_such_files(tmp_path: Path) -> None:
    assert packed_files(tmp_path) == PackedFiles(b"", folder=str(tmp_path))


def test_what_containers_only_read_goes_along_where_it_lies_below_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    (folder / "conf" / "sites").mkdir(parents=True)
    for name in ("compose.yaml", "conf/main", "conf/sites/a", "init.sql", "other"):
        (folder / name).write_text("x")
    (tmp_path / "outside").write_text("x")
    packed = packed_files(folder, (), [folder / "conf", folder / "init.sql", tmp_path / "outside", folder / "gone"])
    assert names(packed) == ["compose.yaml", "conf/main", "conf/sites/a", "init.sql"]
    assert packed.left_out == (), "what lies elsewhere is the host's own"
