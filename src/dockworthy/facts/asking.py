"""One question to the engine, answered as a field: the answer with its source, or why there is none."""

from __future__ import annotations

from typing import Any, TypeVar

from ..engine.connection import Connection
from ..errors import EngineError, EngineRefused, EngineTimeout, EngineUnreachable
from ..model.field import Set, Source, Unknown
from .redaction import Redactor

T = TypeVar("T")


class Asking:
    """Asks one engine, and hides secrets in all that it answers before anything else sees it."""

    def __init__(self, connection: Connection, redactor: Redactor) -> None:
        self.connection = connection
        self.redactor = redactor

    async def one(self, path: str, *, within: str = "") -> Set[dict[str, Any]] | Unknown:
        """An object: `GET path`."""
        return await self._read(path, dict, within)

    async def many(self, path: str, *, within: str = "") -> Set[tuple[dict[str, Any], ...]] | Unknown:
        """A list of objects, `within` a key of the answer where it is not the answer itself. `null` is empty."""
        read = await self._read(path, list, within)
        return Set(tuple(read.value), read.source) if isinstance(read, Set) else read

    async def _read(self, path: str, kind: type[T], within: str) -> Set[T] | Unknown:
        source = source_of(path, within)
        try:
            answer = await self.connection.get(path)
        except EngineError as error:
            return unknown(error, source)
        if within and isinstance(answer, dict):
            answer = answer.get(within)
        return shaped(answer, kind, source, self.redactor)


def source_of(path: str, within: str = "") -> Source:
    """The source of an answer: the API path without its query."""
    return Source(f"GET {path.partition('?')[0]}", within)


def shaped(answer: Any, kind: type[T], source: Source, redactor: Redactor) -> Set[T] | Unknown:
    """The answer, cleaned, where it has the shape that the API promises."""
    if answer is None:
        answer = kind()
    flat = isinstance(answer, list) and not all(isinstance(item, dict) for item in answer)
    if not isinstance(answer, kind) or flat:
        return Unknown(f"what the engine answered to {source.where} is not what its API says", source=source)
    try:
        return Set(redactor.clean(answer), source)
    except RecursionError:
        return Unknown(f"what the engine answered to {source.where} is nested too deeply", source=source)


def unknown(error: EngineError, source: Source | None = None) -> Unknown:
    """The gap that an error leaves, with what would tell."""
    return Unknown(str(error), tell=error.hint or _TELL.get(type(error), ""), source=source)


_TELL: dict[type[EngineError], str] = {
    EngineRefused: "ask as a user who may read the whole of the engine's API",
    EngineTimeout: "ask again when the engine answers",
    EngineUnreachable: "start the engine and read again",
}
