"""Why nobody answers at the usual socket: no engine, one that waits for its plugin, or one that listens elsewhere."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockworthy.engine import silence
from dockworthy.engine.silence import waits_for_plugin, why_silent

USUAL = "/var/run/docker.sock"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Its files: `pid` of the engine, `daemon.json`, and sockets of plugins."""
    monkeypatch.setattr(silence, "_PID", tmp_path / "pid")
    monkeypatch.setattr(silence, "_SETTINGS", tmp_path / "daemon.json")
    monkeypatch.setattr(silence, "_PLUGINS", tmp_path)
    yield tmp_path


@pytest.fixture
def running(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A process called dockerd, which is this one by its number."""
    monkeypatch.setattr(silence, "_engine", lambda: os.getpid())
    yield os.getpid()


def name_plugin(machine: Path, *names: str) -> None:
    (machine / "daemon.json").write_text(json.dumps({"authorization-plugins": names}))


def dead_socket(machine: Path, name: str) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(machine / f"{name}.sock"))


def test_no_engine_at_all(machine: Path) -> None:
    assert why_silent(USUAL).says == "the engine is not running"
    (machine / "daemon.json").write_text("{no JSON")
    (machine / "pid").write_text(str(os.getpid()))  # another's process by now
    assert why_silent(USUAL).says == "the engine is not running"


@pytest.mark.parametrize("made", [True, False], ids=["left behind", "missing"])
def test_one_that_waits_for_the_guard(machine: Path, running: int, made: bool) -> None:
    name_plugin(machine, "dockworthy")
    if made:
        dead_socket(machine, "dockworthy")
    found = why_silent(USUAL)
    assert found == waits_for_plugin(USUAL)
    assert f"the engine (process {running}) runs, and waits for its authorization plugin dockworthy" in found.says
    assert "dockworthy-guard" in found.hint and "unlock" in found.hint
    assert why_silent("/run/another.sock").says == "the engine is not running", "of another engine nothing is known"


def test_one_that_gave_up_for_want_of_a_plugin(machine: Path) -> None:
    name_plugin(machine, "other")
    dead_socket(machine, "other")
    found = why_silent(USUAL)
    assert "is not running, and can't without its authorization plugin other" in found.says and "other" in found.hint


def test_a_plugin_that_answers_is_not_waited_for(machine: Path, running: int) -> None:
    name_plugin(machine, "dockworthy")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(machine / "dockworthy.sock"))
        listening.listen()
        assert waits_for_plugin(USUAL) is None
        assert "does not listen there: it starts or ends, or listens elsewhere" in why_silent(USUAL).says
