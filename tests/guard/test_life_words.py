"""What becomes of containers while the engine is restarted, in words that fit the number."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.guard.life.engine_here import EngineHere


@pytest.mark.parametrize(
    ("number", "in_swarm", "says"),
    [
        (0, False, "no container runs"),
        (1, False, "1 container runs on"),
        (2, False, "2 containers run on"),
        (1, True, "1 container stops and starts with it"),
        (3, True, "3 containers stop and start with it"),
    ],
)
def test_one_container_and_several(number: int, in_swarm: bool, says: str) -> None:
    running = frozenset(f"c{each}" for each in range(number))
    engine = EngineHere(endpoint="unix:///x", settings=Path("/x"), running=running, in_swarm=in_swarm)
    assert f"; {says}" in engine.while_restarted()
