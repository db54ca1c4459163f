"""A removal names a certificate by the host names that it is for, not by the file that holds it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from dockworthy.deploy.edge.state_dir import EdgeState
from dockworthy.deploy.removing import Remover, _Found
from dockworthy.model.removal import RemovedKind


@pytest.mark.parametrize(
    ("certificates", "names", "told"),
    [
        ({"shop": ("internal/shop.pem", "internal/shop.names")}, ("shop.example.com", "a.example.com"),
         ["shop.example.com, a.example.com"]),
        ({"shop.example.com": ("acme/shop.example.com.pem",)}, ("shop.example.com",), ["shop.example.com"]),
        ({"shop": ("internal/shop.pem",)}, (), ["for host names of shop that are not known any more"]),
    ],
)  # fmt: skip
def test_a_certificate_by_its_host_names(
    certificates: dict[str, tuple[str, ...]], names: tuple[str, ...], told: list[str]
) -> None:
    lists: Any = dict.fromkeys(("containers", "others", "services", "networks", "volumes", "releases"), ())
    found = _Found(**lists, stack={}, kept=EdgeState({}), certificates=certificates, names=names, records={}, notes=())
    items = Remover._at_edge(SimpleNamespace(_project="shop"), found)  # type: ignore[arg-type]
    assert [each.name for each in items if each.kind is RemovedKind.CERTIFICATE] == told


def test_releases_by_their_numbers() -> None:
    kept = SimpleNamespace(releases=("10", "2", "1", "2"), versions=(), has_more=True)
    found: Any = SimpleNamespace(records={"files": kept})
    items = Remover._recorded(SimpleNamespace(), found)  # type: ignore[arg-type]
    assert [each.name for each in items] == ["1", "2", "10"]
