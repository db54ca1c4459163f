"""What Compose would run is judged: the files that `COMPOSE_FILE` in `.env` lists, whatever they are called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dockworthy.check import check
from dockworthy.cli.run import run
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Level
from dockworthy.model.result import Result

SAFE = "services: {web: {image: shop}}\n"
EVIL = "services: {evil: {image: shop, privileged: true, profiles: [p]}}\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    monkeypatch.chdir(project)
    monkeypatch.setenv("HOME", "/root")
    return project


def write(**files: str) -> None:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def checked(*paths: str) -> Result:
    return check(paths, level=Level.BASELINE)


def privileged(result: Result) -> set[str]:
    return {f.subject for f in result.findings if f.control == "workload/privileged" and f.outcome is Outcome.FAIL}


@pytest.mark.parametrize("path", [".", "compose.yaml", os.curdir + "/compose.yaml"])
@pytest.mark.parametrize(
    ("listing", "file"),
    [
        ("COMPOSE_FILE=README.md", "README.md"),
        ("export COMPOSE_FILE = 'README.md'", "README.md"),
        ("A=READ\nCOMPOSE_FILE=${A}ME.md", "README.md"),
        ("COMPOSE_FILE=${NONE:-README.md}", "README.md"),
        ("COMPOSE_PATH_SEPARATOR=;\nCOMPOSE_FILE=compose.yaml;README.md", "README.md"),
        ("COMPOSE_FILE=node_modules/compose.yaml\nCOMPOSE_PROFILES=p", "node_modules/compose.yaml"),
        ("COMPOSE_FILE=sub/app.py", "sub/app.py"),
        ("COMPOSE_FILE=ignored.yaml", "ignored.yaml"),
        ("COMPOSE_FILE=notes", "notes"),
    ],
)
def test_a_listed_file_is_judged_whatever_it_is_called(path: str, listing: str, file: str) -> None:
    write(**{".env": f"{listing}\n", "compose.yaml": SAFE, ".gitignore": "ignored.yaml\n"})
    write(**{file: "# A readme\n" * 500 + EVIL})
    result = checked(path)
    assert {subject.rpartition("#")[2] for subject in privileged(result)} == {"evil"}
    assert not result.unread


@pytest.mark.parametrize("path", [".", "compose.yaml"])
@pytest.mark.parametrize(
    ("listing", "says"),
    [
        ("COMPOSE_FILE=gone.md", "COMPOSE_FILE in .env names it, and there is no such file"),
        ("COMPOSE_FILE=../outside.yaml", "COMPOSE_FILE in .env names it, and it is outside of"),
        ("A=1\nCOMPOSE_FILE=${HOME:+README.md}", "line 2: which files Compose reads can't be told"),
        ("A=$HOME\nCOMPOSE_FILE=$A.md", "which files Compose reads can't be told"),
        ("COMPOSE_PATH_SEPARATOR=$HOME\nCOMPOSE_FILE=README.md", "which files Compose reads can't be told"),
        ("COMPOSE_FILE=text.md", "text.md"),
    ],
)
def test_what_can_not_be_judged_is_said(
    path: str, listing: str, says: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(**{".env": f"{listing}\n", "compose.yaml": SAFE, "text.md": "Hello\n"})
    (here.parent / "outside.yaml").write_text(EVIL)
    assert any(says in f"{what}: {why}" for what, why in checked(path).unread)
    assert run(["check", "--level", "baseline", path]) == 2


def test_who_names_another_file_means_that_one() -> None:
    write(**{".env": "COMPOSE_FILE=README.md\n", "compose.prod.yaml": SAFE, "README.md": EVIL})
    result = checked("compose.prod.yaml")
    assert not privileged(result) and not result.unread


def test_a_list_of_what_is_judged_anyway_changes_nothing() -> None:
    write(**{".env": "COMPOSE_FILE=deploy/compose.yaml:deploy/over.yaml\n", "deploy/compose.yaml": SAFE})
    write(**{"deploy/over.yaml": "services: {web: {image: shop, read_only: true}}\n"})
    result = checked(".")
    assert not result.unread and not privileged(result)
    assert len([subject for subject in result.subjects if subject.kind == "service"]) == 2


def test_files_of_bake_are_named_as_not_judged() -> None:
    write(**{"compose.yaml": SAFE, "build/docker-bake.hcl": 'target "a" { dockerfile = "README.md" }\n'})
    assert any(note.startswith("build/docker-bake.hcl: what `docker buildx bake`") for note in checked(".").notes)
