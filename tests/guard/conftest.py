"""What tests of the guard share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from guard.people_host import host_of_people
from machines.own_host import OwnHost


@pytest.fixture(scope="session")
def people_host(engines_folder: Path) -> Iterator[OwnHost]:
    yield from host_of_people(engines_folder / "guard-people")
