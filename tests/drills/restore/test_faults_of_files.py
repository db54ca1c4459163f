"""A file that a drill takes away is noticed by what was there just before, whatever services wrote since the backup."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from deploy.local_sites import site_of
from dockworthy.drills.restore import faults
from dockworthy.drills.restore.faults import FaultKind, MadeFault, faults_of_copy
from dockworthy.drills.restore.restored_copy import RestoredCopy
from dockworthy.engine.host_shell import shell_here
from dockworthy.model.backup import BackupRun

from .copies import saved

STALE = {"files": 7, "bytes": 70, "sum": "of what was saved"}


def made_in(state: Path, folders: dict[str, Path], expected: dict[str, dict[str, Any]]) -> list[MadeFault]:
    data = tuple(saved(name, expected=each) for name, each in expected.items())
    run = BackupRun(id="b", host="h", scope="shop", taken="2026-12-01", ended="2026-12-01", version="1", data=data)

    async def make() -> list[MadeFault]:
        async with shell_here(command="drill") as shell:
            unused: Any = None
            restored = RestoredCopy(
                site=site_of(shell, state), store=unused, run=run, copy=unused, project=unused, owner=unused,
                folders={name: str(folder) for name, folder in folders.items()}, servers={}, started={}, evidence=[],
            )  # fmt: skip
            return await faults_of_copy(restored, frozenset({FaultKind.FILE}))

    return asyncio.run(make())


def folder(path: Path, *files: str) -> Path:
    path.mkdir()
    for name in files:
        (path / name).write_text("x")
    return path


@pytest.mark.parametrize("name", ["a", "several\nlines", "-rf", "blank and 'quote'"])
def test_one_file_goes_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    files = folder(tmp_path / "it's", name)
    assert made_in(tmp_path, {"files": files}, {"files": STALE}) == [
        MadeFault("one file fewer in files", "deleted a file of files", True)
    ]
    assert list(files.iterdir()) == []


def test_a_file_that_did_not_go_is_not_seen_because_services_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "_ONE_FILE_FEWER", ": {folder}")
    (made,) = made_in(tmp_path, {"files": folder(tmp_path / "f", "a")}, {"files": STALE})
    assert not made.seen


def test_the_smallest_that_still_has_one_is_taken(tmp_path: Path) -> None:
    folders = {name: folder(tmp_path / name, *files) for name, files in (("none", ""), ("few", "ab"), ("many", "abc"))}
    expected = {"many": STALE | {"files": 9}, "few": STALE, "none": STALE | {"files": 1}, "dumped": {}}
    (made,) = made_in(tmp_path, folders, expected)
    assert made.fault == "one file fewer in few" and len(list(folders["many"].iterdir())) == 3
