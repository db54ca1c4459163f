"""Credentials that the swarm keeps with a service go to no registry but the one that they were given for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import json, structs

from dockworthy.deploy.targets.swarm import services
from dockworthy.guard.judges.kept_logins import refused_kept_login
from dockworthy.guard.request import GuardRequest
from dockworthy.guard.routes import Call, find_call
from guard.worlds import EmptyWorld

NOW, BEFORE = "registry.example.com/shop:2", "old.example.com:5000/shop:1"


def spec(image: str) -> dict[str, Any]:
    return {"Name": "shop", "TaskTemplate": {"ContainerSpec": {"Image": image}}}


class World(EmptyWorld):
    async def service(self, reference: str) -> Mapping[str, Any] | None:
        there = {"Version": {"Index": 7}, "Spec": spec(NOW), "PreviousSpec": spec(BEFORE)}
        return there if reference == "shop" else None


def update(image: str, query: str = "", login: str | None = None, service: str = "shop", version: str = "7") -> Call:
    content = json.encode(spec(image))
    headers = {"content-type": "application/json", "content-length": str(len(content))}
    if login is not None:
        headers["x-registry-auth"] = login
    target = f"/v1.45/services/{service}/update?version={version}{query}"
    return find_call(GuardRequest(method="POST", target=target, headers=headers, body=content))


async def refusals(call: Call) -> list[str]:
    return [each.says async for each in refused_kept_login(call, World())]


SPEC, PREVIOUS, ROLLBACK = "&registryAuthFrom=spec", "&registryAuthFrom=previous-spec", "&rollback=previous"


@pytest.mark.parametrize(
    ("image", "query"),
    [
        *((image, query) for query in ("", SPEC, ROLLBACK, SPEC + ROLLBACK) for image in (
            NOW, "registry.example.com/shop@sha256:" + "a" * 64, "REGISTRY.example.com/other/thing")),
        (BEFORE, PREVIOUS), ("old.example.com:5000/other", PREVIOUS + ROLLBACK),
    ],
)  # fmt: skip
async def test_kept_credentials_stay_with_their_registry(image: str, query: str) -> None:
    assert not await refusals(update(image, query))


ELSEWHERE = (
    *("evil.example.com/x", "registry.example.com:5000/shop", "registry.example.com.evil.example/x", "10.88.0.2:1/x"),
    *("nginx", "team/nginx", "docker.io/team/nginx", "index.docker.io/x/y", "localhost/x", "Evil/x"),
    *("sha256:" + "a" * 64, ""),
)


@pytest.mark.parametrize("query", ["", SPEC, ROLLBACK, SPEC + ROLLBACK, PREVIOUS, PREVIOUS + ROLLBACK])
@pytest.mark.parametrize("image", ELSEWHERE)
async def test_kept_credentials_go_nowhere_else(image: str, query: str) -> None:
    kept = "old.example.com:5000" if PREVIOUS in query else "registry.example.com"
    (says,) = await refusals(update(image, query))
    assert f"what it may keep of this service for {kept}" in says
    (says,) = await refusals(update(image, query, login=" "))
    assert kept in says, "the engine takes an empty header for none"
    assert not await refusals(update(image, query, login="e30="))


async def test_images_of_docker_hub_have_one_registry() -> None:
    class Hub(World):
        async def service(self, reference: str) -> Mapping[str, Any] | None:
            return {"Version": {"Index": 7}, "Spec": spec("docker.io/library/nginx:1")}

    for image in ("nginx:2", "team/x", "index.docker.io/team/x"):
        assert not [each async for each in refused_kept_login(update(image), Hub())]
    assert [each async for each in refused_kept_login(update(NOW), Hub())]
    assert [each async for each in refused_kept_login(update("nginx", PREVIOUS), Hub())] == [], "both are Docker Hub's"


async def test_the_service_is_the_one_that_was_looked_at() -> None:
    """Between our look and the engine's, another update could have changed what the swarm keeps."""
    for call in (update(NOW, version="8"), update(NOW, service="gone")):
        (says,) = await refusals(call)
        assert "update out of sequence" in says
    other = structs.replace(update(NOW), route=find_call(GuardRequest(method="GET", target="/info")).route)
    assert not await refusals(other)


@pytest.mark.parametrize(
    ("before", "after", "sent"),
    [(BEFORE, NOW, "e30="), (NOW, "nginx", "e30="), (NOW, NOW, None), ("nginx", "docker.io/library/nginx", None)],
)
async def test_a_deploy_without_a_login_takes_no_other_ones_to_another_registry(
    before: str, after: str, sent: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    seen: list[Mapping[str, str]] = []

    class Swarm:
        async def get(self, path: str) -> Any:
            return {"ID": "x", "Version": {"Index": 7}, "Spec": spec(before)}

        async def send(self, method: str, path: str, body: Any, *, headers: Mapping[str, str]) -> None:
            seen.append(headers)

    await services.change(Swarm(), "shop", lambda _: spec(after))  # type: ignore[arg-type]
    assert [each.get("X-Registry-Auth") for each in seen] == [sent]
