"""A value of a Compose project after interpolation: it knows where it was written, and what of it is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from ...errors import UnreadableInput
from ...model.field import Field, Origin, Set, Source, Unknown, Unset

Content = dict[str, "ComposeEntry"] | list["ComposeEntry"] | str | None

_YES: Final = frozenset({"true", "1", "t", "y", "yes", "on"})
_NO: Final = frozenset({"false", "0", "f", "n", "no", "off"})


class ComposeEntry:
    """A mapping, a list, a single value as text, or nothing (null).

    `gap`: a variable in it, at any depth, that has no value here. `inherited`: it came by `extends`.
    `tag`: `!reset` or `!override`, where one was written. `key`: where the key of this value stands.
    `kind`: `number` or `truth value`, where that was written and no text.
    """

    __slots__ = ("content", "gap", "inherited", "key", "kind", "source", "tag")
    gap: Unknown | None

    def __init__(
        self,
        content: Content,
        source: Source,
        *,
        gap: Unknown | None = None,
        key: Source | None = None,
        tag: str = "",
        inherited: bool = False,
        kind: str = "",
    ) -> None:
        self.content = content
        self.source = source
        self.gap = gap or next((inner.gap for inner in _inside(content) if inner.gap is not None), None)
        self.key = key or source
        self.tag = tag
        self.inherited = inherited
        self.kind = kind

    def holding(self, content: Content) -> ComposeEntry:
        """The same place, with another content."""
        return ComposeEntry(content, self.source, key=self.key, tag=self.tag, inherited=self.inherited)

    def wrong(self, expected: str) -> UnreadableInput:
        """The error that says what stands here and what should."""
        kinds = {dict: "a mapping", list: "a list", type(None): "empty"}
        what = kinds.get(type(self.content)) or f"{str(self.content)[:40]!r}"
        says = f"{self.source.path or 'the document'} is {what}, not {expected}"
        return UnreadableInput(says, file=self.source.where, line=self.source.line)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.content, dict)

    @property
    def is_list(self) -> bool:
        return isinstance(self.content, list)

    @property
    def is_null(self) -> bool:
        return self.content is None

    def mapping(self) -> dict[str, ComposeEntry]:
        if not isinstance(self.content, dict):
            raise self.wrong("a mapping")
        return self.content

    def get(self, key: str) -> ComposeEntry | None:
        """The value under `key`; None where it is absent or null."""
        found = self.mapping().get(key)
        return None if found is None or found.is_null else found

    def at(self, *keys: str) -> ComposeEntry | None:
        """`get` along a path."""
        found: ComposeEntry | None = self
        for key in keys:
            found = None if found is None else found.get(key)
        return found

    def items(self) -> list[ComposeEntry]:
        if not isinstance(self.content, list):
            raise self.wrong("a list")
        return self.content

    def one_or_many(self) -> list[ComposeEntry]:
        """Where Compose takes a list or a single value."""
        return self.content if isinstance(self.content, list) else [self]

    def text(self) -> str:
        if not isinstance(self.content, str):
            raise self.wrong("a single value")
        return self.content

    def texts(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self.items())

    def boolean(self) -> bool:
        """Compose takes a text for a truth value, too."""
        said = self.content.lower() if isinstance(self.content, str) else ""
        if said not in _YES | _NO:
            raise self.wrong("true or false")
        return said in _YES

    def integer(self) -> int:
        said = self.content.strip() if isinstance(self.content, str) else ""
        if not (said.isascii() and said.removeprefix("-").isdigit() and len(said) < 20):
            raise self.wrong("a whole number")
        return int(said)

    def word(self, *keys: str) -> str:
        """The single value along a path, `""` where there is none."""
        found = self.at(*keys)
        return "" if found is None else found.text()


def _inside(content: Content) -> Iterator[ComposeEntry]:
    if isinstance(content, dict):
        yield from content.values()
    elif isinstance(content, list):
        yield from content


def listed_as_mapping(entry: ComposeEntry) -> ComposeEntry:
    """`[A=1, B]` as `{A: 1, B: null}`: Compose takes both for environment, labels, sysctls and networks."""
    if not entry.is_list:
        return entry
    found: dict[str, ComposeEntry] = {}
    for item in entry.items():
        name, parted, value = item.text().partition("=")
        found[name] = ComposeEntry(
            value if parted else None, item.source, gap=item.gap, key=item.key, inherited=item.inherited
        )
    return ComposeEntry(found, entry.source, key=entry.key, tag=entry.tag, inherited=entry.inherited)


T = TypeVar("T")


def field_of(entry: ComposeEntry | None, silent: Unset, convert: Callable[[ComposeEntry], T]) -> Field[T]:
    """`silent` stands for what nobody wrote. Raises UnreadableInput where `convert` refuses the value."""
    if entry is None:
        return silent
    if entry.gap is not None:
        return entry.gap
    return Set(convert(entry), entry.source, origin_of(entry))


def origin_of(entry: ComposeEntry) -> Origin:
    return Origin.INHERITED if entry.inherited else Origin.WRITTEN


def by_default(value: T, setting: str) -> Set[T]:
    """What the engine does where the file is silent, as its documentation has it."""
    return Set(value, Source("Docker's default", setting), Origin.PLATFORM)
