"""Knowledge that ages says when it was true, and a verdict does not outlive it."""

from __future__ import annotations

import datetime
import pkgutil

import pytest

from dockworthy.model import knowledge
from dockworthy.model.dialect import Version
from dockworthy.model.knowledge import releases
from dockworthy.model.knowledge.clients import CLIENTS, client_of, spoken_by
from dockworthy.model.knowledge.engine_changes import NEXT_MAJOR, OLDEST_API, OLDEST_API_AT_FIRST, SETTINGS


def test_every_file_is_dated_and_names_its_sources() -> None:
    known = knowledge.all_known()
    assert len(known) == len(list(pkgutil.iter_modules(knowledge.__path__)))
    assert all(each.sources and each.what and each.on <= datetime.date(2026, 12, 31) for each in known)
    assert known[0].on == min(each.on for each in known)
    assert known[0].until > known[0].on
    assert str(known[0].on) in knowledge.sentence()


def test_clients_are_told_by_repository_whatever_their_registry() -> None:
    for name in ("traefik", "docker.io/library/traefik", "registry.example.com:5000/traefik", "TRAEFIK"):
        client = client_of(name)
        assert client is not None and client.name == "Traefik", name
    assert client_of("registry.example.com/shop/traefik") is None
    assert client_of("shop") is None


@pytest.mark.parametrize(
    ("image", "version", "api"),
    [
        ("traefik", (2, 11, 30), Version(1, 24)),
        ("traefik", (3, 6, 0), Version(1, 24)),
        ("traefik", (1, 7, 34), Version(1, 24)),
        ("containrrr/watchtower", (1, 7, 1), Version(1, 25)),
        ("portainer/portainer-ce", (2, 33, 3), Version(1, 41)),
        ("portainer/portainer-ce", (2, 19, 4), None),
        ("gcr.io/cadvisor/cadvisor", (0, 49, 1), Version(1, 41)),
        ("docker", (20, 10, 24), Version(1, 41)),
        ("docker", (18, 6, 1), Version(1, 38)),
        ("dozzle", (1, 0), None),
    ],
)
def test_spoken(image: str, version: tuple[int, ...], api: Version | None) -> None:
    client = client_of(image)
    assert (spoken_by(client, version) if client else None) == api


def test_fixed_versions_speak_to_the_next_engine() -> None:
    for image, version in (("traefik", (2, 11, 31)), ("traefik", (3, 6, 1)), ("portainer/portainer-ce", (2, 33, 5))):
        client = client_of(image)
        assert client is not None
        api = spoken_by(client, version)
        assert api is not None and api >= OLDEST_API_AT_FIRST


def test_tables_are_in_order_and_agree_with_the_releases() -> None:
    for client in CLIENTS:
        assert [each.since for each in client.spoken] == sorted(each.since for each in client.spoken), client.name
        assert client.passes_on or client.spoken[0].since == (), client.name
        assert client.images == tuple(name.lower() for name in client.images)
    assert releases.ENGINE_NEWEST[0] == NEXT_MAJOR == releases.ENGINE_LINES[0].version[0]
    assert OLDEST_API < OLDEST_API_AT_FIRST
    assert all(change.since <= releases.ENGINE_NEWEST for change in SETTINGS)


def test_what_is_too_old_is_said_with_its_day() -> None:
    first = knowledge.first_to_age()
    assert knowledge.aged(first.until) == []
    (says,) = knowledge.aged(first.until + datetime.timedelta(days=1))
    assert first.what in says and str(first.on) in says and "newer dockworthy" in says
