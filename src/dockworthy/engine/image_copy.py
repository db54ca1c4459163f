"""An image goes from one engine to another, as `docker save | docker load` would have it go, without a file on its way.

Source: GET /images/{name}/get, POST /images/load, POST /images/{name}/tag.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import quote

import msgspec

from ..errors import DockworthyError, EngineError
from .connection import Connection
from .faults import NoSuchObject

_TOLD_EVERY = 50 * 10**6
"""Bytes."""


async def size_of(engine: Connection, image: str) -> int | None:
    """Bytes that it takes on the engine; None where it is not there. Raises EngineError and its kinds."""
    try:
        return int((await engine.get(f"/images/{quote(image, safe='')}/json"))["Size"])
    except NoSuchObject:
        return None


async def copy_image(
    source: Connection, target: Connection, image: str, *, name: str = "", told: Callable[[int], None]
) -> None:
    """`image`: its id, by which it is looked for afterwards. `name`: what it is to be called there (`shop-web:1`), so
    that a clean-up of images without a name does not take it. `told` hears the bytes that went so far.

    Raises EngineError and its kinds. Ended in the middle it leaves no image, and can be begun anew.
    """
    broken: list[DockworthyError] = []
    try:
        said = await target.take("/images/load?quiet=1", _counted(source, image, told, broken))
    except EngineError:
        if broken:  # the end of the source is not the target's fault
            raise broken[0] from None
        raise
    if why := _complaint(said):
        raise EngineError(f"the engine at {target.endpoint} did not load it: {why}", hint="is the disk full there?")
    if await size_of(target, image) is None:
        raise EngineError(f"{image} was loaded at {target.endpoint}, and is not there: its engine names it otherwise")
    if name:
        repository, _, tag = name.rpartition(":")
        await target.send("POST", f"/images/{image}/tag?repo={quote(repository, safe='')}&tag={quote(tag)}")


def now_and_then(tell: Callable[[int], None]) -> Callable[[int], None]:
    """`told` of a copy, that hears of every 50 MB: for people, and a link that is slow."""
    said = 0

    def told(went: int) -> None:
        nonlocal said
        if went - said >= _TOLD_EVERY:
            said = went
            tell(went)

    return told


async def _counted(
    source: Connection, image: str, told: Callable[[int], None], broken: list[DockworthyError]
) -> AsyncIterator[bytes]:
    went = 0
    try:
        async for chunk in source.chunks(f"/images/{quote(image, safe='')}/get"):
            yield chunk
            went += len(chunk)
            told(went)
    except DockworthyError as error:
        broken.append(error)
        raise


def _complaint(said: bytes) -> str:
    """Loading answers 200 before it began; what goes wrong later stands in its last words."""
    for line in said.splitlines():
        try:
            words: Any = msgspec.json.decode(line)
        except msgspec.DecodeError:
            continue
        if isinstance(words, dict) and words.get("error"):
            return str(words["error"])
    return ""
