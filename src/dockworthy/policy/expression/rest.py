"""What stands between paths: comparisons, arithmetic, functions. The library computes it from values that are known."""

from __future__ import annotations

from .faults import ExpressionError
from .library import compile_text
from .nodes import Computed, Node
from .types import Fields, ListOf, MapOf

Piece = tuple[str | Node, int, str]
"""Text of the library's or a node of ours; its offset in the expression; and the sign before it."""


def computed(pieces: list[Piece]) -> Node:
    """One node for them all; a node that stands alone is itself. Raises ExpressionError."""
    if len(pieces) == 1 and not isinstance(pieces[0][0], str):
        return pieces[0][0]
    parts: list[str | int] = []
    holes: list[Node] = []
    for piece, offset, before in pieces:
        if isinstance(piece, str):
            parts.append(piece)
        elif isinstance(piece, Computed):
            parts += ["(", *(part if isinstance(part, str) else part + len(holes) for part in piece.parts), ")"]
            holes.extend(piece.holes)
        else:
            _check_whole(piece, offset, before)
            parts.append(len(holes))
            holes.append(piece)
    return _compiled(tuple(parts), tuple(holes), pieces[0][1] if pieces else 0)


def _compiled(parts: tuple[str | int, ...], holes: tuple[Node, ...], offset: int) -> Computed:
    text = " ".join(part if isinstance(part, str) else f"v{part}" for part in parts)
    try:
        return Computed(compile_text(text), holes, parts)
    except ExpressionError as error:
        raise ExpressionError(error.says, offset, error.hint) from None


def _check_whole(node: Node, offset: int, before: str) -> None:
    """Structured values have no meaning for an operator: two mounts are not equal, their paths are."""
    kind = getattr(node, "type", None)
    if isinstance(kind, Fields):
        raise ExpressionError(
            f"a whole {kind.name} can't be compared or computed with", offset, f"name a field of it: {_some(kind)}"
        )
    if isinstance(kind, ListOf) and isinstance(kind.element, Fields):
        raise ExpressionError(
            f"a list of {kind.element.name} can't be compared", offset, "use size(…), .exists(m, …) or .all(m, …)"
        )
    if isinstance(kind, MapOf) and before != "in":
        raise ExpressionError("a map can't be compared as a whole", offset, "'key' in map, or map['key']")


def _some(kind: Fields) -> str:
    return ", ".join(list(kind.fields)[:6])
