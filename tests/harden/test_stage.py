"""A stage's own scripts, run by the shell as on a host: what is taken back, and what need not be."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dockworthy.harden.transaction import HardenStage, stage_files
from dockworthy.model.hardening import Run, WriteFile
from patience import patience

LOST = Run(argv=("true",), undo=("false",), says="can't be taken back")
FAILS = Run(argv=("false",), says="does not agree")


def outcome(folder: Path, stage: HardenStage) -> str:
    """What the host says of a stage that nobody confirms."""
    for name in ("old", "new"):
        (folder / name).mkdir(parents=True)
    for name, content in stage_files(stage).items():
        (folder / name).write_text(content)
    subprocess.run(["sh", str(folder / "guard.sh"), str(folder), "0"], check=True, timeout=patience(60))
    return (folder / "state").read_text().strip()


def test_a_command_that_never_ran_is_not_taken_back(tmp_path: Path) -> None:
    assert (
        outcome(tmp_path / "checked", HardenStage(number=1, steps=("a",), validate=(FAILS,), runs=(LOST,))) == "undone"
    )
    assert outcome(tmp_path / "before it", HardenStage(number=1, steps=("a",), runs=(FAILS, LOST))) == "undone"
    assert (tmp_path / "before it/why").read_text().startswith("does not agree")


def test_a_command_that_ran_and_can_not_be_taken_back_is_stuck(tmp_path: Path) -> None:
    assert outcome(tmp_path / "ran", HardenStage(number=1, steps=("a",), runs=(LOST,))) == "stuck"
    assert outcome(tmp_path / "after it", HardenStage(number=1, steps=("a",), runs=(LOST, FAILS))) == "stuck"


@pytest.mark.parametrize("before", [None, "old\n"])
def test_what_ran_goes_back_with_the_file(tmp_path: Path, before: str | None) -> None:
    file, mark = tmp_path / "settings", tmp_path / "mark"
    if before is not None:
        file.write_text(before)
    write = WriteFile(path=str(file), before=before, after="new\n")
    ran = Run(argv=("touch", str(mark)), undo=("rm", str(mark)))
    assert outcome(tmp_path / "stage", HardenStage(number=1, steps=("a",), files=(write,), runs=(ran,))) == "undone"
    assert (file.read_text() if file.exists() else None) == before and not mark.exists()
