"""Patterns that are compiled late: a broken one must not wait for the file that meets it."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import dockworthy
from dockworthy.model.pattern import lazy_pattern

SOURCE = Path(dockworthy.__file__).parent


def test_every_late_pattern_compiles() -> None:
    made = 0
    for file in SOURCE.rglob("*.py"):
        written = re.findall(r"(?m)^(\w+).* = lazy_pattern\(", file.read_text())
        if written:
            module = importlib.import_module(".".join(file.relative_to(SOURCE.parent).with_suffix("").parts))
            made += sum(bool(getattr(module, name).pattern) for name in written)
    assert made > 50


def test_late_pattern_is_as_the_compiled_one() -> None:
    late, compiled = lazy_pattern(r"(?P<a>x+)", re.IGNORECASE), re.compile(r"(?P<a>x+)", re.IGNORECASE)
    for _ in range(2):  # the first time it is made, the second time it is there
        assert late.sub("y", "aXXb") == compiled.sub("y", "aXXb")
        assert late.match("xX", 1) and not late.match("a")
    assert (late.pattern, late.flags, late.groupindex) == (compiled.pattern, compiled.flags, compiled.groupindex)
    assert lazy_pattern(rb"x").search(b"ax")
