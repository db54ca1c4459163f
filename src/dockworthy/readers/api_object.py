"""Fields of an object of the engine's API. A snapshot may come from anywhere: a wrong type is a gap, never a crash."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..model.field import Field, Set, Source, Unknown, Unset


class ApiObject:
    """A part of a JSON answer that knows the request it came from and its own path inside."""

    __slots__ = ("data", "path", "where")

    def __init__(self, data: Any, where: str, path: str = "") -> None:
        self.data = data
        self.where = where
        self.path = path

    @property
    def source(self) -> Source:
        return Source(self.where, self.path)

    def at(self, *keys: str) -> ApiObject:
        """The part under a path; an ApiObject of None where there is none."""
        data, path = self.data, self.path
        for key in keys:
            data = data.get(key) if isinstance(data, dict) else None
            path = f"{path}.{key}" if path else key
        return ApiObject(data, self.where, path)

    def text(self, *keys: str) -> Field[str]:
        part = self.at(*keys)
        if isinstance(part.data, str):
            return Set(part.data, part.source)
        return part._other("text")

    def boolean(self, *keys: str) -> Field[bool]:
        part = self.at(*keys)
        if isinstance(part.data, bool):
            return Set(part.data, part.source)
        return part._other("true or false")

    def integer(self, *keys: str) -> Field[int]:
        part = self.at(*keys)
        if isinstance(part.data, int) and not isinstance(part.data, bool):
            return Set(part.data, part.source)
        return part._other("a whole number")

    def texts(self, *keys: str) -> Field[tuple[str, ...]]:
        """A list of texts; null is Unset."""
        part = self.at(*keys)
        if isinstance(part.data, list) and all(isinstance(item, str) for item in part.data):
            return Set(tuple(part.data), part.source)
        return part._other("a list of texts")

    def text_map(self, *keys: str) -> Field[dict[str, str]]:
        """A mapping of texts; null is Unset."""
        part = self.at(*keys)
        if isinstance(part.data, dict) and all(isinstance(value, str) for value in part.data.values()):
            return Set(dict(part.data), part.source)
        return part._other("a mapping of texts")

    def word(self, *keys: str, default: str = "") -> str:
        """A text for a name or a label: `default` where it is none."""
        data = self.at(*keys).data
        return data if isinstance(data, str) else default

    def number(self, *keys: str, default: int = 0) -> int:
        data = self.at(*keys).data
        return data if isinstance(data, int) and not isinstance(data, bool) else default

    def words(self, *keys: str) -> dict[str, str]:
        """A mapping of texts, entries of another type left out."""
        data = self.at(*keys).data
        return {k: v for k, v in data.items() if isinstance(v, str)} if isinstance(data, dict) else {}

    def items(self, *keys: str) -> Iterator[ApiObject]:
        """The objects of a list, entries of another type left out."""
        part = self.at(*keys)
        if isinstance(part.data, list):
            for index, item in enumerate(part.data):
                if isinstance(item, dict):
                    yield ApiObject(item, self.where, f"{part.path}[{index}]")

    def entries(self, *keys: str) -> Iterator[tuple[str, ApiObject]]:
        """The entries of a mapping, values of any type."""
        part = self.at(*keys)
        if isinstance(part.data, dict):
            for key, value in part.data.items():
                yield str(key), ApiObject(value, self.where, f"{part.path}.{key}")

    def _other(self, expected: str) -> Unset | Unknown:
        if self.data is None:
            return Unset(self.source)
        return Unknown(f"{self.path} is not {expected}", source=self.source)
