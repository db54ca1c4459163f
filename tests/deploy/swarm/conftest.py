"""A swarm of one node, for all tests here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from machines.engines import OwnEngine, start_engine


@pytest.fixture(scope="session")
def swarm(engines_folder: Path) -> Iterator[OwnEngine]:
    """Its one manager. Its network is its own: overlays of two engines in one would meet."""
    engine = start_engine(engines_folder / "swarm")
    engine.docker("swarm", "init", "--advertise-addr", "127.0.0.1")
    yield engine
    engine.stop()
