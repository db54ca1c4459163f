"""What a file can't tell and its image does: at a deploy the image is known, so a gap becomes an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from msgspec import Struct, structs

from ..model.engine import Image
from ..model.field import Field, Origin, Set, Source, Unknown, Unset
from ..model.workload import Container, ContainerRole, Unit
from .compose.operation import BY_IMAGE

T = TypeVar("T")


class KnownImage(Struct, frozen=True):
    """`reference`: the name by which it was asked for, be it in the file or on the command line."""

    reference: str
    facts: Image


def with_image_facts(units: Iterable[Unit], images: Mapping[str, KnownImage]) -> Iterator[Unit]:
    """The units with what their images say where the file is silent. `images`: service -> image."""
    for unit in units:
        image = images.get(unit.name) if unit.kind == "service" else None
        if image is None:
            yield unit
        else:
            yield structs.replace(unit, containers=tuple(_known(each, image) for each in unit.containers))


def _known(container: Container, image: KnownImage) -> Container:
    if container.role is not ContainerRole.MAIN:
        return container
    context, facts = container.context, image.facts
    return structs.replace(
        container,
        image=_named(container.image, image),
        image_id=Set(facts.id, Source(f"image {image.reference}", "Id"), Origin.IMAGE),
        context=structs.replace(context, user=_or_image(context.user, facts.user, image)),
        health=_or_image(container.health, facts.health, image),
    )


def _named(written: Field[str], image: KnownImage) -> Field[str]:
    """Whatever the file says: this one is shipped, and it is this one's name that rules are asked of."""
    if isinstance(written, Set) and written.value == image.reference:
        return written
    return Set(image.reference, written.source or Source(f"image {image.reference}"), Origin.IMAGE)


def _or_image(written: Field[T], known: Field[T], image: KnownImage) -> Field[T]:
    if not isinstance(written, Unknown) or written.reason != BY_IMAGE:
        return written
    source = Source(f"image {image.reference}", known.source.path if known.source is not None else "")
    if isinstance(known, Set):
        return Set(known.value, source, Origin.IMAGE)
    return Unset(source) if isinstance(known, Unset) else known
