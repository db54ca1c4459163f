"""The body of a create request: read as strictly as it can be, because it is what a guard decides on."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ...errors import UnreadableInput
from ...model.dialect import Version
from ...model.workload import Unit
from ..api_object import ApiObject
from ..engine_context import EngineContext
from .keys import MISPLACED, REQUEST
from .shape import unknown_keys
from .strict_json import parse
from .unit import unit_of

WHERE = "POST /containers/create"
_MISPLACED = frozenset(key.casefold() for key in MISPLACED)


class CreateRequest(Struct, frozen=True):
    """`unknown_keys` are paths (`HostConfig.Frob`) of what API 1.45 does not know: the engine passes over them."""

    unit: Unit
    unknown_keys: tuple[str, ...] = ()


def read_create_request(
    body: bytes, *, name: str = "", context: EngineContext, api_version: Version | None = None
) -> CreateRequest:
    """`name` is the query's; `api_version` the one in the request's path (without one: the engine's own).

    Raises UnreadableInput, with the JSON path, for a body that the engine might read otherwise than it looks.
    """
    document, unknown = _read(body)
    return CreateRequest(read_create_document(document, name=name, context=context, api_version=api_version), unknown)


def read_document(body: bytes) -> ApiObject:
    """The body with every key where and as the API has it. Raises UnreadableInput as `read_create_request` does."""
    return _read(body)[0]


def read_create_document(
    document: ApiObject, *, name: str = "", context: EngineContext, api_version: Version | None = None
) -> Unit:
    """The unit that a body asks for."""
    return unit_of(document, name=name, context=context, api_version=api_version or context.api_version)


def _read(body: bytes) -> tuple[ApiObject, tuple[str, ...]]:
    document = parse(body, WHERE)
    if not isinstance(document, dict):
        raise UnreadableInput("the request: not an object", file=WHERE)
    unknown = tuple(unknown_keys(document, REQUEST, WHERE))
    for key in unknown:
        if key.casefold() in _MISPLACED and not _says_nothing(key, document.get(key)):
            raise UnreadableInput(f"{key}: stands beside HostConfig, not in it, and may still count", file=WHERE)
    return ApiObject(document, WHERE), unknown


def _says_nothing(key: str, value: Any) -> bool:
    """Some clients leave empty lists where old engines had them. No masks at all is something said."""
    return value is None or (not value and key.casefold() not in ("maskedpaths", "readonlypaths"))


__all__ = ["CreateRequest", "read_create_document", "read_create_request", "read_document"]
