"""Which image exactly: names are resolved once, to a digest where a registry knows it, else to the engine's id. Images
of a kept release that are gone come back by that digest. What a deploy pulls, pinning.py decides."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from ..engine.connection import Connection
from ..engine.faults import NoSuchObject
from ..engine.registry_login import registry_headers
from ..errors import EngineError, EngineRefused, EngineTimeout, EngineUnreachable, ImageUnavailable
from ..model.engine import Image
from ..readers.image import read_one_image
from .registry_answers import next_command

_PULLING = 1800.0
"""Seconds: what a slow registry may take for one image."""


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
    """Pins an image by its digest, where the engine knows one of the same repository; else by its id: an image that was
    built or loaded has no digest."""
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


async def pulled_again(engine: Connection, images: Iterable[str]) -> dict[str, Pinned | None]:
    """Images of a kept release come back from their registry: `name@sha256:…` -> the image. Raises ImageUnavailable
    with the registry's words, and what to do next.

    Source: POST /images/create.
    """
    wanted = sorted(set(images))
    for image in wanted:
        try:
            path = f"/images/create?fromImage={quote(image, safe='')}"
            headers = await registry_headers(image)
            await engine.send("POST", path, headers=headers, seconds=_PULLING, answer=False)
        except (EngineUnreachable, EngineRefused, EngineTimeout):
            raise  # it is the engine itself, and no registry
        except EngineError as error:
            says = f"{image} is no longer on the engine, and can't be pulled: {error.says}"
            raise ImageUnavailable(says, hint=next_command(image, error.says)) from None
    return await pinned_images(engine, wanted)
