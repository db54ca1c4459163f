"""What `docker login` stored is found as docker finds it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockworthy.engine.registry_login import HUB, registry_headers, registry_of

AUTH = base64.b64encode(b"shop:s3cret:too").decode()
SHOP = {"username": "shop", "password": "s3cret:too"}
HELPER = """#!/bin/sh
read -r server
[ "$1" = get ] && [ "$server" = registry.example.com ] || { echo "credentials not found in native keychain"; exit 1; }
printf '{"ServerURL": "%s", "Username": "USER", "Secret": "from the helper"}' "$server"
"""


async def login(folder: Path, image: str, configuration: object, **environ: str) -> dict[str, Any]:
    """What goes to the engine, read again."""
    written = configuration if isinstance(configuration, str) else json.dumps(configuration)
    (folder / "config.json").write_text(written)
    headers = await registry_headers(
        image, {"DOCKER_CONFIG": str(folder), "PATH": f"{folder}:/usr/bin:/bin", **environ}
    )
    if not headers:
        return {}
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(headers["X-Registry-Auth"]))
    found.pop("serveraddress")
    return found


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("nginx", "docker.io"),
        ("team/shop:1", "docker.io"),
        ("docker.io/library/nginx@sha256:0", "docker.io"),
        ("index.docker.io/team/shop", "docker.io"),
        ("localhost/shop", "localhost"),
        ("registry:5000/shop:1", "registry:5000"),
        ("registry.example.com/team/shop", "registry.example.com"),
    ],
)
def test_an_image_names_its_registry(image: str, registry: str) -> None:
    assert registry_of(image) == registry


@pytest.mark.parametrize(
    "key", ["registry.example.com", "https://registry.example.com/v1/", "http://registry.example.com"]
)
async def test_a_login_in_the_file(tmp_path: Path, key: str) -> None:
    configuration = {"auths": {"other.example.com": {"auth": "b3RoZXI6b3RoZXI="}, key: {"auth": AUTH}}}
    assert await login(tmp_path, "registry.example.com/shop:1", configuration) == SHOP
    assert await login(tmp_path, "registry.example.com:5000/shop:1", configuration) == {}
    assert await login(tmp_path, "sha256:" + "0" * 64, configuration) == {}


async def test_the_registry_of_images_without_one_has_a_name_of_its_own(tmp_path: Path) -> None:
    for image in ("nginx", "docker.io/team/shop@sha256:0"):
        assert await login(tmp_path, image, {"auths": {HUB: {"auth": AUTH}}}) == SHOP


async def test_tokens(tmp_path: Path) -> None:
    configuration = {"auths": {"registry.example.com": {"identitytoken": "t0ken"}}}
    assert await login(tmp_path, "registry.example.com/shop", configuration) == {"identitytoken": "t0ken"}


@pytest.mark.parametrize("asks", [{"credsStore": "test"}, {"credHelpers": {"registry.example.com": "test"}}])
@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("shop", {"username": "shop", "password": "from the helper"}),
        ("<token>", {"identitytoken": "from the helper"}),
    ],
)
async def test_a_helper_comes_before_the_file(
    tmp_path: Path, asks: dict[str, Any], user: str, expected: dict[str, str]
) -> None:
    helper = tmp_path / "docker-credential-test"
    helper.write_text(HELPER.replace("USER", user))
    helper.chmod(0o755)
    configuration = {**asks, "auths": {"registry.example.com": {"auth": AUTH}, "x.example.com": {"auth": AUTH}}}
    assert await login(tmp_path, "registry.example.com/shop", configuration) == expected
    for_all = "credsStore" in asks  # what it does not know, nobody does; a helper of one registry is for that alone
    assert await login(tmp_path, "x.example.com/shop", configuration) == ({} if for_all else SHOP)


async def test_the_environment_comes_first(tmp_path: Path) -> None:
    given = json.dumps({"auths": {"registry.example.com": {"auth": AUTH}}})
    configuration = {"credsStore": "nowhere"}
    assert await login(tmp_path, "registry.example.com/shop", configuration, DOCKER_AUTH_CONFIG=given) == SHOP


@pytest.mark.parametrize(
    "configuration",
    [
        {},
        "{",
        "[]",
        {"auths": []},
        {"auths": {"registry.example.com": "shop"}},
        {"auths": {"registry.example.com": {"auth": "?"}}},
        {"credsStore": "nowhere"},
        {"credsStore": 1, "credHelpers": "x"},
    ],
)
async def test_nobody_logged_in(tmp_path: Path, configuration: object) -> None:
    assert await login(tmp_path, "registry.example.com/shop", configuration) == {}


_SERVERS = st.sampled_from(["registry.example.com", "https://registry.example.com/v2/", HUB, "x"])
_ANYTHING = st.recursive(st.none() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=2) | (
    st.dictionaries(st.sampled_from(["auth", "identitytoken", "username"]) | _SERVERS, inner, max_size=3)))  # fmt: skip
_NO_PROGRAM = _ANYTHING.filter(lambda each: not isinstance(each, str))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries({"auths": _ANYTHING, "credHelpers": _NO_PROGRAM, "credsStore": st.just("no\0 \n/one")}))
async def test_whatever_stands_there_nothing_breaks(tmp_path: Path, configuration: dict[str, Any]) -> None:
    for image in ("registry.example.com/shop", "nginx"):
        found = await login(tmp_path, image, configuration)
        assert all(isinstance(value, str) for value in found.values())
