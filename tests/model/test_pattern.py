"""Patterns that are compiled late: a broken one must not wait for the file that meets it."""

from __future__ import annotations

import ast
import importlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

import dockworthy
from dockworthy.model.pattern import _LazyPattern, lazy_pattern

SOURCE = Path(dockworthy.__file__).parent


def test_every_late_pattern_compiles() -> None:
    """Wherever it stands in its module: in a name of its own, a table, or a tuple."""
    written: Counter[str] = Counter()
    compiled: Counter[str] = Counter()
    for file in SOURCE.rglob("*.py"):
        calls = len(re.findall(r"(?<!def )\blazy_pattern\(", file.read_text()))
        if calls:
            name = ".".join(file.relative_to(SOURCE.parent).with_suffix("").parts)
            written[name] = calls
            compiled[name] = sum(bool(late.pattern) for late in _late_in(vars(importlib.import_module(name)), name))
    assert written.total() > 50
    assert compiled == written


def _late_in(value: object, module: str) -> Iterator[re.Pattern[str]]:
    """Those of this module's own: not what it imports from another, which is asked there."""
    if isinstance(value, _LazyPattern):
        yield cast("re.Pattern[str]", value)
    elif isinstance(value, dict):
        names = _imported(module) if "__name__" in value else ()
        for name, inner in value.items():
            if name not in names:
                yield from _late_in(inner, module)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _late_in(inner, module)


def _imported(module: str) -> set[str]:
    tree = ast.parse(Path(importlib.import_module(module).__file__ or "").read_text())
    froms = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return {"__builtins__", *(each.asname or each.name for node in froms for each in node.names)}


def test_a_late_pattern_that_is_none_is_told_when_it_is_used() -> None:
    broken = lazy_pattern("(")
    with pytest.raises(re.error):
        broken.match("x")


def test_late_pattern_is_as_the_compiled_one() -> None:
    late, compiled = lazy_pattern(r"(?P<a>x+)", re.IGNORECASE), re.compile(r"(?P<a>x+)", re.IGNORECASE)
    for _ in range(2):  # the first time it is made, the second time it is there
        assert late.sub("y", "aXXb") == compiled.sub("y", "aXXb")
        assert late.match("xX", 1) and not late.match("a")
    assert (late.pattern, late.flags, late.groupindex) == (compiled.pattern, compiled.flags, compiled.groupindex)
    assert lazy_pattern(rb"x").search(b"ax")
