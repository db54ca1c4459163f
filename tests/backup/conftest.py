"""A project with data of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from machines.engines import OwnEngine
from machines.mariadb import make_mariadb_image
from machines.postgres import make_postgres_image

from .mariadb_projects import MariadbProject
from .projects import DataProject


@pytest.fixture(scope="session")
def postgres(own_engine: OwnEngine) -> str:
    return make_postgres_image(own_engine)


@pytest.fixture
def project(
    own_engine: OwnEngine, busybox_image: str, postgres: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[DataProject]:
    name = "".join(letter for letter in request.node.name.lower() if letter.isalnum())[:40]
    made = DataProject(own_engine, tmp_path, f"backup-{name}", busybox_image)
    try:
        made.up()
        yield made
    finally:
        made.down()


@pytest.fixture(scope="session")
def mariadb(own_engine: OwnEngine) -> str:
    return make_mariadb_image(own_engine)


@pytest.fixture
def unstarted_shop(
    own_engine: OwnEngine, busybox_image: str, mariadb: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[MariadbProject]:
    name = "".join(letter for letter in request.node.name.lower() if letter.isalnum())[:40]
    made = MariadbProject(own_engine, tmp_path, f"backup-{name}", busybox_image)
    try:
        yield made
    finally:
        made.down()


@pytest.fixture
def shop(unstarted_shop: MariadbProject) -> MariadbProject:
    unstarted_shop.up()
    return unstarted_shop
