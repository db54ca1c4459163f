"""Images of the engine. Source: Engine API v1.45, `GET /images/{id}/json` and `GET /images/{id}/history`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..model.engine import Image
from ..model.field import Field, Set, Source, Unknown, Unset
from ..model.snapshot import EngineFacts, ImageFacts
from .api_object import ApiObject
from .container.operation import read_environment, read_health
from .user import read_user

WHERE = "GET /images/{id}/json"
HISTORY = "GET /images/{id}/history"


def read_images(facts: EngineFacts, users: Mapping[str, tuple[str, ...]]) -> tuple[Image, ...]:
    """Every image once, however many tags it has. `users`: image id -> names of the containers made from it."""
    if not isinstance(facts.images, Set):
        return ()
    return tuple(_image(facts, users.get(facts.id, ())) for facts in _each_once(facts.images.value))


def read_one_image(inspect: dict[str, Any]) -> Image:
    """One image by the engine's answer to `GET /images/{id}/json`; how it was made is not asked."""
    id = inspect.get("Id")
    return _image(ImageFacts(id=id if isinstance(id, str) else "", inspect=Set(inspect, Source(WHERE))), ())


def _each_once(images: Iterable[ImageFacts]) -> Iterator[ImageFacts]:
    seen: set[str] = set()
    for image in images:
        if image.id not in seen:
            seen.add(image.id)
            yield image


def _image(facts: ImageFacts, used_by: tuple[str, ...]) -> Image:
    if not isinstance(facts.inspect, Set):
        return _not_inspected(facts, used_by)
    inspect = ApiObject(facts.inspect.value, WHERE)
    config = inspect.at("Config")
    return Image(
        id=facts.id,
        source=Source(WHERE),
        tags=_names(inspect, "RepoTags"),
        digests=_names(inspect, "RepoDigests"),
        user=read_user(config.text("User")),
        health=read_health(config.at("Healthcheck")),
        created=inspect.text("Created"),
        size=inspect.integer("Size"),
        environment=read_environment(config.texts("Env")),
        command=config.texts("Cmd"),
        labels=config.words("Labels"),
        volumes=_keys(config, "Volumes"),
        ports=_keys(config, "ExposedPorts"),
        architecture=inspect.text("Architecture"),
        history=_history(facts.history),
        used_by=used_by,
    )


def _not_inspected(facts: ImageFacts, used_by: tuple[str, ...]) -> Image:
    """Where the engine did not describe it, every field has the same gap."""
    gap = facts.inspect if isinstance(facts.inspect, Unknown) else Unknown("the image could not be inspected")
    return Image(
        id=facts.id,
        source=Source(WHERE),
        user=gap,
        health=gap,
        created=gap,
        size=gap,
        environment=gap,
        command=gap,
        volumes=gap,
        ports=gap,
        architecture=gap,
        history=_history(facts.history),
        used_by=used_by,
    )


def _names(inspect: ApiObject, key: str) -> tuple[str, ...]:
    """References; an untagged image has `<none>` in some engines' answers."""
    listed = inspect.texts(key)
    names = listed.value if isinstance(listed, Set) else ()
    return tuple(name for name in names if name and not name.startswith("<none>"))


def _keys(config: ApiObject, key: str) -> Field[tuple[str, ...]]:
    """The keys of `{"/data": {}}`."""
    part = config.at(key)
    if part.data is None:
        return Unset(part.source)
    if isinstance(part.data, dict):
        return Set(tuple(part.data), part.source)
    return Unknown(f"{part.path} is not a mapping", source=part.source)


def _history(history: Field[tuple[dict[str, Any], ...]]) -> Field[tuple[str, ...]]:
    """The engine lists the newest layer first."""
    if not isinstance(history, Set):
        return history
    made_by = [layer.get("CreatedBy") or "" for layer in reversed(history.value)]
    if not all(isinstance(text, str) for text in made_by):
        return Unknown("CreatedBy of a layer is not text", source=Source(HISTORY, "CreatedBy"))
    return Set(tuple(made_by), Source(HISTORY, "CreatedBy"))
