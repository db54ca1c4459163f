"""Which images must be signed: patterns as people write them, the last that fits."""

from __future__ import annotations

import pytest

from dockworthy.deploy.signatures import to_verify
from dockworthy.model.before_deploy import SignedImages
from dockworthy.model.image_names import in_full
from dockworthy.model.release import ShippedService


def services(**references: str) -> dict[str, ShippedService]:
    return {
        name: ShippedService(reference=reference, image=f"{reference}@sha256:a", image_id="sha256:b", spec_hash="h")
        for name, reference in references.items()
    }


@pytest.mark.parametrize(
    ("patterns", "reference", "demanded"),
    [
        (("*",), "shop:1", True),
        (("*", "!shop:*"), "shop:1", False),
        (("!shop:*", "*"), "shop:1", True),
        (("*", "!registry.example.com/*", "registry.example.com/shop:*"), "registry.example.com/shop:1", True),
        (("*", "!registry.example.com/*", "registry.example.com/shop:*"), "registry.example.com/a/other:1", False),
        (("docker.io/library/postgres:*",), "postgres:17", True),
        (("docker.io/*",), "team/shop:1", True),
        (("docker.io/*",), "localhost/shop:1", False),
        (("docker.io/*",), "host:5000/shop:1", False),
        (("SHOP:*",), "shop:1", False),
    ],
)
def test_the_last_pattern_that_fits_counts(patterns: tuple[str, ...], reference: str, demanded: bool) -> None:
    found = to_verify([SignedImages("cosign.pub", patterns)], services(web=reference))
    assert [each.keys for each in found if not each.excepted] == ([("cosign.pub",)] if demanded else [])
    excepted = [each.excepted for each in found if each.excepted]
    assert len(excepted) <= 1 and all(pattern.startswith("!") for pattern in excepted)


def test_an_image_of_two_services_is_verified_once_and_by_each_demand() -> None:
    shipped = services(web="shop:1", worker="shop:1", db="postgres:17")
    found = to_verify([SignedImages("a.pub"), SignedImages(("b.pub", "c.pub"), ("shop:*",))], shipped)
    assert [(each.services, each.keys) for each in found] == [
        (("db",), ("a.pub",)),
        (("web", "worker"), ("a.pub",)),
        (("web", "worker"), ("b.pub", "c.pub")),
    ]


def test_a_name_in_full() -> None:
    assert in_full("postgres") == "docker.io/library/postgres"
    assert in_full("team/shop:1") == "docker.io/team/shop:1"
    assert in_full("index.docker.io/postgres") == in_full("docker.io/postgres") == "docker.io/library/postgres"
    assert in_full("Registry/shop") == "Registry/shop"
    assert in_full("localhost/shop") == "localhost/shop"
    assert in_full("registry.example.com:5000/shop") == "registry.example.com:5000/shop"
