"""One list says what is the guard's and the engine's: no module has a place of its own that the list lacks."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from dockworthy.guard.host_tree import HostTree
from dockworthy.guard.life.places import Places
from dockworthy.guard.own_paths import own_paths
from dockworthy.input_files import is_inside
from dockworthy.model.own_places import LOGS, STATE, TO_READ, TO_WRITE

PLACES = structs.asdict(Places())


@pytest.mark.parametrize("name", PLACES)
def test_every_place_of_the_guard_is_in_the_list(name: str) -> None:
    assert any(is_inside(str(PLACES[name]), listed) for listed in (*TO_READ, *TO_WRITE, LOGS)), PLACES[name]


@pytest.mark.parametrize("path", [*TO_READ, *TO_WRITE])
def test_the_guard_refuses_each_of_them(path: str) -> None:
    own, tree = own_paths(real=str), HostTree(())
    for above in (path, f"{path}/below", str(Path(path).parent)):
        assert own.refuses(above, tree, read_only=False), above
        assert own.refuses(above, tree, read_only=True) or path in TO_WRITE, above


def test_the_state_is_where_the_list_says() -> None:
    assert str(Places().state.parent) == STATE
