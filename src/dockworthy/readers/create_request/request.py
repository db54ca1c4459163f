"""The body of a create request: read as strictly as it can be, because it is what a guard decides on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from msgspec import Struct

from ...errors import UnreadableInput
from ...model.dialect import Version
from ...model.workload import Unit
from ..api_object import ApiObject
from ..engine_context import EngineContext
from .keys import MISPLACED, REQUEST, KeyListOf, KeyMapOf, KeyPlain, Shape
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


_WHOLE = range(-(2**63), 2**63)
_NAMES = {
    KeyPlain.TEXT: "a text",
    KeyPlain.TRUTH: "true or false",
    KeyPlain.WHOLE: "a whole number of 64 bits",
    KeyPlain.NUMBER: "a number",
    KeyPlain.WORDS: "a text or a list of texts",
}


def unknown_keys(value: Any, shape: Shape, where: str, path: str = "") -> Iterator[str]:
    """The paths of keys that the API does not know. Null is as good as absent, to the engine too.

    Raises UnreadableInput for a value of another type, for keys that the engine would take for others, because it
    reads them without regard to case, and for null among a person's own keys (labels, options), where the engine keeps
    the key with an empty text.
    """
    if value is None:
        return
    if isinstance(shape, KeyPlain):
        if not _is(value, shape):
            raise _wrong(path, _NAMES[shape], where)
    elif isinstance(shape, KeyListOf):
        yield from _of_list(value, shape.item, where, path)
    elif not isinstance(value, dict):
        raise _wrong(path, "an object", where)
    elif isinstance(shape, KeyMapOf):
        for name, item in value.items():
            if item is None and isinstance(shape.item, KeyPlain):
                raise _wrong(f"{path}.{name}", f"{_NAMES[shape.item]}: null stays there as an empty one", where)
            yield from unknown_keys(item, shape.item, where, f"{path}.{name}")
    else:
        yield from _of_object(value, shape, where, path)


def _of_list(value: Any, item_shape: Shape, where: str, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        raise _wrong(path, "a list", where)
    for index, item in enumerate(value):
        if item is None:
            raise _wrong(f"{path}[{index}]", "a value: null in a list means nothing", where)
        yield from unknown_keys(item, item_shape, where, f"{path}[{index}]")


@cache
def _names_by_case(names: frozenset[str]) -> dict[str, str]:
    return {name.casefold(): name for name in names}


def _of_object(value: dict[str, Any], shape: dict[str, Shape], where: str, path: str) -> Iterator[str]:
    by_case = _names_by_case(frozenset(shape))
    seen: dict[str, str] = {}
    for name, item in value.items():
        here = f"{path}.{name}" if path else name
        folded = name.casefold()
        if folded in seen:
            raise UnreadableInput(f"{here}: differs from {seen[folded]!r} by case only", file=where)
        seen[folded] = name
        known = by_case.get(folded)
        if known is None:
            yield here
        elif known != name:
            raise UnreadableInput(
                f"{here}: the key is written {known!r}; the engine would take it for that", file=where
            )
        else:
            yield from unknown_keys(item, shape[name], where, here)


def _is(value: Any, shape: KeyPlain) -> bool:
    if shape is KeyPlain.TEXT:
        return isinstance(value, str)
    if shape is KeyPlain.TRUTH:
        return isinstance(value, bool)
    if shape is KeyPlain.WHOLE:
        return isinstance(value, int) and not isinstance(value, bool) and value in _WHOLE
    if shape is KeyPlain.NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if shape is KeyPlain.WORDS:
        return isinstance(value, str) or (isinstance(value, list) and all(isinstance(word, str) for word in value))
    return True


def _wrong(path: str, expected: str, where: str) -> UnreadableInput:
    return UnreadableInput(f"{path or 'the request'}: not {expected}", file=where)
