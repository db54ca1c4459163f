"""Images: the list, then one inspect and one history each, however many tags name it."""

from __future__ import annotations

import asyncio
from typing import Any

from ..engine.faults import NoSuchObject
from ..errors import EngineError
from ..model.field import Field, Set, Unknown
from ..model.snapshot import ContainerFacts, ImageFacts
from .asking import Asking, shaped, source_of, unknown


async def read_images(asking: Asking) -> Set[tuple[ImageFacts, ...]] | Unknown:
    """Every image that a tag names or nothing is built on. One that is removed meanwhile is left out."""
    listed = await asking.many("/images/json")
    if isinstance(listed, Unknown):
        return listed
    ids = dict.fromkeys(str(entry.get("Id", "")) for entry in listed.value)
    read = await asyncio.gather(*(_image(asking, id) for id in ids))
    return Set(tuple(image for image in read if image is not None), listed.source)


async def with_running_images(
    asking: Asking,
    images: Set[tuple[ImageFacts, ...]] | Unknown,
    containers: Set[tuple[ContainerFacts, ...]] | Unknown,
) -> Set[tuple[ImageFacts, ...]] | Unknown:
    """Those of containers, too: the list leaves out an image whose tag moved on and on which another one is built."""
    if isinstance(images, Unknown) or isinstance(containers, Unknown):
        return images
    known = {image.id for image in images.value}
    ids = {_image_id(container) for container in containers.value} - known - {""}
    read = await asyncio.gather(*(_image(asking, id) for id in sorted(ids)))
    return Set((*images.value, *(image for image in read if image is not None)), images.source)


def _image_id(container: ContainerFacts) -> str:
    id = container.inspect.value.get("Image") if isinstance(container.inspect, Set) else ""
    return id if isinstance(id, str) else ""


async def _image(asking: Asking, id: str) -> ImageFacts | None:
    inspect_path, history_path = f"/images/{id}/json", f"/images/{id}/history"
    inspected, history = await asyncio.gather(_answer(asking, inspect_path), _answer(asking, history_path))
    if isinstance(inspected, NoSuchObject):
        return None
    # Cleaned together: a secret of the image's environment stands in its history again, in words of its own.
    both = shaped([{"inspect": inspected, "history": history}], list, source_of(inspect_path), asking.redactor)
    if isinstance(both, Unknown):
        return ImageFacts(id=id, inspect=both, history=both)
    cleaned: dict[str, Any] = both.value[0]
    return ImageFacts(
        id=id,
        inspect=_field(cleaned["inspect"], dict, inspect_path),
        history=_history(_field(cleaned["history"], list, history_path)),
    )


async def _answer(asking: Asking, path: str) -> Any:
    """The answer, or the error that came instead."""
    try:
        return await asking.connection.get(path)
    except EngineError as error:
        return error


def _field(answer: Any, kind: type[Any], path: str) -> Set[Any] | Unknown:
    if isinstance(answer, EngineError):
        return unknown(answer, source_of(path))
    if not isinstance(answer, kind):
        return Unknown(f"what the engine answered to GET {path} is not what its API says", source=source_of(path))
    return Set(answer, source_of(path))


def _history(read: Set[list[Any]] | Unknown) -> Field[tuple[dict[str, Any], ...]]:
    if isinstance(read, Unknown):
        return read
    return Set(tuple(entry for entry in read.value if isinstance(entry, dict)), read.source)
