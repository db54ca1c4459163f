"""Images of a kept release that are gone from the engine come back from their registry, by digest."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from ..engine.connection import Connection
from ..engine.registry_login import registry_headers
from ..errors import EngineError, EngineRefused, EngineTimeout, EngineUnreachable, ImageUnavailable
from .images import Pinned, pinned_images
from .registry_answers import next_command

_SECONDS = 1800.0


async def pulled_again(engine: Connection, images: Iterable[str]) -> dict[str, Pinned | None]:
    """`name@sha256:…` -> the image. Raises ImageUnavailable with the registry's words, and what to do next.

    Source: POST /images/create.
    """
    wanted = sorted(set(images))
    for image in wanted:
        try:
            path = f"/images/create?fromImage={quote(image, safe='')}"
            headers = await registry_headers(image)
            await engine.send("POST", path, headers=headers, seconds=_SECONDS, answer=False)
        except (EngineUnreachable, EngineRefused, EngineTimeout):
            raise  # it is the engine itself, and no registry
        except EngineError as error:
            says = f"{image} is no longer on the engine, and can't be pulled: {error.says}"
            raise ImageUnavailable(says, hint=next_command(image, error.says)) from None
    return await pinned_images(engine, wanted)
