"""Each test of a project has a folder of its own, and works in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy.projects import Project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Project:
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys)
