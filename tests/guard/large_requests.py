"""Requests whose lists are as long as they may be, or longer, made from the keys that the API knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dockworthy.guard.bounds import MOST, MOST_DEFAULT
from dockworthy.readers.create_request.keys import REQUEST, KeyListOf, KeyMapOf, KeyPlain, Shape

_WORDS: Mapping[Any, Any] = {KeyPlain.TRUTH: False, KeyPlain.WHOLE: 1, KeyPlain.NUMBER: 1, KeyPlain.WORDS: ["x"]}


def one_of(shape: Shape, number: int) -> Any:
    if isinstance(shape, KeyListOf):
        return [one_of(shape.item, number)]
    if isinstance(shape, KeyMapOf):
        return {f"n{number}": one_of(shape.item, number)}
    if isinstance(shape, dict):
        return {name: one_of(item, number) for name, item in shape.items() if isinstance(item, KeyPlain)}
    return _WORDS.get(shape, f"n{number}")


def counted(shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Shape]]:
    """Each list and each map of a request that stands directly below objects, and texts that may be lists."""
    if isinstance(shape, KeyListOf | KeyMapOf) or shape is KeyPlain.WORDS:
        yield path, shape
    elif isinstance(shape, dict):
        for name, item in shape.items():
            yield from counted(item, (*path, name))


def texts(shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Shape]]:
    """Each text of a request, and each list and map that holds some."""
    if shape in (KeyPlain.TEXT, KeyPlain.WORDS) or (
        isinstance(shape, KeyListOf | KeyMapOf) and shape.item is KeyPlain.TEXT
    ):
        yield path, shape
    elif isinstance(shape, dict):
        for name, item in shape.items():
            yield from texts(item, (*path, name))


def holding(shape: Shape, path: tuple[str, ...], text: str) -> Any:
    """A request that holds this text, as the only one."""
    value: Any = {"n": text} if isinstance(shape, KeyMapOf) else text if shape is KeyPlain.TEXT else [text]
    for name in reversed(path):
        value = {name: value}
    return value


def of_size(shape: Shape, path: tuple[str, ...], size: int) -> Any:
    value: Any
    if isinstance(shape, KeyMapOf):
        value = {f"n{number}": one_of(shape.item, number) for number in range(size)}
    else:
        item = shape.item if isinstance(shape, KeyListOf) else KeyPlain.TEXT
        value = [one_of(item, number) for number in range(size)]
    for name in reversed(path):
        value = {name: value}
    return value


def largest() -> dict[str, Any]:
    """Lists that cost look-ups are as long as they may be, the others as far as the whole allows."""
    body: dict[str, Any] = {"Image": "x"}
    for path, shape in counted(REQUEST):
        most = MOST.get(path[-1], MOST_DEFAULT)
        size = most if most <= 512 else 256
        _merge(body, of_size(shape, path, size))
    host = body["HostConfig"]
    host["Binds"] = [f"volume{each}:/b{each}" for each in range(len(host["Binds"]))]
    host["Devices"] = [{"PathOnHost": f"/dev/n{each}"} for each in range(len(host["Devices"]))]
    return body


def _merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(into[name], value)
        else:
            into[name] = value


__all__ = ["counted", "holding", "largest", "of_size", "texts"]
