"""What an engine tells that makes a repair exact: the digests of the images it has, and where logs go by default."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..errors import EngineError
from ..model.compose_fix import KnownToEngine
from ..model.image_names import names_registry

_HUB = ("docker.io/library/", "docker.io/", "index.docker.io/library/", "index.docker.io/")


async def read_known(endpoint: str, *, deadline: float) -> KnownToEngine:
    """Asks for `GET /images/json` and `GET /info`. Raises EngineError and its kinds."""
    from ..engine.connection import Connection  # its client takes longer to import than a file to repair

    async with Connection(endpoint, deadline=deadline) as engine:
        images, info = await engine.get("/images/json"), await engine.get("/info")
    if not isinstance(images, list) or not isinstance(info, dict):
        raise EngineError(f"what the engine at {endpoint} answered is not what its API says")
    return KnownToEngine(digests=digests_of(images), log_driver=str(info.get("LoggingDriver") or ""))


def digests_of(images: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Image, as a file may name it -> its digest in the registry that it came from.

    Left out is what never was in a registry, and what has several digests there: nobody could say which one is meant.
    """
    found: dict[str, str] = {}
    for image in images:
        digests: dict[str, set[str]] = {}
        for named in image.get("RepoDigests") or ():
            repository, _, digest = str(named).partition("@")
            digests.setdefault(repository, set()).add(digest)
        for tagged in image.get("RepoTags") or ():
            repository, _, tag = str(tagged).rpartition(":")
            if len(digests.get(repository, ())) == 1:
                (digest,) = digests[repository]
                found |= dict.fromkeys(_names(repository, tag), digest)
    return found


def _names(repository: str, tag: str) -> Iterator[str]:
    """`nginx` is `nginx:latest`, `docker.io/library/nginx:latest` and more of the kind."""
    prefixes = ("",) if names_registry(repository) else ("", *(_HUB[1::2] if "/" in repository else _HUB))
    for prefix in prefixes:
        yield f"{prefix}{repository}:{tag}"
        if tag == "latest":
            yield f"{prefix}{repository}"
