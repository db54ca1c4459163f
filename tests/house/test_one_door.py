"""What somebody else may have written is opened in one place, which is bounded and keeps to their checkout."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import dockworthy

SOURCE = Path(dockworthy.__file__).parent
OPENING = frozenset({"open", "read_text", "read_bytes"})
WRITES = SOURCE / "readers" / "repository" / "tree.py"


def _opened(tree: ast.AST) -> Iterator[int]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        function = call.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        of_self = isinstance(function, ast.Attribute) and getattr(function.value, "id", "") == "self"
        if name in OPENING and not of_self:
            yield call.lineno


def test_readers_open_no_file_themselves() -> None:
    files = [file for file in sorted(SOURCE.glob("readers/**/*.py")) if file != WRITES]
    found = [f"{file.relative_to(SOURCE)}:{line}" for file in files for line in _opened(ast.parse(file.read_text()))]
    assert files and not found, "dockworthy.input_files reads what somebody else may have written"
