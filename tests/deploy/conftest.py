"""What tests of deploys share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from machines.engines import OwnEngine
from machines.images import make_image

from .shops import Shop


@pytest.fixture(scope="session")
def shop_images(own_engine: OwnEngine) -> tuple[str, str]:
    """Two versions of an image."""
    return tuple(make_image(own_engine, f"dockworthy-test-shop:{each}", f"LABEL v={each}") for each in (1, 2))  # type: ignore[return-value]


@pytest.fixture
def shop(
    own_engine: OwnEngine, shop_images: tuple[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Shop]:
    """A project that is called after the test, removed with it."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:50].strip("-")
    made = Shop(own_engine, tmp_path, name, shop_images[0])
    yield made
    made.remove()
