"""What can be told of an expression before anything is computed: names, types, functions, and how deep it goes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .faults import ExpressionError
from .library import FUNCTIONS
from .nodes import Node
from .tokens import Token, tokens
from .types import Fields, ListOf, MapOf, Plain, Type

MACROS = frozenset("all exists exists_one filter map".split())
DEEPEST = 30
"""Brackets, choices and macros inside each other; fields and calls in one chain."""
SEVERAL = "make several rules of it"


def check_depth(text: str) -> None:
    """Raises ExpressionError where brackets, choices (`? :`) or `!` stand inside each other deeper than may be."""
    depth = 0
    for token in _leniently(text):
        opens = token.kind == "sign" and token.text in ("(", "[", "{", "?")
        depth += opens - (token.kind == "sign" and token.text in (")", "]", "}"))
        if depth > DEEPEST:
            raise ExpressionError("brackets or choices inside each other, too deep", token.offset, SEVERAL)


def _leniently(text: str) -> Iterable[Token]:
    """Signs that CEL has not are the library's to explain."""
    try:
        return tokens(text)
    except ExpressionError:
        return []


def type_of_node(node: Node) -> Type | None:
    """None: told only when it is computed."""
    return getattr(node, "type", None)


def inside(kind: Type | None) -> Type | None:
    if isinstance(kind, ListOf):
        return kind.element
    return kind.value if isinstance(kind, MapOf) else None


def element_of(of: Node, token: Token) -> Type | None:
    kind = type_of_node(of)
    if isinstance(kind, MapOf):
        return Plain("text")  # CEL goes through the keys of a map
    if kind is not None and not isinstance(kind, ListOf):
        raise ExpressionError(f"{token.text}() goes through a list, and that is none", token.offset)
    return inside(kind)


def fields_of(kind: Type | None) -> dict[str, Type]:
    return kind.fields if isinstance(kind, Fields) else {}


def field_type(node: Node, token: Token) -> Type | None:
    """Raises ExpressionError for a field that the model does not have."""
    kind = type_of_node(node)
    if kind is None:
        return None
    if isinstance(kind, MapOf):
        return kind.value
    if not isinstance(kind, Fields):
        what = "a list" if isinstance(kind, ListOf) else kind.name
        hint = f"go through it: .exists(m, m.{token.text} == …)" if isinstance(kind, ListOf) else ""
        raise ExpressionError(f"{token.text!r}: that is {what} and has no fields", token.offset, hint)
    known = kind.fields
    if token.text not in known:
        raise ExpressionError(f"{kind.name} has no {token.text!r}", token.offset, nearest(token.text, known))
    return known[token.text]


def check_function(token: Token) -> None:
    if token.text not in FUNCTIONS:
        hint = nearest(token.text, FUNCTIONS | MACROS | {"has"})
        raise ExpressionError(f"there is no function {token.text!r}", token.offset, hint)


def nearest(word: str, known: Iterable[str]) -> str:
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known here: {', '.join(sorted(known))}" if 0 < len(known) < 30 else ""
