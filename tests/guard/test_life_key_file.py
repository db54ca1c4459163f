"""The key by which root's deploys are known goes with the guard."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.guard.life import uninstalling
from dockworthy.guard.life.engine_here import EngineHere
from dockworthy.guard.life.places import Places
from dockworthy.guard.life.record import Record


def test_uninstall_removes_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("bundle", "socket", "policy", "audit", "state", "unlock", "program", "init", "root_key")
    places = Places(**{name: tmp_path / name for name in names})
    places.root_key.write_bytes(b"0" * 64)
    monkeypatch.setenv("DOCKWORTHY_STATE", str(tmp_path / "theirs"))
    for name in ("stop", "forget"):
        monkeypatch.setattr(uninstalling.Service, name, lambda self: None)
    monkeypatch.setattr(uninstalling, "take_order_away", lambda places: None)
    record = Record(
        version="1", endpoint="unix:///x", settings=str(tmp_path / "daemon.json"), settings_was_there=False,
        by_systemd=False,
    )  # fmt: skip
    engine = EngineHere(endpoint=record.endpoint, settings=Path(record.settings))
    uninstalling._remove(places, record, engine, bundle_stays=False, comes_back=False)
    assert not places.root_key.exists()
