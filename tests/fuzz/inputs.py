"""Inputs: any text, valid documents with bytes and lines changed, valid trees with any value in any place."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import yaml
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dockworthy.controls.registry import all_controls

_WORDS = (
    "", " ", "\0", "$", "$$", "${", "${A", "${A:-${B:-x}}", "${A:?why}", "$A", "a:b:c:d:e", ":", "::", "/", "//",
    "..", "~", "~/x", "C:\\x:/y", "-", "--", "-1", "0", "1e400", "9" * 30, "9" * 5000, "0x10", "0o17", "१२", "½", "NaN",
    ".inf", "true", "yes", "null", "[]", "{}", "a=b", "=", "=x", "x=", "1-65535", "65535-1", "1:2-3", "[::1]:1:2",
    "[::", "1h-3m", "5gb", "5xb", "host", "container:", "service:", "service:web", "label:", "seccomp=",
    "no-new-privileges:",
    "\ud7ff", "\u202e", "\ufeff", "é" * 300, "a\nb", "a\tb", "%s", "{0}", "*", "&a", "<<", "!x", "# x", "@", "sha256:",
    "a@sha256:", "http://[", "https://a:b@c/", "x" * 70_000,
)  # fmt: skip
ODD_WORDS = st.sampled_from(_WORDS) | st.text(max_size=12)

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([0, -1, 2**31, 2**63, 0.5, 1e308, math.inf, -math.inf, math.nan])
    | ODD_WORDS
)
ODD_VALUES: SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(ODD_WORDS.filter(lambda w: len(w) < 99), inner, max_size=3)
    ),
    max_leaves=6,
)

Path = tuple[str | int, ...]


@cache
def examples_of(syntax: str) -> tuple[Any, ...]:
    """What the controls show of a syntax: hundreds of small valid documents that say all that is judged."""
    found: list[Any] = []
    for control in all_controls().values():
        for examples in (control.good, control.bad, control.unclear):
            written = examples.get(syntax, [])
            found += written if isinstance(written, list) else [written]
    assert found, f"no control shows {syntax}"
    return tuple(found)


def trees_of(texts: Sequence[str]) -> list[Any]:
    """The documents of YAML texts as plain values."""
    return [tree for text in texts for tree in yaml.load_all(text, _Plain) if tree is not None]


class _Plain(yaml.SafeLoader):
    """Dates and tags of Compose (`!reset`) as plain values."""


_Plain.add_multi_constructor("!", lambda loader, suffix, node: None)
_Plain.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)


@st.composite
def bent_trees(draw: Callable[..., Any], trees: Sequence[Any]) -> Any:
    """A valid tree with other values in some of its places, other keys, or places that are gone."""
    tree = copy.deepcopy(draw(st.sampled_from(trees)))
    for _ in range(draw(st.integers(1, 4))):
        places = list(_places(tree))
        if not places:
            return draw(ODD_VALUES)
        *above, last = draw(st.sampled_from(places))
        parent = tree
        for step in above:
            parent = parent[step]
        _bend(draw, parent, last, tree)
    return tree


def _bend(draw: Callable[..., Any], parent: Any, last: str | int, tree: Any) -> None:
    how = draw(st.sampled_from(("value", "value", "value", "gone", "wrapped", "key", "other place")))
    if how == "gone":
        del parent[last]
    elif how == "wrapped":
        parent[last] = draw(st.sampled_from(([parent[last]], {"x": parent[last]}, [parent[last], parent[last]])))
    elif how == "key" and isinstance(parent, dict):
        parent[draw(ODD_WORDS)] = parent.pop(last)
    elif how == "other place":
        *above, at = draw(st.sampled_from(list(_places(tree))))
        other = tree
        for step in above:
            other = other[step]
        parent[last] = copy.deepcopy(other[at])
    else:
        parent[last] = draw(ODD_VALUES)


def _places(tree: Any, above: Path = ()) -> Iterator[Path]:
    members: list[tuple[str | int, Any]] = []
    if isinstance(tree, dict):
        members = list(tree.items())
    elif isinstance(tree, list):
        members = list(enumerate(tree))
    for key, value in members:
        yield (*above, key)
        yield from _places(value, (*above, key))


@st.composite
def changed_texts(draw: Callable[..., Any], texts: Sequence[str]) -> bytes:
    """A valid text with bytes flipped, put in or taken out, lines doubled, moved or cut off."""
    raw = bytearray(draw(st.sampled_from(texts)).encode(errors="surrogatepass"))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(raw)))
        how = draw(st.sampled_from(("flip", "put in", "take out", "double", "move", "cut")))
        if how == "flip" and at < len(raw):
            raw[at] ^= 1 << draw(st.integers(0, 7))
        elif how == "put in":
            raw[at:at] = draw(ODD_WORDS).encode(errors="surrogatepass")[:100] + draw(
                st.sampled_from((b"", b"\n", b": "))
            )
        elif how == "take out":
            del raw[at : at + draw(st.integers(1, 20))]
        elif how == "cut":
            del raw[at:]
        else:
            lines = raw.splitlines(keepends=True)
            if lines:
                line = lines[at % len(lines)] if how == "double" else lines.pop(at % len(lines))
                lines.insert(draw(st.integers(0, len(lines))), line)
            raw = bytearray(b"".join(lines))
    return bytes(raw)


def as_json(tree: Any) -> bytes:
    """JSON is YAML too, so one form serves every reader."""
    return json.dumps(tree, ensure_ascii=True, default=str).encode()


def any_of(texts: Sequence[str], trees: Sequence[Any]) -> SearchStrategy[bytes]:
    """The three together."""
    return (
        changed_texts(texts)
        | bent_trees(trees).map(as_json)
        | bent_trees(trees).map(as_json)
        | st.text(max_size=200).map(lambda text: text.encode(errors="surrogatepass"))
        | st.binary(max_size=100)
    )
