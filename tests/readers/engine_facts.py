"""Facts of an engine for the tests of its readers, and any JSON in place of what should stand there."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from dockworthy.model.field import Set, Source
from dockworthy.model.snapshot import ContainerFacts, EngineFacts, ImageFacts

HERE = Source("test")

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def somewhere_else(value: Any) -> st.SearchStrategy[Any]:
    """`value` with any JSON in one place of it, at any depth."""
    places = list(_places(value))
    return st.tuples(st.sampled_from(places), any_json).map(lambda drawn: _replaced(value, drawn[0], drawn[1]))


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        found += _places(inner, (*path, key))
    return found


def _replaced(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    changed = value.copy()
    changed[path[0]] = _replaced(value[path[0]], path[1:], other)
    return changed


def known(value: Any) -> Set[Any]:
    return Set(value, HERE)


def container(name: str, **inspect: Any) -> ContainerFacts:
    return ContainerFacts(id=name, name=name, inspect=known(inspect))


def image(id: str, history: list[dict[str, Any]] | None = None, **inspect: Any) -> ImageFacts:
    return ImageFacts(id=id, inspect=known(inspect), history=known(tuple(history or ())))


def engine(**facts: Any) -> EngineFacts:
    """Lists become what they are in a snapshot; a value that is a field stays."""
    return EngineFacts(**{name: _field(value) for name, value in facts.items()})


def _field(value: Any) -> Any:
    if isinstance(value, list):
        return known(tuple(value))
    return known(value) if isinstance(value, dict) else value
