"""`./run` before it does anything: what it says, and what it does not do."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from patience import patience

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What `run` needs of a clone, and nothing that it made."""
    clone = tmp_path / "clone"
    clone.mkdir()
    shutil.copytree(ROOT / "setup", clone / "setup")
    for name in ("run", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, clone)
    return clone


def run(clone: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [clone / "run", *arguments], env={**os.environ, **env}, capture_output=True, text=True, timeout=patience(60)
    )


def test_the_plan_is_said_and_nothing_done(clone: Path) -> None:
    before = sorted(clone.rglob("*"))
    said = run(clone, "--plan")
    assert said.returncode == 0
    assert said.stdout == ""  # standard output is the verdict's
    for words in ("1. Python", "2. .venv", "requirements.lock", "3. an engine", "4. verdict", "It does not: start"):
        assert words in said.stderr
    assert sorted(clone.rglob("*")) == before


def test_an_engine_that_is_there_is_left_as_it_is(clone: Path) -> None:
    said = run(clone, "--plan", DOCKER_HOST="unix:///nonexistent")
    assert "left as it is, also if it is stopped" in said.stderr
    assert "apt installs Docker Engine" not in said.stderr


def test_help_names_the_exit_status(clone: Path) -> None:
    said = run(clone, "--help")
    assert said.returncode == 0
    assert "20" in said.stdout and "--plan" in said.stdout


def test_a_current_environment_needs_nothing(clone: Path) -> None:
    """The stamp decides, together with a Python that works; another lock file makes it stale."""
    ask = f"source {ROOT}/setup/venv.sh; venv_is_current {clone} requirements.lock"
    stamp = f"source {ROOT}/setup/venv.sh; venv_fingerprint {clone} requirements.lock"
    (clone / ".venv/bin").mkdir(parents=True)
    (clone / ".venv/bin/python").symlink_to(ROOT / ".venv/bin/python")

    def is_current() -> bool:
        return subprocess.run(["bash", "-uc", ask]).returncode == 0

    assert not is_current()
    made_from = subprocess.run(["bash", "-uc", stamp], capture_output=True, text=True, check=True).stdout
    (clone / ".venv/.made-from-requirements.lock").write_text(made_from)
    python = clone / ".venv/bin/python"
    python.unlink()
    python.write_text("#!/bin/sh\nexit 0\n")
    python.chmod(0o755)
    assert is_current()
    (clone / ".venv/.unfinished").touch()
    assert not is_current()
    (clone / ".venv/.unfinished").unlink()
    with (clone / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    assert not is_current()
