"""What is known of base images by their name alone: which leave the user to be root, and which release they are of."""

from __future__ import annotations

import re

from ...model.knowledge.base_images import CODENAMES, DISTRIBUTIONS, ROOT_IMAGES
from ..image_names import parse_image

_RELEASE = re.compile(r"\d+(?:\.\d+)?")


def official_name(written: str) -> str:
    """`python` of `docker.io/library/python:3.12`; "" for an image that is no official one of Docker Hub.

    Mirrors keep its `library`.
    """
    repository = parse_image(written).repository.removeprefix("docker.io/")
    _, mirrored, name = f"/{repository}".rpartition("/library/")
    return name if mirrored else "" if "/" in repository else repository


def starts_as_root(written: str) -> bool:
    """Is it known that the image names no user? Neither does it then check its health."""
    return official_name(written) in ROOT_IMAGES


def release_of(written: str) -> tuple[str, str] | None:
    """(distribution, version) as /etc/os-release would say, where name and tag tell: `node:20-bullseye` is Debian 11."""
    name, tag = official_name(written), parse_image(written).tag.lower()
    if name in DISTRIBUTIONS and (match := _RELEASE.match(tag)):
        return DISTRIBUTIONS[name], match[0]
    if not name:
        return None
    for part in re.split(r"[-_]", tag):
        if part in CODENAMES:
            return CODENAMES[part]
        alpine = re.fullmatch(r"alpine(\d+\.\d+)", part)
        if alpine:
            return "alpine", alpine[1]
    return None
