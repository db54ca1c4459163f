"""What a test puts in place of a part of dockworthy is there: a part that got another name is found here, and not only
where that test runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from pkgutil import resolve_name

TESTS = Path(__file__).parents[1]


def _patched(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Call(func=ast.Attribute(attr="setattr" | "delattr"), args=[ast.Constant(value=str(name)), *_]):
                if name.startswith("dockworthy."):
                    yield node.lineno, name


def _is_there(name: str) -> bool:
    try:
        resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def test_what_is_patched_is_there() -> None:
    found = [(file, line, name) for file in sorted(TESTS.rglob("*.py")) for line, name in _patched(file)]
    assert len(found) > 20
    assert [f"{file.relative_to(TESTS)}:{line}: {name}" for file, line, name in found if not _is_there(name)] == []
