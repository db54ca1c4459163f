"""The builder that `docker build` (Buildx) makes for itself where BuildKit at the engine is refused to it.

It hides that refusal: it pulls this image, starts a privileged container from it, and shows what these requests get. So
the reason is said there. Source: buildx 0.13, driver/docker/factory.go (Priority), driver/docker-container/driver.go.
"""

from __future__ import annotations

from .finding_route import Call

_BUILDER = "moby/buildkit:buildx-"
"""Up to a part of its tag: `buildx-stable-1`, `buildx-stable-1-rootless`."""


def is_builder(image: str) -> bool:
    return image.removeprefix("index.").removeprefix("docker.io/").startswith(_BUILDER)


def asks_for_builder(call: Call) -> bool:
    """Is it pulled?"""
    tag = call.query.get("tag", "")
    return call.route.action == "images/create" and is_builder(call.query.get("fromImage", "") + (tag and f":{tag}"))
