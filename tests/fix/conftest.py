"""A folder with one Compose file to repair, and a state folder that is the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from fix.shop_file import BEFORE


@pytest.fixture
def compose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`compose.yaml`, in the folder in which the test runs."""
    monkeypatch.setenv("DOCKWORTHY_STATE", str(tmp_path / "state"))
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    file = folder / "compose.yaml"
    file.write_text(BEFORE)
    return file
