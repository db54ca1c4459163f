"""Which image exactly: names are resolved once, to a digest where a registry knows it, else to the engine's id."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from ..engine.connection import Connection
from ..engine.faults import NoSuchObject
from ..model.engine import Image
from ..readers.image import read_one_image


class Pinned(Struct, frozen=True):
    """`image`: what Compose is given, `name@sha256:…` or `sha256:…`. `id`: what containers made from it name.
    `has_health_check`: the image brings one. `facts`: what else it says of itself."""

    image: str
    id: str
    has_health_check: bool = False
    facts: Image | None = None

    @property
    def is_here(self) -> bool:
        """One that a dry run only says would be pulled has no id."""
        return bool(self.id)


async def pinned_images(engine: Connection, references: Iterable[str]) -> dict[str, Pinned | None]:
    """Reference -> what it stands for on this engine now; None for what is not there.

    Source: GET /images/{name}/json.
    """
    wanted = sorted(set(references))
    found = await asyncio.gather(*(_pinned(engine, reference) for reference in wanted))
    return dict(zip(wanted, found, strict=True))


async def _pinned(engine: Connection, reference: str) -> Pinned | None:
    try:
        facts = await engine.get(f"/images/{quote(reference, safe='')}/json")
    except NoSuchObject:
        return None
    return pinned(reference, facts)


def pinned(reference: str, facts: Mapping[str, Any]) -> Pinned:
    """By digest where the engine has one of the same repository; an image that was built or loaded has none."""
    identity: str = facts["Id"]
    test = ((facts.get("Config") or {}).get("Healthcheck") or {}).get("Test") or ["NONE"]
    image = identity
    if not reference.startswith("sha256:"):
        repository, asked = repository_of(reference), reference.partition("@")[2]
        digests = [each for each in facts.get("RepoDigests") or () if each.partition("@")[0] == repository]
        image = next((each for each in digests if asked and each.endswith(asked)), digests[0] if digests else identity)
    return Pinned(image, identity, test[0] != "NONE", read_one_image(dict(facts)))


def repository_of(reference: str) -> str:
    """`registry:5000/shop:1` -> `registry:5000/shop`; as the engine writes it in RepoDigests: `docker.io/library/nginx`
    is nginx there."""
    name = reference.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    repository = head if colon and "/" not in tag else name
    return re.sub(r"^(index\.)?docker\.io/(library/)?", "", repository)
