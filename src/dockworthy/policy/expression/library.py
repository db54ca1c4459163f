"""The CEL library, without its command line, whose imports cost a hundred milliseconds."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import re
import sys
from functools import cache
from typing import Any

from .faults import ExpressionError

FUNCTIONS = frozenset(
    "size contains startsWith endsWith matches int uint double string bytes bool timestamp duration type dyn "
    "getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds "
    "getMilliseconds".split()
)
"""What the library knows by itself."""

_AT = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?(.*)")
_WORDS = {
    "<EOF>": "the end",
    "mismatched input": "unexpected",
    "extraneous input": "unexpected",
    "token recognition error at:": "not understood:",
    "no viable alternative at input": "not understood:",
}


@cache
def _library() -> Any:
    """The compiled part of the package `cel`: the package itself would import its command line and a terminal."""
    if "cel" in sys.modules:
        return sys.modules["cel"]
    package = importlib.util.find_spec("cel")
    assert package is not None, "the package `common-expression-language` is not installed"
    spec = importlib.machinery.PathFinder.find_spec("cel.cel", list(package.submodule_search_locations or ()))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def compile_text(text: str) -> Any:
    """The library's program. Raises ExpressionError with the place that it names."""
    try:
        return _library().compile(text)
    except ValueError as error:
        raise _explained(str(error), text) from None


def run(program: Any, values: dict[str, Any]) -> Any:
    """The value. Raises ComputeError for what CEL does not compute (text + number)."""
    try:
        return program.execute(values)
    except Exception as error:  # the library raises many kinds, all of which mean the same
        raise ComputeError(_in_short(str(error))) from None


class ComputeError(Exception):
    """The values do not fit what is asked of them."""


def _in_short(problem: str) -> str:
    if problem.startswith("No such overload"):
        return "the types of its values do not go together"
    if problem.startswith("Unsupported operation: "):
        return f"CEL has no {problem.removeprefix('Unsupported operation: ').split('. ')[0]}"
    return problem.split(". ")[0].splitlines()[0].rstrip(".")[:200] or "not computable"


def _explained(problem: str, text: str) -> ExpressionError:
    first = _AT.search(problem)
    if first is None:
        return ExpressionError("not a CEL expression", 0)
    line, column, says = int(first[1]), int(first[2]), first[3]
    starts = [0, *(index + 1 for index, sign in enumerate(text) if sign == "\n")]
    offset = min(starts[min(line, len(starts)) - 1] + column - 1, len(text))
    for theirs, ours in _WORDS.items():
        says = says.replace(theirs, ours)
    says, _, expected = says.partition(" expecting ")
    says = says.replace("'the end'", "the end")
    return ExpressionError(says, offset, _hint(says, expected, text, offset))


def _hint(says: str, expected: str, text: str, offset: int) -> str:
    """What people who come from other languages meant, else what may stand there."""
    rest = text[offset:].lstrip()
    for theirs, ours in (("and ", "&&"), ("or ", "||"), ("not ", "!"), ("= ", "=="), ("& ", "&&"), ("| ", "||")):
        if rest.startswith(theirs):
            return f"CEL writes {ours}"
    if text[:offset].rstrip().endswith("not"):
        return "CEL writes !"
    if "IDENTIFIER" in expected:
        return "a value must stand there: a name, a text in quotes, a number, or ("
    return f"expected {expected.replace('<EOF>', 'the end')}" if expected and len(expected) < 40 else ""
