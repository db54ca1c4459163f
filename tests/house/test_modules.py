"""What a module looks like: who opens it reads first what it is about."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import dockworthy

pytestmark = pytest.mark.slow

SOURCE = Path(dockworthy.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
NO_WORDS = ("todo", "fixme", "xxx")


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {str(file.relative_to(SOURCE)): ast.parse(file.read_text()) for file in MODULES}


def test_each_module_says_what_it_is(trees: dict[str, ast.Module]) -> None:
    said = {name: ast.get_docstring(tree) or "" for name, tree in trees.items() if tree.body}
    assert len(said) > 1000
    assert [name for name, text in said.items() if not text or text.lower().startswith(NO_WORDS)] == []


def test_only_a_face_lists_what_it_shows(trees: dict[str, ast.Module]) -> None:
    """Of what a module defines itself, an underscore tells what is its own."""
    assert [name for name, tree in trees.items() if not name.endswith("__init__.py") and _lists_its_own(tree)] == []


def _lists_its_own(tree: ast.Module) -> bool:
    imported = {
        each.asname or each.name
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for each in node.names
    }
    return any(
        isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets)
        and not set(ast.literal_eval(node.value)) & imported
        for node in tree.body
    )


def test_a_class_has_a_name_of_its_own(trees: dict[str, ast.Module]) -> None:
    """Who searches for a name finds one thing. A name with an underscore belongs to its module."""
    found: dict[str, list[str]] = {}
    for module, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(module)
    assert len(found) > 1000
    assert {name: modules for name, modules in found.items() if len(modules) > 1} == {}
