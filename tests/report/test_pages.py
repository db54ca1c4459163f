"""The generated part of the docs: written, kept, removed, and its drift found."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs
from sample_controls import PLAIN, TIDY

from dockworthy.controls.registry import all_controls
from dockworthy.errors import OutputError
from dockworthy.report.pages import stale_pages, write_pages

ALL = [
    "benchmarks/README.md",
    "controls/README.md",
    "controls/ids.txt",
    "controls/volume/plain.md",
    "controls/workload/tidy.md",
]


def names(docs: Path, paths: list[Path]) -> list[str]:
    return [path.relative_to(docs).as_posix() for path in paths]


def test_all_pages_are_written_once(tmp_path: Path) -> None:
    assert names(tmp_path, write_pages(tmp_path, [PLAIN, TIDY])) == ALL
    assert write_pages(tmp_path, [PLAIN, TIDY]) == []
    assert stale_pages(tmp_path, [PLAIN, TIDY]) == []


def test_controls_may_come_as_an_iterator(tmp_path: Path) -> None:
    assert names(tmp_path, write_pages(tmp_path, iter([PLAIN, TIDY]))) == ALL


def test_missing_pages_are_stale(tmp_path: Path) -> None:
    assert stale_pages(tmp_path, [PLAIN, TIDY]) == [f"{name} is missing" for name in ALL]


def test_a_changed_control_makes_its_page_stale(tmp_path: Path) -> None:
    write_pages(tmp_path, [PLAIN, TIDY])
    changed = [PLAIN, structs.replace(TIDY, rationale="They are found.")]
    assert stale_pages(tmp_path, changed) == ["controls/workload/tidy.md differs from the controls"]
    assert names(tmp_path, write_pages(tmp_path, changed)) == ["controls/workload/tidy.md"]
    assert "They are found." in (tmp_path / "controls/workload/tidy.md").read_text()


def test_the_page_of_a_control_that_is_gone_is_deleted(tmp_path: Path) -> None:
    write_pages(tmp_path, [PLAIN, TIDY])
    assert "controls/workload/tidy.md has no control any more" in stale_pages(tmp_path, [PLAIN])
    write_pages(tmp_path, [PLAIN])
    assert not (tmp_path / "controls/workload/tidy.md").exists()
    assert "workload/tidy\n" in (tmp_path / "controls/ids.txt").read_text(), "its id is never forgotten"
    assert stale_pages(tmp_path, [PLAIN]) == []


def test_pages_that_people_wrote_stay(tmp_path: Path) -> None:
    own = tmp_path / "controls" / "how-to-write-one.md"
    own.parent.mkdir()
    own.write_text("# How to write a control\n")
    write_pages(tmp_path, [PLAIN])
    assert own.exists()
    assert stale_pages(tmp_path, [PLAIN]) == []


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "controls").write_text("a file where the folder should be")
    with pytest.raises(OutputError, match="controls"):
        write_pages(tmp_path, [PLAIN])


def test_every_page_of_every_control_can_be_written(tmp_path: Path) -> None:
    controls = all_controls().values()
    assert len(write_pages(tmp_path, controls)) == len(controls) + 3  # two tables, and the ids
