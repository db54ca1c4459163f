"""Names of images, and what a person does where a registry does not give one."""

from __future__ import annotations

import pytest

from dockworthy.deploy.images import pinned
from dockworthy.deploy.registry_answers import next_command

ID, OLD, NEW = (f"sha256:{digit * 64}" for digit in "abc")


@pytest.mark.parametrize(
    ("reference", "digests", "expected"),
    [
        ("shop:1", [], ID),
        ("shop:1", [f"mirror.example.com/shop@{OLD}"], ID),
        ("registry:5000/shop:1", [f"other/shop@{OLD}", f"registry:5000/shop@{NEW}"], f"registry:5000/shop@{NEW}"),
        ("docker.io/library/nginx:1", [f"nginx@{OLD}"], f"nginx@{OLD}"),
        ("docker.io/team/shop", [f"team/shop@{OLD}"], f"team/shop@{OLD}"),
        (f"shop@{NEW}", [f"shop@{OLD}", f"shop@{NEW}"], f"shop@{NEW}"),
        (ID, [f"shop@{OLD}"], ID),
    ],
)
def test_pinned_by_the_digest_of_its_own_repository(reference: str, digests: list[str], expected: str) -> None:
    assert pinned(reference, {"Id": ID, "RepoDigests": digests}).image == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("unauthorized: authentication required", "docker login reg.example.com"),
        ("Head https://reg.example.com/v2/shop/manifests/1: no basic auth credentials", "docker login reg.example.com"),
        ("manifest for reg.example.com/shop:1 not found: manifest unknown", "docker push reg.example.com/shop:1"),
        ("pull access denied, repository does not exist or may require 'docker login'", "is it spelled so"),
        ("http: server gave HTTP response to HTTPS client", "insecure-registries"),
        ("x509: certificate signed by unknown authority", "/etc/docker/certs.d/reg.example.com/ca.crt"),
        ("dial tcp: lookup reg.example.com: no such host", "is reg.example.com up"),
        ("context deadline exceeded", "is reg.example.com up"),
        ("the moon is in the wrong house", "docker pull reg.example.com/shop:1"),
    ],
)
def test_what_a_registry_says_leads_to_the_next_command(said: str, expected: str) -> None:
    assert expected in next_command("reg.example.com/shop:1", said)


def test_the_registry_of_images_without_one_needs_no_name() -> None:
    assert next_command("team/shop", "unauthorized").startswith("docker login, as who deploys")
