"""A guard that serves is written down where `assess` finds it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dockworthy.errors import UsageError
from dockworthy.guard import serving_now
from dockworthy.guard.serving_now import announced


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The state folder, and that of root's in /run."""
    state, run = tmp_path / "state", tmp_path / "run"
    monkeypatch.setenv("DOCKWORTHY_STATE", str(state))
    monkeypatch.setattr(serving_now, "GUARDS_SERVING", str(run))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return state / "guard" / "serving", run


def test_roots_are_found_whatever_the_state_folder_is(folders: tuple[Path, Path]) -> None:
    with announced(engine="unix:///x", people="/y", role="deployer"):
        for folder in folders:
            told = json.loads((folder / f"{os.getpid()}.json").read_bytes())
            assert (told["role"], folder.stat().st_mode & 0o777) == ("deployer", 0o755)
    assert not any(folder.exists() for folder in folders)


def test_a_socket_with_a_role_is_not_served_unseen(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    state, run = folders
    run.write_text("a file stands there")
    with pytest.raises(UsageError, match="assess"), announced(engine="unix:///x", people="/y", role="deployer"):
        pass
    assert not state.exists()
    with announced(engine="unix:///x", plugin="/y"):
        assert list(state.iterdir()), "the guard serves all the same: an engine waits for it"
    run.unlink()
    state.parent.parent.mkdir(exist_ok=True)
    state.parent.mkdir(exist_ok=True)
    state.write_text("a file stands there")
    with announced(engine="unix:///x", people="/y", role="deployer"):
        assert list(run.iterdir()), "it is seen there"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(UsageError) as refused, announced(engine="unix:///x", people="/y", role="viewer"):
        pass
    assert "DOCKWORTHY_STATE" in refused.value.hint
