"""From text to nodes. What the library does not object to is cut into logic, paths and macros (ours) and the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .checking import (
    DEEPEST,
    MACROS,
    SEVERAL,
    check_depth,
    check_function,
    element_of,
    field_type,
    fields_of,
    inside,
    nearest,
    type_of_node,
)
from .faults import ExpressionError
from .library import compile_text
from .nodes import And, Choice, Computed, Has, Index, Macro, Name, Node, Or, Select, Size
from .tokens import END, Cursor, Token, tokens
from .types import TRUTH, Fields, ListOf, MapOf, Type, in_words

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


LONGEST = 4000
"""Characters of an expression: longer than any that a person can read."""
_ENDS = frozenset(("&&", "||", "?", ":", ",", ")", "]", ""))
_WORDS = frozenset(("true", "false", "null"))


class Expression(NamedTuple):
    text: str
    root: Node


def parse(text: str, roots: Mapping[str, Type]) -> Expression:
    """`roots` are the variables and what they hold. Raises ExpressionError with the place."""
    if len(text) > LONGEST:
        raise ExpressionError(f"longer than {LONGEST} characters", LONGEST, SEVERAL)
    check_depth(text)  # before the library: it reads brackets by calling itself, and its stack has an end
    compile_text(text)
    parser = _Parser(tokens(text), dict(roots))
    root = parser.choice()
    if parser.token.kind != END:
        raise ExpressionError(f"not understood: {parser.token.text!r}", parser.token.offset)
    kind = type_of_node(root)
    if kind is not None and kind != TRUTH:
        raise ExpressionError(f"that is {in_words(kind)}, not true or false", 0, "compare it: … == …, or has(…)")
    return Expression(text, root)


class _Parser(Cursor):
    def __init__(self, words: list[Token], variables: dict[str, Type | None]) -> None:
        super().__init__(words)
        self._variables = variables

    def choice(self) -> Node:
        condition = self._either()
        if not self.take("?"):
            return condition
        then = self._either()
        self.need(":")
        return Choice(condition, then, self.choice())

    def _either(self) -> Node:
        parts = [self._both()]
        while self.take("||"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _both(self) -> Node:
        parts = [self._relation()]
        while self.take("&&"):
            parts.append(self._relation())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _relation(self) -> Node:
        """Comparisons and arithmetic: operands are found out, what stands between them is the library's."""
        pieces: list[Piece] = []
        before = ""
        while self.token.kind != END and not (self.token.kind == "sign" and self.token.text in _ENDS):
            if self._is_operand():
                at = self.token.offset
                pieces.append((self._operand(), at, before))
                before = ""
            else:
                before = self.next().text
                pieces.append((before, self.token.offset, ""))
        return computed(pieces)

    def _is_operand(self) -> bool:
        token = self.token
        if token.kind == "sign":
            return token.text in ("(", "[", "{")
        return token.text != "in"

    def _operand(self) -> Node:
        node = self._primary()
        for _ in range(DEEPEST):
            if self.take("."):
                node = self._dotted(node)
            elif self.take("["):
                index = self.choice()
                self.need("]")
                node = Index(node, index, inside(type_of_node(node)))
            else:
                return node
        raise ExpressionError("too long a chain of fields and calls", self.token.offset, SEVERAL)

    def _primary(self) -> Node:
        token = self.next()
        if token.text == "{" and token.kind == "sign":
            raise ExpressionError(
                "a rule makes no maps of its own", token.offset, "compare entries: workload.labels['team'] == 'shop'"
            )
        if token.text == "(" and token.kind == "sign":
            inner = self.choice()
            self.need(")")
            return inner
        if token.text == "[" and token.kind == "sign":
            return computed([("[", token.offset, ""), *self._arguments("]"), ("]", self.token.offset, "")])
        if token.kind != "name" or token.text in _WORDS:
            return computed([(token.text, token.offset, "")])
        if self.take("("):
            return self._called(token)
        return self._named(token)

    def _named(self, token: Token) -> Node:
        if token.text not in self._variables:
            if "workload" in self._variables and token.text in fields_of(self._variables["workload"]):
                raise ExpressionError(f"there is no {token.text!r}", token.offset, f"write workload.{token.text}")
            raise ExpressionError(
                f"there is no {token.text!r}",
                token.offset,
                nearest(token.text, self._variables) or "text needs quotes",
            )
        return Name(token.text, self._variables[token.text])

    def _called(self, token: Token) -> Node:
        if token.text == "has":
            at = self.token.offset
            select = self._operand()
            self.need(")")
            if not isinstance(select, Select):
                raise ExpressionError("has() takes a path to a field", at, "has(workload.user)")
            return Has(select)
        check_function(token)
        arguments = list(self._arguments(")"))
        if token.text == "size" and len(arguments) == 1 and not isinstance(arguments[0][0], str):
            return Size(arguments[0][0])
        return computed([(f"{token.text}(", token.offset, ""), *arguments, (")", token.offset, "")])

    def _dotted(self, node: Node) -> Node:
        token = self.next()
        if not self.take("("):
            return Select(node, token.text, field_type(node, token))
        if token.text in MACROS:
            return self._macro(node, token)
        check_function(token)
        arguments = list(self._arguments(")"))
        if token.text == "size" and not arguments:
            return Size(node)
        return computed(
            [(node, token.offset, ""), (f".{token.text}(", token.offset, ""), *arguments, (")", token.offset, "")]
        )

    def _arguments(self, end: str) -> Iterable[Piece]:
        """Separated by commas, up to `end`, which is taken."""
        first = True
        while not self.take(end):
            if not first:
                self.need(",")
                yield (",", self.token.offset, "")
            first = False
            at = self.token.offset
            yield (self.choice(), at, "")

    def _macro(self, of: Node, token: Token) -> Node:
        variable = self.next()
        if variable.kind != "name" or variable.text in _WORDS:
            raise ExpressionError(f"{token.text}() names its variable first", variable.offset, f"{token.text}(m, …)")
        if variable.text == "workload":
            raise ExpressionError("the variable of a macro hides the workload", variable.offset, "call it m")
        self.need(",")
        element = element_of(of, token)
        outer = self._variables
        self._variables = {**outer, variable.text: element}
        body, keep = self.choice(), None
        if token.text == "map" and self.take(","):
            keep, body = body, self.choice()
        self._variables = outer
        self.need(")")
        kind = {"filter": type_of_node(of), "map": None}.get(token.text, TRUTH)
        return Macro(token.text, of, variable.text, body, keep, kind)
