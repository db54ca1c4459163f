"""A swarm of one node, for all tests here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from machines.engines import OwnEngine, start_engine
from machines.images import make_image

from .stacks import Stack


@pytest.fixture(scope="session")
def swarm(engines_folder: Path) -> Iterator[OwnEngine]:
    """Its one manager. Its network is its own: overlays of two engines in one would meet."""
    engine = start_engine(engines_folder / "swarm")
    engine.docker("swarm", "init", "--advertise-addr", "127.0.0.1")
    yield engine
    engine.stop()


@pytest.fixture(scope="session")
def shop_images(swarm: OwnEngine) -> tuple[str, str]:
    """Two versions of an image, of which no registry knows."""
    return tuple(make_image(swarm, f"dockworthy-test-shop:{each}", f"LABEL v={each}") for each in (1, 2))  # type: ignore[return-value]


@pytest.fixture
def shop(
    swarm: OwnEngine, shop_images: tuple[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Stack]:
    """A project that is called after the test, removed with it."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:38].strip("-")
    made = Stack(swarm, tmp_path, name, shop_images[0])
    yield made
    made.remove()
