"""A project with data of the test's own, which it starts itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backup.projects import DataProject
from machines.engines import OwnEngine
from machines.postgres import make_postgres_image


@pytest.fixture
def unstarted(
    own_engine: OwnEngine, busybox_image: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[DataProject]:
    make_postgres_image(own_engine)
    name = "".join(letter for letter in request.node.name.lower() if letter.isalnum())[:40]
    made = DataProject(own_engine, tmp_path, f"drill-{name}", busybox_image)
    try:
        yield made
    finally:
        made.down()
