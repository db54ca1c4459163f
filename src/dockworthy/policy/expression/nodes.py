"""The parts of an expression that are ours: logic, paths, and the macros that go through a list."""

from __future__ import annotations

from typing import Any, NamedTuple

from .types import Type


class Name(NamedTuple):
    """`workload`, or the variable of a macro."""

    name: str
    type: Type | None


class Select(NamedTuple):
    """`of.name`."""

    of: Node
    name: str
    type: Type | None


class Index(NamedTuple):
    """`of[at]`."""

    of: Node
    at: Node
    type: Type | None


class Has(NamedTuple):
    """`has(of.name)`."""

    select: Select


class Size(NamedTuple):
    """`size(of)` and `of.size()`."""

    of: Node


class And(NamedTuple):
    parts: tuple[Node, ...]


class Or(NamedTuple):
    parts: tuple[Node, ...]


class Choice(NamedTuple):
    """`if_ ? then : other`."""

    if_: Node
    then: Node
    other: Node


class Macro(NamedTuple):
    """`of.name(variable, body)`; `keep` is the condition of a `map` with three arguments."""

    name: str
    of: Node
    variable: str
    body: Node
    keep: Node | None
    type: Type | None


class Computed(NamedTuple):
    """What the library computes from values that are known: its program, and what stands for v0, v1, …

    `parts` is its text, with the number of a hole where that stands.
    """

    program: Any
    holes: tuple[Node, ...]
    parts: tuple[str | int, ...]


Node = Name | Select | Index | Has | Size | And | Or | Choice | Macro | Computed
